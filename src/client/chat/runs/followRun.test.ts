import { expect, test } from 'vitest'
import { textOf } from '../../../protocol/parts.ts'
import { createManualTimers } from '../../testing/manualTimers.ts'
import { STARTED, type StartedChat, say, serve, startChat } from '../../testing/startChat.ts'

const FRAME = 16
const TEXT = 'Um rio corre entre as pedras e chega ao mar. '.repeat(4)

/** A chat whose reply has arrived, and not a word of it is shown, on a clock that stands still until told. */
async function openReply() {
  const { promise: ended, resolve: end } = Promise.withResolvers<'completed' | 'stopped'>()
  const server = await serve({
    'POST /api/chat/send': async call => {
      const writer = call.stream().write(1, [STARTED, { type: 'text-delta', content: TEXT }])
      writer.write(3, [{ type: 'run-end', status: await ended }]).end()
    },
    'POST /api/chat/runs/r1/stop': call => call.json(200, { status: 'stopped', lastSeq: 3 }),
  })
  const timers = createManualTimers()
  const chat = startChat(server, { isSmooth: true, timers })
  say(chat, 'oi')
  await expect.poll(() => chat.current().run?.start?.runId).toBe('r1')
  return {
    chat,
    server,
    timers,
    end,
    /** Lets a frame's time pass. Gives what is shown after it. */
    frame: async () => {
      await timers.advance(FRAME)
      chat.browser.paint()
      return shown(chat)
    },
    [Symbol.asyncDispose]: async () => {
      chat.stop()
      await server[Symbol.asyncDispose]()
    },
  }
}

const shown = (chat: StartedChat) => textOf(chat.current().run?.parts ?? [])

test('a reply flows in piece by piece, and ends when its last word is shown', async () => {
  await using world = await openReply()
  const { chat, end, frame } = world
  end('completed')
  const pieces = new Set<string>()
  while (chat.current().run) pieces.add(await frame())
  expect(pieces.size).toBeGreaterThan(2)
  expect(chat.texts()).toEqual(['oi', TEXT])
  expect(chat.current().lastEnd).toBe('completed')
})

test('draws of a reply that cost nothing are 50 ms apart', async () => {
  await using world = await openReply()
  const { chat, frame, timers } = world
  const draws: number[] = []
  let last = shown(chat)
  const unsubscribe = chat.client.subscribe(() => {
    if (shown(chat) !== last) draws.push(timers.now())
    last = shown(chat)
  })
  await expect.poll(frame, { interval: 1 }).toBe(TEXT)
  unsubscribe()
  expect(draws.length).toBeGreaterThan(2)
  for (const [index, at] of draws.slice(1).entries()) expect(at - (draws[index] ?? 0)).toBe(50)
})

test('Stop freezes what is read; the stored reply, with what had arrived, comes with its end', async () => {
  await using world = await openReply()
  const { chat, end, frame, server } = world
  await expect.poll(frame, { interval: 1 }).not.toBe('')
  const read = shown(chat)
  expect(read.length).toBeLessThan(TEXT.length)
  chat.client.stop()
  for (let turn = 0; turn < 20; turn++) await frame()
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
