import { expect, test } from 'vitest'
import { textOf } from '../protocol/events.ts'
import { STARTED, type StartedChat, say, serve, startChat } from './testing/startChat.ts'

const TEXT = 'Um rio corre entre as pedras e chega ao mar. '.repeat(4)

/** A chat whose reply has arrived, and not a word of it is shown. */
async function openReply() {
  const { promise: ended, resolve: end } = Promise.withResolvers<'completed' | 'stopped'>()
  const server = await serve({
    'POST /api/chat/send': async call => {
      const writer = call.stream().write(1, [STARTED, { type: 'text-delta', content: TEXT }])
      writer.write(3, [{ type: 'run-end', status: await ended }]).end()
    },
    'POST /api/chat/runs/r1/stop': call => call.json(200, { status: 'stopped', lastSeq: 3 }),
  })
  const chat = startChat(server, { isSmooth: true })
  say(chat, 'oi')
  await expect.poll(() => chat.current().run?.start?.runId).toBe('r1')
  return {
    chat,
    server,
    end,
    [Symbol.asyncDispose]: async () => {
      chat.stop()
      await server[Symbol.asyncDispose]()
    },
  }
}

function frame({ browser }: StartedChat, milliseconds = 16): void {
  browser.timers.advance(milliseconds)
  browser.paint()
}

const shown = (chat: StartedChat) => textOf(chat.current().run?.parts ?? [])

test('a reply flows in frame by frame, and ends when its last word is shown', async () => {
  await using world = await openReply()
  const { chat, end } = world
  end('completed')
  const lengths: number[] = []
  while (chat.current().run) {
    const before = shown(chat).length
    await new Promise(setImmediate)
    frame(chat)
    if (chat.current().run) lengths.push(shown(chat).length - before)
  }
  expect(lengths.filter(length => length > 0).length).toBeGreaterThan(5)
  expect(chat.texts()).toEqual(['oi', TEXT])
  expect(chat.current().lastEnd).toBe('completed')
})

test('before each draw of a reply the page has 50 ms for all else', async () => {
  await using world = await openReply()
  const { chat } = world
  const { delays } = chat.browser.timers
  const before = delays.length
  let draws = 0
  let last = shown(chat)
  const unsubscribe = chat.client.subscribe(() => {
    if (shown(chat) !== last) draws += 1
    last = shown(chat)
  })
  const readOn = () => {
    frame(chat)
    return shown(chat)
  }
  await expect.poll(readOn, { interval: 1 }).toBe(TEXT)
  unsubscribe()
  expect(draws).toBeGreaterThan(2)
  expect(delays.slice(before).filter(delay => delay === 50).length).toBeGreaterThanOrEqual(draws - 1)
})

test('Stop freezes what is read; the stored reply, with what had arrived, comes with its end', async () => {
  await using world = await openReply()
  const { chat, end, server } = world
  const readOn = () => {
    frame(chat)
    return shown(chat).length
  }
  await expect.poll(readOn).toBeGreaterThan(0)
  const read = shown(chat)
  expect(read.length).toBeLessThan(TEXT.length)
  chat.client.stop()
  for (let turn = 0; turn < 20; turn++) frame(chat)
  expect(shown(chat)).toBe(read)
  await expect.poll(() => server.calls.some(({ name }) => name.endsWith('/stop'))).toBe(true)
  end('stopped')
  await expect.poll(() => chat.current().lastEnd).toBe('stopped')
  expect(chat.texts()).toEqual(['oi', TEXT])
})

test('a page that is covered shows everything at once', async () => {
  await using world = await openReply()
  const { chat, end } = world
  const cover = () => {
    chat.browser.hide(false)
    return shown(chat)
  }
  await expect.poll(cover).toBe(TEXT)
  end('completed')
  await expect.poll(() => chat.current().lastEnd).toBe('completed')
})
