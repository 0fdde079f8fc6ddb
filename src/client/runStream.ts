import { createParser } from 'eventsource-parser'
import type { StreamEvent } from '../protocol/events.ts'
import { decodeFrame } from '../protocol/sse.ts'
import { type Refusal, refusalOf, requestInit } from './api.ts'
import type { Browser } from './browser.ts'

/** The server writes at least a heartbeat every 15 s; two missed ones and some slack mean a dead connection. */
const SILENCE_LIMIT = 35_000
/** After a wake, one missed heartbeat is enough: a frozen tab's socket often dies without telling. */
const SILENCE_LIMIT_AFTER_WAKE = 20_000
const SHORTEST_DELAY = 500
const LONGEST_DELAY = 10_000

export interface RunStreamOptions {
  browser: Pick<Browser, 'fetch' | 'timers' | 'random'>
  /**
   * Where the run is: a POST that starts it, safe to repeat because its body names the message or the attempt, or a
   * run already known, with the last `seq` applied.
   */
  from: { path: string; body: unknown } | RunPosition
  /** The events of one network chunk, in order, each exactly once. A `snapshot` replaces everything before it. */
  onEvents(events: StreamEvent[]): void
  /** `false` when the connection was lost and another try waits, `true` when the server answers again. */
  onConnection(connected: boolean): void
  /** Called at most once; nothing is called after it, nor after `close`. */
  onDone(outcome: RunStreamOutcome): void
}

export interface RunPosition {
  runId: string
  seq: number
}

/** `gone`: nothing will follow here, and the conversation says how the run ended. */
export type RunStreamOutcome = { type: 'ended' } | { type: 'gone' } | { type: 'refused'; refusal: Refusal }

export interface RunStream {
  /** The network or the tab came back: stop waiting, and distrust a silent connection. */
  wake(): void
  /** Leaves the stream. The run goes on. */
  close(): void
}

interface Frame {
  seq: number
  event: StreamEvent | undefined
}

/**
 * Follows one run until it ends, over as many connections as it takes. It is always in one of three states: connected
 * (`connection` set, the watchdog armed), waiting for the next try (`connection` null, the delay armed), or closed.
 * Only `connect` opens a connection, and opening one first drops the one before.
 */
export function openRunStream(options: RunStreamOptions): RunStream {
  const { fetch, random, timers } = options.browser
  let position = 'runId' in options.from ? options.from : null
  let connection: AbortController | null = null
  let closed = false
  let failures = 0
  let lastByteAt = timers.now()
  let cancelTimer = () => {}

  connect()
  return { wake, close }

  function wake() {
    const silence = timers.now() - lastByteAt
    if (!closed && (connection === null || silence > SILENCE_LIMIT_AFTER_WAKE)) connect()
  }

  function close() {
    closed = true
    drop()
  }

  function drop() {
    cancelTimer()
    connection?.abort()
    connection = null
  }

  function finish(outcome: RunStreamOutcome) {
    close()
    options.onDone(outcome)
  }

  function heard() {
    lastByteAt = timers.now()
    cancelTimer()
    cancelTimer = timers.set(() => connectLater(null), SILENCE_LIMIT)
  }

  function connectLater(retryAfter: number | null) {
    drop()
    const delay = Math.max(delayAfter(failures, random()), (retryAfter ?? 0) * 1000)
    failures += 1
    cancelTimer = timers.set(connect, delay)
    options.onConnection(false)
  }

  async function connect() {
    drop()
    const controller = new AbortController()
    connection = controller
    heard()
    const response = await request(controller.signal).catch(() => null)
    if (connection !== controller) return
    if (!response) return connectLater(null)
    const outcome = await receive(response, controller)
    if (connection !== controller) return
    if (outcome.type === 'cut') connectLater(outcome.retryAfter)
    else finish(outcome)
  }

  function request(signal: AbortSignal): Promise<Response> {
    if (!position && 'path' in options.from) {
      const { path, body } = options.from
      return fetch(path, requestInit({ method: 'POST', body, signal }))
    }
    const { runId, seq } = position as RunPosition
    const headers = { 'last-event-id': String(seq) }
    return fetch(`/api/chat/runs/${runId}/events`, { ...requestInit({ method: 'GET', signal }), headers })
  }

  async function receive(response: Response, controller: AbortController) {
    if (response.status === 204) return { type: 'gone' } as const
    if (!response.ok) return outcomeOf(await refusalOf(response), position !== null)
    const type = response.headers.get('content-type') ?? ''
    if (!response.body || !type.startsWith('text/event-stream')) return cut()
    heard()
    options.onConnection(true)
    const reader = response.body.getReader()
    const feed = createFrameReader()
    while (true) {
      const chunk = await reader.read().catch(() => null)
      if (connection !== controller || !chunk || chunk.done) return cut()
      heard()
      const state = accept(feed(chunk.value))
      if (state === 'ended') return { type: 'ended' } as const
      if (state === 'broken') return cut()
    }
  }

  /** Hands on what is new and in order. A hole in the numbers, or a frame that makes no sense, breaks the connection. */
  function accept(frames: Frame[]): 'open' | 'ended' | 'broken' {
    const events: StreamEvent[] = []
    const state = take(frames, events)
    if (events.length > 0) {
      failures = 0
      options.onEvents(events)
    }
    return state
  }

  function take(frames: Frame[], events: StreamEvent[]): 'open' | 'ended' | 'broken' {
    for (const { seq, event } of frames) {
      const last = position?.seq ?? 0
      const isSnapshot = event?.type === 'snapshot'
      if (!isSnapshot && seq <= last) continue
      if (!isSnapshot && seq !== last + 1) return 'broken'
      const runId = isSnapshot || event?.type === 'run-start' ? event.runId : position?.runId
      if (!runId) return 'broken'
      position = { runId, seq }
      if (event) events.push(event)
      if (event?.type === 'run-end') return 'ended'
    }
    return 'open'
  }
}

/** Turns bytes, cut anywhere, into the frames they complete. One that is not the protocol has no number. */
function createFrameReader(): (bytes: Uint8Array) => Frame[] {
  const decoder = new TextDecoder()
  let frames: Frame[] = []
  const parser = createParser({
    onEvent: ({ id, event: name, data }) => {
      try {
        frames.push({ seq: Number(id), event: decodeFrame(name, data) })
      } catch {
        frames.push({ seq: Number.NaN, event: undefined })
      }
    },
  })
  return bytes => {
    frames = []
    parser.feed(decoder.decode(bytes, { stream: true }))
    return frames
  }
}

function cut(retryAfter: number | null = null) {
  return { type: 'cut', retryAfter } as const
}

/** A refusal that waiting cures is a cut. One of a known run means that the run is no longer there to be followed. */
function outcomeOf(refusal: Refusal, runIsKnown: boolean) {
  const { failure, retryAfter } = refusal
  if (failure === 'UNREACHABLE' || failure === 'SHUTTING_DOWN') return cut(retryAfter)
  if (!runIsKnown) return { type: 'refused', refusal } as const
  const passes = failure === 'RATE_LIMITED' || failure === 'STORAGE_UNAVAILABLE' || failure === 'INTERNAL'
  return passes ? cut(retryAfter) : ({ type: 'gone' } as const)
}

/** Milliseconds before the next try: at random up to a bound that doubles, so that many readers do not come at once. */
function delayAfter(failures: number, random: number): number {
  const bound = Math.min(LONGEST_DELAY, 2 * SHORTEST_DELAY * 2 ** Math.min(failures, 10))
  return SHORTEST_DELAY + random * (bound - SHORTEST_DELAY)
}
