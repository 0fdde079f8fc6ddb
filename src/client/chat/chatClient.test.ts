import { expect, test } from 'vitest'
import { encodeMark } from '../../protocol/manyRuns.ts'
import type { AssistantMessage } from '../../protocol/responses.ts'
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
} from '../testing/startChat.ts'
import { createTestTimers } from '../testing/testBrowser.ts'

test('a message is sent once, answered, and gives a new conversation its address', async () => {
  await using server = await serve({
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
  })
  using chat = startChat(server)
  say(chat, 'oi')
  chat.client.send()
  expect(chat.current()).toMatchObject({ draft: '', outgoing: { content: 'oi' } })
  await expect.poll(chat.texts).toEqual(['oi', 'Olá'])
  expect(chat.browser.path).toBe('c1')
  expect(chat.browser.hints).toEqual(['c1'])
  expect(sends(server)).toEqual([{ clientMessageId: expect.any(String), content: 'oi' }])
})

test('a blank message is not sent', async () => {
  await using server = await serve({})
  using chat = startChat(server)
  say(chat, ' \n ')
  expect(chat.current().outgoing).toBeNull()
})

test('while the server is away the same message is tried again, and can be taken back', async () => {
  await using server = await serve({ 'POST /api/chat/send': call => call.response.destroy() })
  using chat = startChat(server, { timers: createTestTimers({ holdAll: true }) })
  say(chat, 'oi')
  await expect.poll(() => chat.current().outgoing?.waiting).toBe(true)
  chat.browser.wake()
  await expect.poll(() => sends(server).length).toBe(2)
  await expect.poll(() => chat.current().outgoing?.waiting).toBe(true)
  chat.client.stop()
  expect(chat.current()).toMatchObject({ outgoing: null, draft: 'oi' })
  chat.client.send()
  await expect.poll(() => sends(server).length).toBe(3)
  expect(new Set(sends(server).map(body => JSON.stringify(body))).size).toBe(1)
})

test('a refused message comes back to the draft, with the reason', async () => {
  await using server = await serve({ 'POST /api/chat/send': call => call.refuse(429, 'RATE_LIMITED') })
  using chat = startChat(server)
  say(chat, 'oi')
  await expect.poll(() => chat.client.getState().notice).toBe('RATE_LIMITED')
  expect(chat.current()).toMatchObject({ outgoing: null, draft: 'oi' })
})

test('a conversation busy in another tab is followed, and the typed text kept', async () => {
  const activeRun = {
    ...START,
    seq: 2,
    parts: [{ id: '1', type: 'text' as const, text: 'Olá' }],
    startedAt: 1,
  }
  const user = {
    id: 'u1',
    role: 'USER' as const,
    parentId: null,
    parts: [{ id: '1', type: 'text' as const, text: 'de lá' }],
    clientMessageId: null,
    createdAt: 1,
  }
  let isBusy = false
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => {
      call.json(200, isBusy ? { ...conversation('c1'), messages: [user], activeRun } : conversation('c1'))
    },
    'POST /api/chat/send': call => call.refuse(409, 'RUN_ACTIVE'),
    'GET /api/chat/events?run=r1:2': call => {
      call
        .stream()
        .raw(encodeMark({ type: 'run', runId: 'r1' }))
        .write(3, [{ type: 'text-delta', content: '!' }, COMPLETED])
        .end()
    },
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  isBusy = true
  say(chat, 'daqui')
  await expect.poll(chat.texts).toEqual(['de lá', 'Olá!'])
  expect(chat.current().draft).toBe('daqui')
})

test('a stop asked for before the reply has a name is sent as soon as it has', async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const { promise: stopped, resolve: stopIt } = Promise.withResolvers<void>()
  await using server = await serve({
    'POST /api/chat/send': async call => {
      const writer = call.stream()
      ask()
      await expect.poll(() => chat.current().outgoing?.stopRequested).toBe(true)
      writer.write(1, [STARTED, OLA])
      await stopped
      writer.write(3, [{ type: 'run-end', status: 'stopped' }]).end()
    },
    'POST /api/chat/runs/r1/stop': call => {
      call.json(200, { status: 'stopped', lastSeq: 3 })
      stopIt()
    },
  })
  using chat = startChat(server)
  say(chat, 'oi')
  await asked
  chat.client.stop()
  await expect.poll(() => chat.current().lastEnd).toBe('stopped')
  expect(chat.texts()).toEqual(['oi', 'Olá'])
})

test.each(['again', 'on'] as const)('a failed reply can be asked for: %s', async how => {
  const second = { ...START, runId: 'r2', messageId: 'a2' }
  await using server = await serve({
    'POST /api/chat/send': call => {
      call
        .stream()
        .write(1, [STARTED, { type: 'run-end', status: 'failed', code: 'UPSTREAM_TIMEOUT' }])
        .end()
    },
    'POST /api/chat/runs': call =>
      call
        .stream()
        .write(1, [{ type: 'run-start', ...second }, OLA, COMPLETED])
        .end(),
  })
  using chat = startChat(server)
  say(chat, 'oi')
  await expect.poll(() => chat.current().lastEnd).toBe('failed')
  const failed = chat.current().messages.at(-1) as AssistantMessage
  if (how === 'again') chat.client.retry('u1')
  else chat.client.continueReply(failed)
  await expect.poll(chat.texts).toEqual(['oi', 'Olá'])
  const asked = server.calls.find(({ name }) => name === 'POST /api/chat/runs')?.body
  const continued = how === 'on' && { continueMessageId: 'a1' }
  expect(asked).toEqual({ userMessageId: 'u1', clientRunId: expect.any(String), ...continued })
})

test('a run that is gone is read from its conversation', async () => {
  await using server = await serve({
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA]).cut(),
    'GET /api/chat/events?run=r1:2': call => {
      call
        .stream()
        .raw(encodeMark({ type: 'run-done', runId: 'r1' }))
        .end()
    },
  })
  using chat = startChat(server)
  say(chat, 'oi')
  await expect.poll(() => chat.current().conversation?.title).toBe('Título c1')
  expect(chat.current().run).toBeNull()
})

test('text is told at most once a frame, beginnings and ends at once', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  await using server = await serve({
    'POST /api/chat/send': async call => {
      const writer = call.stream().write(1, [STARTED])
      await expect.poll(() => chat.current().run).not.toBeNull()
      for (let seq = 2; seq < 30; seq++) {
        writer.write(seq, [{ type: 'text-delta', content: 'a' }])
        await new Promise(setImmediate)
      }
      await promise
      writer.write(30, [COMPLETED]).end()
    },
  })
  using chat = startChat(server)
  await expect.poll(() => chat.client.getState().assistants).not.toBeNull()
  say(chat, 'oi')
  await expect.poll(() => chat.current().run).not.toBeNull()
  await expect.poll(() => chat.client.getState().list.status).toBe('ready')
  let told = 0
  chat.client.subscribe(() => {
    told += 1
  })
  await expect
    .poll(() => chat.current().run?.parts)
    .toEqual([{ id: '1', type: 'text', text: 'a'.repeat(28) }])
  const toldBeforePaint = told
  chat.browser.paint()
  expect(told).toBe(toldBeforePaint + 1)
  expect(toldBeforePaint).toBeLessThan(3)
  resolve()
  await expect.poll(() => chat.current().lastEnd).toBe('completed')
})
