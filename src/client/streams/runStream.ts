import { createParser } from 'eventsource-parser'
import { decodeMark } from '../../protocol/manyRuns.ts'
import { decodeFrame } from '../../protocol/sse.ts'
import type { Browser } from '../browser.ts'
import { type ApiCall, type Refusal, refusalOf, requestInit } from '../chat/api.ts'
import type { Frame } from './runCursor.ts'

/** The server writes at least a heartbeat every 15 s; two missed ones and some slack mean a dead connection. */
const SILENCE_LIMIT = 35_000
/** After a wake, one missed heartbeat is enough: a frozen tab's socket often dies without telling. */
const SILENCE_LIMIT_AFTER_WAKE = 20_000
/** Between leaving a connection and asking for more on the next: the server sees the one go first, and more may come up. */
const CHANGEOVER = 50
const SHORTEST_DELAY = 500
const LONGEST_DELAY = 10_000
/** While somebody looks on, a server that is not there is most likely starting again: it is asked more often, for a while. */
const LONGEST_DELAY_AT_FIRST = 2_000
const AT_FIRST = 30_000
/** A proxy may say an hour, and the server be there in a minute. */
const LONGEST_TOLD_DELAY = 30_000

/** What one network chunk had of one run, in order. */
export interface RunFrames {
  /** `null` on a stream of one run. */
  runId: string | null
  frames: Frame[]
  /** The server says that nothing will follow, or that there is no such run. */
  isOver: boolean
}

/** `progress`: something of it was new. `broken`: there is a hole, or a frame that makes no sense. */
export type Taken = 'progress' | 'nothing' | 'broken'

export interface RunStreamOptions {
  browser: Pick<Browser, 'fetch' | 'timers' | 'random'>
  /** Whether somebody looks at what this stream brings. */
  isVisible(): boolean
  /** What to ask for now; of a run already known, what comes after the last `seq` applied. */
  request(): ApiCall
  /** Applies what has come. */
  onFrames(runs: RunFrames[]): Taken
  /** `false` when the connection was lost and another try waits, `true` when the server answers again. */
  onConnection(connected: boolean): void
  /** The server refuses, and waiting would not help; nothing is called after it. Absent: it is asked again and again. */
  onRefused?(refusal: Refusal): void
}

export interface RunStream {
  /** The network or the tab came back: stop waiting, and distrust a silent connection. */
  wake(): void
  /** Leaves the stream. Runs go on. */
  close(): void
}

export interface OpenRunStream extends RunStream {
  /** Leaves the connection, and soon asks on a new one: there is more to ask for. */
  askAgain(): void
}

/** Why there is no stream now. */
interface Loss {
  /** Seconds. */
  retryAfter: number | null
  /** Nobody answers for the server. */
  isUnreachable: boolean
}

const CUT: Loss = { retryAfter: null, isUnreachable: false }
const UNREACHABLE: Loss = { retryAfter: null, isUnreachable: true }

/**
 * Follows one run or many, over as many connections as it takes, and one at a time. It is always in one of three
 * states: connected or about to be (`connection` set, the watchdog or the changeover armed), waiting for the next try (`connection` null, the delay
 * armed), or closed. Only `connect` connects, and first drops what was there. It ends when it is closed, or refused.
 */
export function openRunStream(options: RunStreamOptions): OpenRunStream {
  const { fetch, random, timers } = options.browser
  let connection: AbortController | null = null
  let closed = false
  let failures = 0
  let firstFailureAt = 0
  let answeredAt: number | null = null
  let lastByteAt = timers.now()
  let cancelTimer = () => {}

  connect()
  return { wake, close, askAgain }

  function wake() {
    const silence = timers.now() - lastByteAt
    if (!closed && (connection === null || silence > SILENCE_LIMIT_AFTER_WAKE)) connect()
  }

  function askAgain() {
    if (closed) return
    drop()
    connection = new AbortController()
    cancelTimer = timers.set(connect, CHANGEOVER)
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

  function heard() {
    lastByteAt = timers.now()
    cancelTimer()
    cancelTimer = timers.set(() => connectLater(CUT), SILENCE_LIMIT)
  }

  function connectLater({ retryAfter, isUnreachable }: Loss) {
    drop()
    const now = timers.now()
    if (answeredAt !== null && now - answeredAt > LONGEST_DELAY) failures = 0
    if (failures === 0) firstFailureAt = now
    const isAtFirst = isUnreachable && now - firstFailureAt < AT_FIRST && options.isVisible()
    const longest = isAtFirst ? LONGEST_DELAY_AT_FIRST : LONGEST_DELAY
    const told = Math.min((retryAfter ?? 0) * 1000, LONGEST_TOLD_DELAY)
    const delay = Math.max(delayAfter(failures, longest, random()), told)
    failures += 1
    cancelTimer = timers.set(connect, delay)
    options.onConnection(false)
  }

  async function connect() {
    drop()
    const controller = new AbortController()
    connection = controller
    answeredAt = null
    heard()
    const { path, ...call } = options.request()
    const init = requestInit({ ...call, signal: controller.signal })
    const response = await fetch(path, init).catch(() => null)
    if (connection !== controller) return
    const loss = response ? await receive(response, controller) : UNREACHABLE
    if (loss && connection === controller) connectLater(loss)
  }

  /** Resolves with why it is over; with nothing when that was wanted. */
  async function receive(response: Response, controller: AbortController): Promise<Loss | null> {
    if (!response.ok) return refused(await refusalOf(response), controller)
    const type = response.headers.get('content-type') ?? ''
    if (!response.body || !type.startsWith('text/event-stream')) return CUT
    heard()
    answeredAt = timers.now()
    options.onConnection(true)
    const reader = response.body.getReader()
    const read = createFrameReader()
    while (connection === controller) {
      const chunk = await reader.read().catch(() => null)
      if (connection !== controller || !chunk || chunk.done) return CUT
      heard()
      const taken = options.onFrames(read(chunk.value))
      if (taken === 'broken') return CUT
      if (taken === 'progress') failures = 0
    }
    return null
  }

  function refused(refusal: Refusal, controller: AbortController): Loss | null {
    const { failure, retryAfter } = refusal
    const isUnreachable = failure === 'UNREACHABLE'
    const isPassing = isUnreachable || failure === 'SHUTTING_DOWN' || !options.onRefused
    if (isPassing) return { retryAfter, isUnreachable }
    if (connection !== controller) return null
    close()
    options.onRefused?.(refusal)
    return null
  }
}

/** Turns bytes, cut anywhere, into the frames they complete, by run. One that is not the protocol has no number. */
function createFrameReader(): (bytes: Uint8Array) => RunFrames[] {
  const decoder = new TextDecoder()
  let runs = new Map<string | null, RunFrames>()
  let speaker: string | null = null

  function of(runId: string | null): RunFrames {
    const run = runs.get(runId) ?? { runId, frames: [], isOver: false }
    runs.set(runId, run)
    return run
  }

  function accept(name: string | undefined, data: string, seq: number) {
    const mark = decodeMark(name, data)
    if (!mark) of(speaker).frames.push({ seq, event: decodeFrame(name, data) })
    else if (mark.type === 'run') speaker = mark.runId
    else of(mark.runId).isOver = true
  }

  const parser = createParser({
    onEvent: ({ id, event: name, data }) => {
      try {
        accept(name, data, Number(id))
      } catch {
        of(speaker).frames.push({ seq: Number.NaN, event: undefined })
      }
    },
  })
  return bytes => {
    runs = new Map()
    parser.feed(decoder.decode(bytes, { stream: true }))
    return [...runs.values()]
  }
}

/** Milliseconds before the next try: at random up to a bound that doubles, so that many readers do not come at once. */
function delayAfter(failures: number, longest: number, random: number): number {
  const bound = Math.min(longest, 2 * SHORTEST_DELAY * 2 ** Math.min(failures, 10))
  return SHORTEST_DELAY + random * (bound - SHORTEST_DELAY)
}
