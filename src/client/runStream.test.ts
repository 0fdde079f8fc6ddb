import { expect, test } from 'vitest'
import type { RunStart, StreamEvent } from '../protocol/events.ts'
import { encodeData, encodeFrame } from '../protocol/sse.ts'
import { eventsOf } from './runCursor.ts'
import { openRunStream, type RunStream, type RunStreamOptions, type RunStreamOutcome } from './runStream.ts'
import { type Call, startScriptedServer } from './testing/scriptedServer.ts'
import { createTestTimers, type TestTimers } from './testing/testBrowser.ts'

const START: RunStart = {
  runId: 'run-1',
  conversationId: 'conversation-1',
  userMessageId: 'message-1',
  messageId: 'message-2',
  model: 'model',
  assistant: 'guide',
}
const RUN: StreamEvent[] = [
  { type: 'run-start', ...START },
  { type: 'run-retry', attempt: 1, seconds: 1, code: 'UPSTREAM_OVERLOADED' },
  { type: 'reasoning-delta', content: 'hmm' },
  { type: 'text-delta', content: 'Olá, ' },
  { type: 'text-delta', content: 'coração 💚' },
  { type: 'source-add', url: 'https://example.com', title: 'fonte' },
  { type: 'run-end', status: 'completed' },
]
const SEND = { path: '/api/chat/send', body: { clientMessageId: 'c1', content: 'oi' } }

interface Followed {
  stream: RunStream
  events: StreamEvent[]
  batches: StreamEvent[][]
  connections: boolean[]
  timers: TestTimers
  outcome: Promise<RunStreamOutcome>
}

function follow(
  fetch: RunStreamOptions['browser']['fetch'],
  { from = SEND, timers = createTestTimers() }: { from?: RunStreamOptions['from']; timers?: TestTimers } = {},
): Followed {
  const batches: StreamEvent[][] = []
  const connections: boolean[] = []
  const events: StreamEvent[] = []
  const { promise: outcome, resolve } = Promise.withResolvers<RunStreamOutcome>()
  const stream = openRunStream({
    browser: { fetch, timers, random: () => 0.5 },
    from,
    onFrames: frames => {
      const batch = eventsOf(frames)
      batches.push(batch)
      events.push(...batch)
    },
    onConnection: connected => connections.push(connected),
    onDone: resolve,
  })
  return { stream, events, batches, connections, timers, outcome }
}

/** Serves the run after the reader's last `seq`, cutting each connection after `frames` of them. */
function serveCut(frames: number, how: 'cut' | 'end') {
  return (call: Call) => {
    const after = Number(call.headers['last-event-id'] ?? 0)
    const writer = call.stream().write(after + 1, RUN.slice(after, after + frames))
    if (after + frames >= RUN.length) writer.end()
    else writer[how]()
  }
}

test.each(['cut', 'end'] as const)(
  'a reader whose every connection ends early (%s) gets each event once',
  async how => {
    for (let frames = 1; frames <= RUN.length; frames++) {
      await using server = await startScriptedServer(serveCut(frames, how))
      const { outcome, events } = follow(server.fetch)
      expect(await outcome).toEqual({ type: 'ended' })
      expect(events).toEqual(RUN)
      const [first, ...rest] = server.calls.map(({ name }) => name)
      expect(first).toBe('POST /api/chat/send')
      expect(new Set(rest)).toEqual(new Set(rest.length > 0 ? ['GET /api/chat/runs/run-1/events'] : []))
    }
  },
)

test('a stream cut at every byte is the same text', async () => {
  const bytes = new TextEncoder().encode(
    RUN.map((event, index) => encodeFrame(index + 1, event.type, encodeData(event))).join(''),
  )
  const body = () =>
    new ReadableStream({
      start: controller => {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
        controller.close()
      },
    })
  const headers = { 'content-type': 'text/event-stream' }
  const { outcome, events } = follow(async () => new Response(body(), { headers }))
  expect(await outcome).toEqual({ type: 'ended' })
  expect(events).toEqual(RUN)
})

test('what arrives in one piece is told in one call', async () => {
  await using server = await startScriptedServer(call => call.stream().write(1, RUN).end())
  const { outcome, batches } = follow(server.fetch)
  await outcome
  expect(batches).toEqual([RUN])
})

test('until a run has begun, the same request is sent again', async () => {
  await using server = await startScriptedServer(call => {
    if (server.calls.length < 3) call.response.destroy()
    else call.stream().write(1, RUN).end()
  })
  const { outcome, connections } = follow(server.fetch)
  expect(await outcome).toEqual({ type: 'ended' })
  expect(server.calls.map(({ name, body }) => ({ name, body }))).toEqual(
    Array(3).fill({ name: 'POST /api/chat/send', body: SEND.body }),
  )
  expect(connections).toEqual([false, false, true])
})

test('what was already applied is dropped', async () => {
  await using server = await startScriptedServer(call => {
    if (server.calls.length === 1) call.stream().write(1, RUN.slice(0, 4)).cut()
    else call.stream().write(1, RUN).end()
  })
  const { outcome, events } = follow(server.fetch)
  await outcome
  expect(events).toEqual(RUN)
})

test('a hole in the numbers is closed by connecting again', async () => {
  await using server = await startScriptedServer(call => {
    if (server.calls.length === 1) call.stream().write(1, RUN.slice(0, 2)).write(4, RUN.slice(3))
    else call.stream().write(3, RUN.slice(2)).end()
  })
  const { outcome, events } = follow(server.fetch)
  await outcome
  expect(events).toEqual(RUN)
  expect(server.calls[1]?.headers['last-event-id']).toBe('2')
})

test('a frame that is not JSON breaks the connection and not the reply', async () => {
  await using server = await startScriptedServer(call => {
    if (server.calls.length === 1) call.stream().write(1, RUN.slice(0, 2)).raw('id: 3\ndata: {"cont\n\n')
    else call.stream().write(3, RUN.slice(2)).end()
  })
  const { outcome, events } = follow(server.fetch)
  await outcome
  expect(events).toEqual(RUN)
})

test('an event of an unknown kind is ignored and counted', async () => {
  await using server = await startScriptedServer(call => {
    call
      .stream()
      .write(1, RUN.slice(0, 1))
      .raw('id: 2\nevent: tool-start\ndata: {}\n\n')
      .write(3, RUN.slice(2))
      .end()
  })
  const { outcome, events } = follow(server.fetch)
  await outcome
  expect(events).toEqual([RUN[0], ...RUN.slice(2)])
})

test('a snapshot is taken whatever its number, and the events after it follow', async () => {
  const snapshot: StreamEvent = { type: 'snapshot', ...START, parts: [{ type: 'text', text: 'Olá' }] }
  await using server = await startScriptedServer(call => {
    call
      .stream()
      .write(3, [snapshot, ...RUN.slice(3)])
      .end()
  })
  const { outcome, events } = follow(server.fetch, { from: { runId: 'run-1', seq: 90 } })
  expect(await outcome).toEqual({ type: 'ended' })
  expect(events).toEqual([snapshot, ...RUN.slice(3)])
})

test.each([204, 404])('a run that answers %i is gone', async status => {
  await using server = await startScriptedServer(call => {
    if (status === 204) call.response.writeHead(204).end()
    else call.refuse(404, 'NOT_FOUND')
  })
  const { outcome } = follow(server.fetch, { from: { runId: 'run-1', seq: 4 } })
  expect(await outcome).toEqual({ type: 'gone' })
})

test('a refusal ends it', async () => {
  await using server = await startScriptedServer(call => call.refuse(409, 'CONVERSATION_CLOSED'))
  const { outcome } = follow(server.fetch)
  const refusal = { failure: 'CONVERSATION_CLOSED', retryAfter: null }
  expect(await outcome).toEqual({ type: 'refused', refusal })
})

test('a server that restarts, or a proxy in its place, is asked again, and not before it said', async () => {
  await using server = await startScriptedServer(call => {
    const attempt = server.calls.length
    if (attempt === 1) call.refuse(503, 'SHUTTING_DOWN', { 'retry-after': '7' })
    else if (attempt === 2) call.response.writeHead(502).end('<h1>Bad gateway</h1>')
    else if (attempt === 3)
      call.response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in to Wi-Fi</h1>')
    else call.stream().write(1, RUN).end()
  })
  const { outcome, timers } = follow(server.fetch)
  expect(await outcome).toEqual({ type: 'ended' })
  expect(timers.delays).toContain(7_000)
})

test('each failure waits longer, between half a second and ten', async () => {
  await using server = await startScriptedServer(call => {
    if (server.calls.length < 12) call.response.destroy()
    else call.stream().write(1, RUN).end()
  })
  const { outcome, timers } = follow(server.fetch)
  await outcome
  const delays = timers.delays.filter(delay => delay <= 10_000)
  expect(delays).toEqual(delays.toSorted((first, second) => first - second))
  expect(delays.every(delay => delay >= 500 && delay <= 10_000)).toBe(true)
})

test('a silent connection is given up after 35 seconds', async () => {
  const connected = Promise.withResolvers<void>()
  await using server = await startScriptedServer(call => {
    if (server.calls.length === 1) call.stream().write(1, RUN.slice(0, 2))
    else call.stream().write(3, RUN.slice(2)).end()
  })
  const { outcome, events, timers } = follow(async (path, init) => {
    const response = await server.fetch(path, init)
    connected.resolve()
    return response
  })
  await connected.promise
  await expect.poll(() => events.length).toBe(2)
  timers.fire()
  expect(await outcome).toEqual({ type: 'ended' })
  expect(events).toEqual(RUN)
  expect(timers.delays).toContain(35_000)
})

test('a wake ends the wait for the next try', async () => {
  await using server = await startScriptedServer(call => {
    if (server.calls.length === 1) call.response.destroy()
    else call.stream().write(1, RUN).end()
  })
  const { outcome, stream, connections } = follow(server.fetch, {
    timers: createTestTimers({ holdAll: true }),
  })
  await expect.poll(() => connections).toEqual([false])
  stream.wake()
  expect(await outcome).toEqual({ type: 'ended' })
})

test('a wake trusts a connection that spoke a moment ago, and no other', async () => {
  await using server = await startScriptedServer(call => {
    if (server.calls.length === 1) call.stream().write(1, RUN.slice(0, 2))
    else call.stream().write(3, RUN.slice(2)).end()
  })
  const { outcome, stream, events, timers } = follow(server.fetch)
  await expect.poll(() => events.length).toBe(2)
  stream.wake()
  expect(server.calls.length).toBe(1)
  timers.advance(21_000)
  stream.wake()
  expect(await outcome).toEqual({ type: 'ended' })
  expect(events).toEqual(RUN)
})

test('closing leaves the connection and says nothing more', async () => {
  const left = Promise.withResolvers<void>()
  await using server = await startScriptedServer(call => {
    call.response.on('close', left.resolve)
    call.stream().write(1, RUN.slice(0, 2))
  })
  const { stream, events, connections } = follow(server.fetch)
  await expect.poll(() => events.length).toBe(2)
  stream.close()
  await left.promise
  expect(connections).toEqual([true])
  expect(events.length).toBe(2)
})
