import { expect, onTestFinished, test } from 'vitest'
import type { RunStart, StreamEvent } from '../protocol/events.ts'
import type { ConversationResponse } from '../protocol/responses.ts'
import { type ChatClient, createChatClient } from './chatClient.ts'
import { branchOf, currentOf } from './chatState.ts'
import { type Call, type ScriptedServer, startScriptedServer } from './testing/scriptedServer.ts'
import { createTestBrowser, createTestTimers, type TestBrowser } from './testing/testBrowser.ts'

const START: RunStart = {
  runId: 'r1',
  conversationId: 'c1',
  userMessageId: 'u1',
  messageId: 'a1',
  model: 'model',
  assistant: 'guide',
}
const STARTED: StreamEvent = { type: 'run-start', ...START }
const OLA: StreamEvent = { type: 'text-delta', content: 'Olá' }
const COMPLETED: StreamEvent = { type: 'run-end', status: 'completed' }

function conversation(
  id: string,
  changes: Partial<ConversationResponse['conversation']> = {},
): ConversationResponse {
  return {
    conversation: {
      id,
      title: `Título ${id}`,
      status: 'OPEN',
      archived: false,
      assistant: 'guide',
      headMessageId: null,
      createdAt: 1,
      updatedAt: 1,
      ...changes,
    },
    messages: [],
    activeRun: null,
  }
}

type Routes = Record<string, (call: Call) => void>

/** Empty lists and readable conversations, and above them what a test says. */
async function serve(routes: Routes): Promise<ScriptedServer> {
  const server = await startScriptedServer(call => {
    const route = routes[call.name]
    const id = /^GET \/api\/chat\/conversations\/(\w+)$/.exec(call.name)?.[1]
    if (route) route(call)
    else if (id) call.json(200, conversation(id))
    else if (call.name === 'GET /api/chat/assistants') call.json(200, { assistants: [] })
    else if (call.name.startsWith('GET /api/chat/conversations?'))
      call.json(200, { conversations: [], nextCursor: null })
    else call.refuse(404, 'NOT_FOUND')
  })
  return server
}

interface Started {
  client: ChatClient
  browser: TestBrowser
  current(): ReturnType<typeof currentOf>
  /** The texts on the screen, oldest first. */
  texts(): string[]
  stop(): void
}

function start(
  server: ScriptedServer,
  options: Partial<Parameters<typeof createTestBrowser>[0]> = {},
): Started {
  const browser = createTestBrowser({ fetch: server.fetch, ...options })
  const client = createChatClient(browser)
  const stop = client.start()
  onTestFinished(stop)
  const current = () => currentOf(client.getState())
  return {
    client,
    browser,
    current,
    texts: () =>
      branchOf(current()).map(({ parts }) => parts.map(part => ('text' in part ? part.text : '')).join('')),
    stop,
  }
}

function say({ client }: Started, text: string): void {
  client.setDraft(text)
  client.send()
}

function sends(server: ScriptedServer): unknown[] {
  return server.calls.filter(({ name }) => name === 'POST /api/chat/send').map(({ body }) => body)
}

test('a message is sent once, answered, and gives a new conversation its address', async () => {
  await using server = await serve({
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
  })
  const chat = start(server)
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
  const chat = start(server)
  say(chat, ' \n ')
  expect(chat.current().outgoing).toBeNull()
})

test('while the server is away the same message is tried again, and can be taken back', async () => {
  await using server = await serve({ 'POST /api/chat/send': call => call.response.destroy() })
  const chat = start(server, { timers: createTestTimers({ holdAll: true }) })
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
  const chat = start(server)
  say(chat, 'oi')
  await expect.poll(() => chat.client.getState().notice).toBe('RATE_LIMITED')
  expect(chat.current()).toMatchObject({ outgoing: null, draft: 'oi' })
})

test('a conversation busy in another tab is followed, and the typed text kept', async () => {
  const activeRun = { ...START, seq: 2, parts: [{ type: 'text' as const, text: 'Olá' }], startedAt: 1 }
  const user = {
    id: 'u1',
    role: 'USER' as const,
    parentId: null,
    parts: [{ type: 'text' as const, text: 'de lá' }],
    clientMessageId: null,
    createdAt: 1,
  }
  let isBusy = false
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => {
      call.json(200, isBusy ? { ...conversation('c1'), messages: [user], activeRun } : conversation('c1'))
    },
    'POST /api/chat/send': call => call.refuse(409, 'RUN_ACTIVE'),
    'GET /api/chat/runs/r1/events': call => {
      call
        .stream()
        .write(3, [{ type: 'text-delta', content: '!' }, COMPLETED])
        .end()
    },
  })
  const chat = start(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  isBusy = true
  say(chat, 'daqui')
  await expect.poll(chat.texts).toEqual(['de lá', 'Olá!'])
  expect(chat.current().draft).toBe('daqui')
  expect(
    server.calls.find(({ name }) => name.startsWith('GET /api/chat/runs'))?.headers['last-event-id'],
  ).toBe('2')
})

test('leaving the conversation leaves its reply, and not a message that is still going out', async () => {
  let isAway = true
  await using server = await serve({
    'POST /api/chat/send': call => {
      if (isAway) call.response.destroy()
      else call.stream().write(1, [STARTED])
    },
  })
  const chat = start(server)
  say(chat, 'oi')
  await expect.poll(() => chat.current().outgoing?.waiting).toBe(true)
  chat.client.open('c2')
  await expect.poll(() => chat.current().status).toBe('ready')
  isAway = false
  await expect.poll(() => chat.client.getState().opened.length).toBe(1)
  expect(chat.browser.path).toBe('c2')
  expect(chat.current().id).toBe('c2')
})

test('a reload does not lose a message that was going out', async () => {
  let isAway = true
  await using server = await serve({
    'POST /api/chat/send': call => {
      if (isAway) call.response.destroy()
      else call.stream().write(1, [STARTED, OLA, COMPLETED]).end()
    },
  })
  const before = start(server)
  say(before, 'oi')
  await expect.poll(() => before.current().outgoing?.waiting).toBe(true)
  before.stop()
  isAway = false
  const after = start(server, { after: before.browser })
  await expect.poll(after.texts).toEqual(['oi', 'Olá'])
  expect(new Set(sends(server).map(body => JSON.stringify(body))).size).toBe(1)
  const again = start(server, { after: after.browser })
  expect(again.current().outgoing).toBeNull()
})

test('a draft survives a reload, one for each conversation', async () => {
  await using server = await serve({})
  const before = start(server)
  before.client.setDraft('nova')
  before.client.open('c1')
  before.client.setDraft('antiga')
  before.stop()
  const after = start(server, { after: before.browser })
  expect(after.current().draft).toBe('nova')
  after.browser.goTo('c1')
  expect(after.current().draft).toBe('antiga')
  await expect.poll(() => after.current().status).toBe('ready')
  await expect.poll(() => after.client.getState().list.status).toBe('ready')
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
  const chat = start(server)
  say(chat, 'oi')
  await asked
  chat.client.stop()
  await expect.poll(() => chat.current().lastEnd).toBe('stopped')
  expect(chat.texts()).toEqual(['oi', 'Olá'])
})

test('a failed reply can be asked for again', async () => {
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
  const chat = start(server)
  say(chat, 'oi')
  await expect.poll(() => chat.current().lastEnd).toBe('failed')
  chat.client.retry('u1')
  await expect.poll(chat.texts).toEqual(['oi', 'Olá'])
  expect(server.calls.at(-1)?.name).not.toBe('POST /api/chat/send')
})

test('a run that is gone is read from its conversation', async () => {
  await using server = await serve({
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA]).cut(),
    'GET /api/chat/runs/r1/events': call => {
      call.response.writeHead(204).end()
    },
  })
  const chat = start(server)
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
  const chat = start(server)
  await expect.poll(() => chat.client.getState().assistants).not.toBeNull()
  say(chat, 'oi')
  await expect.poll(() => chat.current().run).not.toBeNull()
  await expect.poll(() => chat.client.getState().list.status).toBe('ready')
  let told = 0
  chat.client.subscribe(() => {
    told += 1
  })
  await expect.poll(() => chat.current().run?.parts).toEqual([{ type: 'text', text: 'a'.repeat(28) }])
  const toldBeforePaint = told
  chat.browser.paint()
  expect(told).toBe(toldBeforePaint + 1)
  expect(toldBeforePaint).toBeLessThan(3)
  resolve()
  await expect.poll(() => chat.current().lastEnd).toBe('completed')
})

test('a hint about the conversation on the screen makes it read again', async () => {
  let title = 'antes'
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, conversation('c1', { title })),
  })
  const chat = start(server, { path: 'c1' })
  await expect.poll(() => chat.current().conversation?.title).toBe('antes')
  title = 'depois'
  chat.browser.hint('c1')
  await expect.poll(() => chat.current().conversation?.title).toBe('depois')
})

test('an unknown conversation is not found, and its draft goes to the new one', async () => {
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.refuse(404, 'NOT_FOUND'),
  })
  const chat = start(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('not-found')
  chat.client.setDraft('guardado')
  chat.client.open(null)
  expect(chat.current()).toMatchObject({ status: 'new', draft: 'guardado' })
})

test('a conversation that cannot be read is read again by itself', async () => {
  let isAway = true
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => {
      if (isAway) call.response.destroy()
      else call.json(200, conversation('c1'))
    },
  })
  const chat = start(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('failed')
  isAway = false
  await expect.poll(() => chat.current().status).toBe('ready')
})

test('a closed conversation takes no message', async () => {
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, conversation('c1', { status: 'CLOSED' })),
    'PATCH /api/chat/conversations/c1': call => call.json(200, conversation('c1')),
  })
  const chat = start(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  say(chat, 'oi')
  expect(chat.current().outgoing).toBeNull()
  expect(await chat.client.setStatus('c1', 'OPEN')).toBe(true)
  expect(chat.current().conversation?.status).toBe('OPEN')
  expect(chat.browser.hints).toEqual(['c1'])
})

test('deleting the conversation on the screen shows a new one', async () => {
  await using server = await serve({
    'DELETE /api/chat/conversations/c1': call => {
      call.response.writeHead(204).end()
    },
  })
  const chat = start(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  expect(await chat.client.remove('c1')).toBe(true)
  expect(chat.current().status).toBe('new')
  expect(chat.browser.path).toBeNull()
})
