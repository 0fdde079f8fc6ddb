import { expect, test } from 'vitest'
import type { RunStart, StreamEvent } from '../../../protocol/events.ts'
import type { EventWriter } from '../../testing/scriptedServer.ts'
import {
  COMPLETED,
  conversation,
  OLA,
  START,
  STARTED,
  say,
  sends,
  serve,
  startChat,
} from '../../testing/startChat.ts'
import { textMessage } from '../../testing/states.ts'

/** A server on which each send begins a run of its own, that ends when told. */
async function serveRuns(routes: Parameters<typeof serve>[0] = {}) {
  const writers: EventWriter[] = []
  const server = await serve({
    ...routes,
    'POST /api/chat/send': call => {
      const number = writers.length + 1
      const start: RunStart = {
        ...START,
        runId: `r${number}`,
        userMessageId: `u${number}`,
        messageId: `a${number}`,
      }
      writers.push(call.stream().write(1, [{ type: 'run-start', ...start }, OLA]))
    },
  })
  const end = (index: number, event: StreamEvent = COMPLETED) => writers[index]?.write(3, [event]).end()
  return { server, writers, end, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const contents = (queue: readonly { content: string }[]) => queue.map(({ content }) => content)

test('what is sent while a reply is being written goes out in order, each when the one before is complete', async () => {
  await using world = await serveRuns()
  using chat = startChat(world.server)
  say(chat, 'um')
  say(chat, 'dois')
  say(chat, 'três')
  expect(contents(chat.current().queue)).toEqual(['dois', 'três'])
  await expect.poll(() => world.writers.length).toBe(1)
  world.end(0)
  await expect.poll(() => world.writers.length).toBe(2)
  expect(contents(chat.current().queue)).toEqual(['três'])
  world.end(1)
  await expect.poll(() => world.writers.length).toBe(3)
  world.end(2)
  await expect.poll(chat.texts).toEqual(['um', 'Olá', 'dois', 'Olá', 'três', 'Olá'])
  expect(chat.current().queue).toEqual([])
  expect(sends(world.server).map(body => (body as { content: string }).content)).toEqual([
    'um',
    'dois',
    'três',
  ])
})

test('after a reply that was stopped the queue waits until it is told', async () => {
  await using world = await serveRuns()
  using chat = startChat(world.server)
  say(chat, 'um')
  await expect.poll(() => chat.current().run?.start).not.toBeUndefined()
  say(chat, 'dois')
  world.end(0, { type: 'run-end', status: 'stopped' })
  await expect.poll(() => chat.current().lastEnd).toBe('stopped')
  chat.browser.hint('c1')
  await expect.poll(() => chat.current().conversation?.title).toBe('Título c1')
  expect(contents(chat.current().queue)).toEqual(['dois'])
  chat.client.sendQueued()
  await expect.poll(() => world.writers.length).toBe(2)
  expect(chat.current().queue).toEqual([])
})

test('a queued message can be changed and taken away, and is not sent while it is being changed', async () => {
  await using world = await serveRuns()
  using chat = startChat(world.server)
  say(chat, 'um')
  say(chat, 'dois')
  say(chat, 'três')
  await expect.poll(() => world.writers.length).toBe(1)
  const [first, second] = chat.current().queue
  chat.client.edit(first?.clientMessageId ?? '')
  chat.client.removeQueued(second?.clientMessageId ?? '')
  world.end(0)
  await expect.poll(() => chat.current().lastEnd).toBe('completed')
  expect(world.writers.length).toBe(1)
  chat.client.setEdited({ content: 'dois e meio', attachments: [] })
  chat.client.saveEdit()
  await expect.poll(() => world.writers.length).toBe(2)
  expect(sends(world.server).at(-1)).toMatchObject({ content: 'dois e meio' })
})

test('a reload keeps the queue, also of a conversation that had no id yet, and no message goes out twice', async () => {
  let isAway = true
  await using server = await serve({
    'POST /api/chat/send': call => {
      if (isAway) call.response.destroy()
      else call.stream().write(1, [{ type: 'run-start', ...START }, OLA])
    },
  })
  using before = startChat(server)
  say(before, 'um')
  say(before, 'dois')
  await expect.poll(() => before.current().outgoing?.waiting).toBe(true)
  before.stop()
  isAway = false
  using after = startChat(server, { after: before.browser })
  expect(contents(after.current().queue)).toEqual(['dois'])
  await expect.poll(() => after.current().id).toBe('c1')
  after.stop()
  using again = startChat(server, { after: after.browser, path: 'c1' })
  expect(contents(again.current().queue)).toEqual(['dois'])
  const bodies = sends(server).map(body => JSON.stringify(body))
  expect(new Set(bodies).size).toBe(1)
})

test('leaving the conversation does not lose its queue: it is delivered behind the screen', async () => {
  await using world = await serveRuns()
  using chat = startChat(world.server)
  say(chat, 'um')
  await expect.poll(() => chat.current().id).toBe('c1')
  say(chat, 'dois')
  chat.client.open('c2')
  await expect.poll(() => chat.current().status).toBe('ready')
  world.end(0)
  await expect.poll(() => world.writers.length).toBe(2)
  const behind = () => chat.client.getState().opened.find(({ id }) => id === 'c1')
  await expect.poll(() => behind()?.run?.start?.runId).toBe('r2')
  expect(behind()).toMatchObject({ outgoing: null, queue: [] })
  expect(chat.current().id).toBe('c2')
})

test('a refused message of the queue waits there, and its failure is said', async () => {
  let refuse = true
  await using server = await serve({
    'POST /api/chat/send': call => {
      if ((call.body as { content: string }).content === 'dois' && refuse) {
        return call.refuse(429, 'RATE_LIMITED')
      }
      call
        .stream()
        .write(1, [{ type: 'run-start', ...START }, OLA, COMPLETED])
        .end()
    },
  })
  using chat = startChat(server)
  say(chat, 'um')
  say(chat, 'dois')
  await expect.poll(() => chat.client.getState().notice).toBe('RATE_LIMITED')
  expect(chat.current()).toMatchObject({ draft: '', outgoing: null })
  expect(contents(chat.current().queue)).toEqual(['dois'])
  const sent = sends(server).length
  chat.browser.hint('c1')
  await expect.poll(() => chat.current().conversation?.title).toBe('Título c1')
  expect(sends(server).length).toBe(sent)
  refuse = false
  chat.client.sendQueued()
  await expect.poll(() => sends(server).length).toBe(sent + 1)
  const [, again, same] = sends(server) as { clientMessageId: string }[]
  expect(again?.clientMessageId).toBe(same?.clientMessageId)
})

test('what waits in a conversation that did not come to be goes back to the draft', async () => {
  await using server = await serve({ 'POST /api/chat/send': call => call.refuse(429, 'RATE_LIMITED') })
  using chat = startChat(server)
  say(chat, 'um')
  say(chat, 'dois')
  await expect.poll(() => chat.current().draft).toBe('um\n\ndois')
  expect(chat.current().queue).toEqual([])
})

test('a held queue stays held when a message that passed it by is refused', async () => {
  const writers: EventWriter[] = []
  await using server = await serve({
    'POST /api/chat/send': call => {
      if (writers.length > 0) call.refuse(429, 'RATE_LIMITED')
      else writers.push(call.stream().write(1, [{ type: 'run-start', ...START }, OLA]))
    },
  })
  using chat = startChat(server)
  say(chat, 'um')
  await expect.poll(() => chat.current().run?.parts.length).toBe(1)
  say(chat, 'dois')
  writers[0]?.write(3, [{ type: 'run-end', status: 'stopped' }]).end()
  await expect.poll(() => chat.current().isQueueHeld).toBe(true)
  say(chat, 'três')
  await expect.poll(() => chat.client.getState().notice).toBe('RATE_LIMITED')
  expect(chat.current()).toMatchObject({ isQueueHeld: true, draft: 'três' })
})

test('a message that waits for a person waits for them over a look elsewhere and a reload too', async () => {
  const head = conversation('c1', { headMessageId: 'a1' })
  const reply = textMessage('a1', 'u1', 'ASSISTANT')
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, { ...head, messages: [reply] }),
    'POST /api/chat/send': call => {
      if ((call.body as { content: string }).content === 'dois') call.refuse(429, 'RATE_LIMITED')
      else call.stream().write(1, [STARTED, OLA, COMPLETED]).end()
    },
  })
  using chat = startChat(server)
  say(chat, 'um')
  say(chat, 'dois')
  await expect.poll(() => chat.current().isQueueHeld).toBe(true)
  chat.client.open('c2')
  chat.client.open('c1')
  await expect.poll(() => chat.current()).toMatchObject({ status: 'ready', isQueueHeld: true })
  using again = startChat(server, { path: 'c1', after: chat.browser })
  await expect.poll(() => again.current()).toMatchObject({ status: 'ready', isQueueHeld: true })
  expect(contents(again.current().queue)).toEqual(['dois'])
  expect(sends(server).length).toBe(2)
})

test('what waits in a conversation that was closed meanwhile goes out when it is opened again', async () => {
  await using world = await serveRuns({
    'PATCH /api/chat/conversations/c1': call => {
      const { status } = call.body as { status: 'OPEN' | 'CLOSED' }
      call.json(200, conversation('c1', { status }))
    },
  })
  using chat = startChat(world.server)
  say(chat, 'um')
  await expect.poll(() => chat.current().run?.start).not.toBeUndefined()
  say(chat, 'dois')
  await chat.client.setStatus('c1', 'CLOSED')
  world.end(0)
  await expect.poll(() => chat.current().lastEnd).toBe('completed')
  expect(contents(chat.current().queue)).toEqual(['dois'])
  await chat.client.setStatus('c1', 'OPEN')
  await expect.poll(() => world.writers.length).toBe(2)
  expect(chat.current().queue).toEqual([])
})

test('a text that goes out by itself leaves the draft and what goes with it alone', async () => {
  await using world = await serveRuns()
  using chat = startChat(world.server)
  const attachments = [{ name: 'notas', text: 'três linhas' }]
  chat.client.setDraft('pela metade')
  chat.client.setAttachments(attachments)
  chat.client.send('Comece')
  await expect.poll(() => chat.current().id).toBe('c1')
  expect(sends(world.server)).toEqual([{ clientMessageId: expect.any(String), content: 'Comece' }])
  expect(chat.current()).toMatchObject({ draft: 'pela metade', attachments })
  expect(chat.browser.localStorage.read('riacho.draft.c1')).toBe('pela metade')
})

test('a change to what waits in a conversation that did not come to be goes back to the draft', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  await using server = await serve({
    'POST /api/chat/send': async call => {
      await promise
      call.refuse(429, 'RATE_LIMITED')
    },
  })
  using chat = startChat(server)
  say(chat, 'um')
  say(chat, 'dois')
  chat.client.edit(chat.current().queue[0]?.clientMessageId ?? '')
  chat.client.setEdited({ content: 'dois, mudado', attachments: [] })
  resolve()
  await expect.poll(() => chat.client.getState().notice).toBe('RATE_LIMITED')
  expect(chat.current()).toMatchObject({ draft: 'um\n\ndois, mudado', queue: [], editing: null })
})
