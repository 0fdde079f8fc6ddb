import { expect, test } from 'vitest'
import type { RunStart, StreamEvent } from '../../protocol/events.ts'
import { encodeMark, manyRunsUrl } from '../../protocol/manyRuns.ts'
import { encodeData, encodeFrame, HEARTBEAT } from '../../protocol/sse.ts'
import type { Refusal } from '../api.ts'
import { createManualTimers } from '../testing/manualTimers.ts'
import { type Call, startScriptedServer } from '../testing/scriptedServer.ts'
import { createTestTimers, type TestTimers } from '../testing/testBrowser.ts'
import { createCursor, eventsOf, type RunPosition } from './runCursor.ts'
import type { RunFrames } from './runFrames.ts'
import { type OpenRunStream, openRunStream, type RunStreamOptions } from './runStream.ts'

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
  stream: OpenRunStream
  events: StreamEvent[]
  batches: StreamEvent[][]
  connections: boolean[]
  timers: TestTimers
  /** Resolves when the run has ended, or was refused. */
  outcome: Promise<Refusal | 'ended'>
}

interface FollowOptions {
  from?: RunPosition | null
  isFinal?: RunStreamOptions['isFinal']
  timers?: TestTimers
  isVisible?: () => boolean
}

/** Sends, and follows the reply; or with `from`, follows one that is known. */
function follow(
  fetch: RunStreamOptions['browser']['fetch'],
  { from = null, timers = createTestTimers(), isVisible = () => false, isFinal }: FollowOptions = {},
): Followed {
  const batches: StreamEvent[][] = []
  const connections: boolean[] = []
  const events: StreamEvent[] = []
  const cursor = createCursor(from)
  const { promise: outcome, resolve } = Promise.withResolvers<Refusal | 'ended'>()
  const stream = openRunStream({
    browser: { fetch, timers, random: () => 0.5 },
    isVisible,
    request: () =>
      cursor.position ? { method: 'GET', path: manyRunsUrl([cursor.position]) } : { method: 'POST', ...SEND },
    onFrames: runs => {
      const { taken, state } = cursor.take(runs.flatMap(({ frames }) => frames))
      const batch = eventsOf(taken)
      if (taken.length > 0) batches.push(batch)
      events.push(...batch)
      if (state === 'ended') {
        stream.close()
        resolve('ended')
      }
      return state === 'broken' ? 'broken' : taken.length > 0 ? 'progress' : 'nothing'
    },
    onConnection: connected => connections.push(connected),
    onRefused: resolve,
    ...(isFinal && { isFinal }),
  })
  return { stream, events, batches, connections, timers, outcome }
}

/** The `seq` that a call asks to go on after. */
const afterOf = ({ name }: Call) => Number(/:(\d+)$/.exec(name)?.[1] ?? 0)

/** Serves the run after the reader's last `seq`, cutting each connection after `frames` of them. */
function serveCut(frames: number, how: 'cut' | 'end') {
  return (call: Call) => {
    const after = afterOf(call)
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
      expect(await outcome).toBe('ended')
      expect(events).toEqual(RUN)
      const [first, ...rest] = server.calls.map(({ name }) => name)
      expect(first).toBe('POST /api/chat/send')
      for (const name of rest) expect(name).toMatch(/^GET \/api\/chat\/events\?run=run-1:\d$/)
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
  expect(await outcome).toBe('ended')
  expect(events).toEqual(RUN)
})

test('frames of many runs are told by run, in whatever pieces they come', async () => {
  const frame = (seq: number, event: StreamEvent) => encodeFrame(seq, event.type, encodeData(event))
  const text = (content: string): StreamEvent => ({ type: 'text-delta', content })
  const wire = [
    encodeMark({ type: 'run', runId: 'a' }) + frame(2, text('um')) + HEARTBEAT + frame(3, text('dois')),
    encodeMark({ type: 'run-gone', runId: 'c' }) + frame(4, text('três')),
    encodeMark({ type: 'run', runId: 'b' }) + frame(9, text('quatro')),
    encodeMark({ type: 'run', runId: 'a' }) + frame(5, text('cinco')),
    encodeMark({ type: 'run-done', runId: 'd' }),
  ].join('')
  const bytes = new TextEncoder().encode(wire)
  for (const size of [1, 7, 64, bytes.length]) {
    const told = new Map<string | null, RunFrames>()
    const { promise: over, resolve } = Promise.withResolvers<void>()
    const body = new ReadableStream({
      start: controller => {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
        controller.close()
      },
    })
    const stream = openRunStream({
      browser: {
        fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
        timers: createManualTimers(),
        random: () => 0.5,
      },
      isVisible: () => false,
      request: () => ({ method: 'GET', path: '/' }),
      onFrames: runs => {
        for (const { runId, frames, isOver } of runs) {
          const before = told.get(runId)
          told.set(runId, { runId, frames: [...(before?.frames ?? []), ...frames], isOver })
        }
        return 'progress'
      },
      onConnection: connected => connected || resolve(),
    })
    await over
    stream.close()
    const contents = [...told.values()].map(({ runId, frames, isOver }) => {
      return [runId, frames.map(({ seq }) => seq), isOver]
    })
    expect(contents.sort()).toEqual([
      ['a', [2, 3, 4, 5], false],
      ['b', [9], false],
      ['c', [], true],
      ['d', [], true],
    ])
  }
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
  expect(await outcome).toBe('ended')
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
  expect(server.calls[1]?.name).toBe('GET /api/chat/events?run=run-1:2')
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
      .raw('id: 2\nevent: later-kind\ndata: {}\n\n')
      .write(3, RUN.slice(2))
      .end()
  })
  const { outcome, events } = follow(server.fetch)
  await outcome
  expect(events).toEqual([RUN[0], ...RUN.slice(2)])
})

test('a snapshot is taken whatever its number, and the events after it follow', async () => {
  const snapshot: StreamEvent = {
    type: 'snapshot',
    ...START,
    parts: [{ id: '1', type: 'text', text: 'Olá' }],
  }
  await using server = await startScriptedServer(call => {
    call
      .stream()
      .write(3, [snapshot, ...RUN.slice(3)])
      .end()
  })
  const { outcome, events } = follow(server.fetch, { from: { runId: 'run-1', seq: 90 } })
  expect(await outcome).toBe('ended')
  expect(events).toEqual([snapshot, ...RUN.slice(3)])
})

test('a refusal ends it', async () => {
  await using server = await startScriptedServer(call => call.refuse(409, 'CONVERSATION_CLOSED'))
  const { outcome } = follow(server.fetch)
  expect(await outcome).toEqual({ failure: 'CONVERSATION_CLOSED', retryAfter: null })
})

test('only a refusal that is for good ends it, if its owner tells them apart', async () => {
  await using server = await startScriptedServer(call => {
    const attempt = server.calls.length
    if (attempt === 1) call.stream().write(1, RUN.slice(0, 2)).cut()
    else if (attempt === 2) call.refuse(429, 'RATE_LIMITED', { 'retry-after': '7' })
    else call.refuse(404, 'NOT_FOUND')
  })
  const isFinal = ({ failure }: Refusal) => failure === 'NOT_FOUND'
  const { outcome, timers, connections } = follow(server.fetch, { isFinal })
  expect(await outcome).toEqual({ failure: 'NOT_FOUND', retryAfter: null })
  expect(timers.delays).toContain(7_000)
  expect(connections).toEqual([true, false, false])
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
  expect(await outcome).toBe('ended')
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

type Absence = 'refused' | 'bad-gateway' | 'cut' | { retryAfter: string }

/** Milliseconds since the first failure at which a server that is not there is asked again, as long as it is not. */
async function triesOf(answer: Absence, isVisible: boolean): Promise<number[]> {
  const timers = createManualTimers()
  const tries: number[] = []
  const startedAt = timers.now()
  const stream = openRunStream({
    browser: {
      fetch: async () => {
        tries.push(timers.now() - startedAt)
        if (answer === 'refused') throw new TypeError('fetch failed')
        if (answer === 'cut') return new Response('', { headers: { 'content-type': 'text/event-stream' } })
        const headers: HeadersInit = answer === 'bad-gateway' ? {} : { 'retry-after': answer.retryAfter }
        return new Response('', { status: 503, headers })
      },
      timers,
      random: () => 0.999,
    },
    isVisible: () => isVisible,
    request: () => ({ method: 'GET', path: '/' }),
    onFrames: () => 'nothing',
    onConnection: () => {},
  })
  await timers.advance(120_000)
  stream.close()
  return tries
}

const gapsOf = (tries: number[]) => tries.slice(1).map((at, index) => at - (tries[index] as number))

test.each(['refused', 'bad-gateway'] as const)(
  'while somebody looks on, a server that starts again (%s) is asked every two seconds for half a minute',
  async answer => {
    const tries = await triesOf(answer, true)
    const gaps = gapsOf(tries)
    const early = tries.slice(1).filter(at => at < 30_000).length
    expect(Math.max(...gaps.slice(0, early))).toBeLessThanOrEqual(2_000)
    expect(early).toBeGreaterThan(14)
    expect(Math.min(...gaps.slice(early + 1))).toBeGreaterThan(9_000)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10_000)
  },
)

test.each(['3600', '2592000'])(
  'a proxy that says to come back after %s s is asked every half a minute',
  async retryAfter => {
    expect(gapsOf(await triesOf({ retryAfter }, true))).toEqual([30_000, 30_000, 30_000, 30_000])
  },
)

test('a server that nobody waits for, or that cuts every connection, is soon asked less often', async () => {
  for (const tries of [await triesOf('refused', false), await triesOf('cut', true)]) {
    expect(tries.filter(at => at < 30_000).length).toBeLessThan(9)
  }
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
  expect(await outcome).toBe('ended')
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
  expect(await outcome).toBe('ended')
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
  expect(await outcome).toBe('ended')
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
