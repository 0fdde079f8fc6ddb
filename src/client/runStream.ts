import { createParser } from 'eventsource-parser'
import { decodeFrame } from '../protocol/sse.ts'
import { type Refusal, refusalOf, requestInit } from './api.ts'
import type { Browser } from './browser.ts'
import { createCursor, type Frame, type RunPosition } from './runCursor.ts'
import { ALWAYS, type Turn, type Turns } from './sharing/turns.ts'

/** The server writes at least a heartbeat every 15 s; two missed ones and some slack mean a dead connection. */
const SILENCE_LIMIT = 35_000
/** After a wake, one missed heartbeat is enough: a frozen tab's socket often dies without telling. */
const SILENCE_LIMIT_AFTER_WAKE = 20_000
const SHORTEST_DELAY = 500
const LONGEST_DELAY = 10_000

/** A POST that starts a run; safe to repeat, because its body names the message or the attempt. */
export interface RunRequest {
  path: string
  body: unknown
}

export interface RunStreamOptions {
  browser: Pick<Browser, 'fetch' | 'timers' | 'random'>
  /** Where the run is: a request that starts it, or a run already known, with the last `seq` applied. */
  from: RunRequest | RunPosition
  /** Who may hold a connection, and when. Absent: everybody, at once. */
  turns?: Turns
  /** How much its turn matters; see `turns.ts`. */
  rank?(): number
  /** The frames of one network chunk, in order, each exactly once. A `snapshot` replaces everything before it. */
  onFrames(frames: Frame[]): void
  /** `false` when the connection was lost and another try waits, `true` when the server answers again. */
  onConnection(connected: boolean): void
  /** Called at most once; nothing is called after it, nor after `close`. */
  onDone(outcome: RunStreamOutcome): void
}

/** `gone`: nothing will follow here, and the conversation says how the run ended. */
export type RunStreamOutcome = { type: 'ended' } | { type: 'gone' } | { type: 'refused'; refusal: Refusal }

export interface RunStream {
  /** The network or the tab came back: stop waiting, and distrust a silent connection. */
  wake(): void
  /** Leaves the stream. The run goes on. */
  close(): void
}

/**
 * Follows one run until it ends, over as many connections as it takes. It is always in one of four states: queued for
 * its turn (`connection` set, no timer), connected (`connection` set, the watchdog armed), waiting for the next try
 * (`connection` null, the delay armed), or closed. Only `connect` asks for a turn, and first drops what was there; a
 * stream that is told to give way does just that, and goes on after the last event when its turn comes again.
 */
export function openRunStream(options: RunStreamOptions): RunStream {
  const { turns = ALWAYS, rank = () => 0 } = options
  const { fetch, random, timers } = options.browser
  const cursor = createCursor('runId' in options.from ? options.from : null)
  let connection: AbortController | null = null
  let turn: Turn | null = null
  let isQueued = false
  let closed = false
  let failures = 0
  let lastByteAt = timers.now()
  let cancelTimer = () => {}

  connect()
  return { wake, close }

  function wake() {
    const silence = timers.now() - lastByteAt
    if (closed || isQueued) return
    if (connection === null || silence > SILENCE_LIMIT_AFTER_WAKE) connect()
  }

  function close() {
    closed = true
    drop()
  }

  function drop() {
    cancelTimer()
    connection?.abort()
    connection = null
    isQueued = false
    turn?.end()
    turn = null
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

  function connect() {
    drop()
    const controller = new AbortController()
    connection = controller
    isQueued = true
    turn = turns.wait({ rank, begin: () => void begin(controller), giveWay: connect })
  }

  async function begin(controller: AbortController) {
    isQueued = false
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
    const { position } = cursor
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
    if (!response.ok) return outcomeOf(await refusalOf(response), cursor.position !== null)
    const type = response.headers.get('content-type') ?? ''
    if (!response.body || !type.startsWith('text/event-stream')) return cut()
    heard()
    turn?.answered()
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

  /** Hands on what is new and in order. */
  function accept(frames: Frame[]): 'open' | 'ended' | 'broken' {
    const { taken, state } = cursor.take(frames)
    if (taken.length > 0) {
      failures = 0
      options.onFrames(taken)
    }
    return state
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
