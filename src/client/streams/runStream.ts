import { type ApiCall, type Refusal, refusalOf, requestInit } from '../api.ts'
import type { Browser } from '../browser.ts'
import { readEvents } from './readEvents.ts'
import { createFrameSorter, type RunFrames } from './runFrames.ts'

/** Milliseconds. The server writes a heartbeat every 15 s; two missed ones and some slack mean a dead connection. */
const SILENCE_LIMIT = 35_000
/** After a wake one missed heartbeat is enough, because the socket of a frozen tab often dies without a word. */
const SILENCE_LIMIT_AFTER_WAKE = 20_000
/**
 * Between leaving a connection and opening the next. The server sees the first one go before the second one comes, and
 * more runs may be asked for in the meantime.
 */
const CHANGEOVER = 50
const SHORTEST_DELAY = 500
const LONGEST_DELAY = 10_000
/** While somebody looks at the page, an unreachable server is probably restarting: it is asked more often for a while. */
const LONGEST_DELAY_AT_FIRST = 2_000
const AT_FIRST = 30_000
/** A bound for `Retry-After`, because a proxy may say an hour where the server needs a minute. */
const LONGEST_TOLD_DELAY = 30_000

/** The outcome of the frames of one chunk. `progress`: some were new. `broken`: one is missing or makes no sense. */
export type FramesOutcome = 'progress' | 'nothing' | 'broken'

export interface RunStreamOptions {
  browser: Pick<Browser, 'fetch' | 'timers' | 'random'>
  /** Whether somebody looks at what this stream brings. */
  isVisible(): boolean
  /** The request for the next connection. It asks for what comes after the last `seq` applied. */
  request(): ApiCall
  /** Applies what has come. */
  onFrames(runs: RunFrames[]): FramesOutcome
  /** `false`: the connection is lost, and another try waits. `true`: the server answers again. */
  onConnection(connected: boolean): void
  /** The server refuses for good; nothing is called after it. If absent, the stream asks again and again. */
  onRefused?(refusal: Refusal): void
  /** Whether a refusal is for good. If absent, every one is but `SHUTTING_DOWN`. */
  isFinal?(refusal: Refusal): boolean
}

export interface RunStream {
  /** The network or the tab is back. Stops waiting, and reconnects if the connection has been silent. */
  wake(): void
  /** Leaves the stream. Runs go on. */
  close(): void
}

export interface OpenRunStream extends RunStream {
  /** Leaves the connection and soon opens a new one, because there is more to ask for. */
  askAgain(): void
}

/** Why there is no connection. */
interface Loss {
  /** Seconds. */
  retryAfter: number | null
  /** Nobody answers for the server. */
  isUnreachable: boolean
}

const CUT: Loss = { retryAfter: null, isUnreachable: false }
const UNREACHABLE: Loss = { retryAfter: null, isUnreachable: true }

/**
 * Follows one run or many, over one connection after another. It is
 *   connected   `connection` is set, and the timer reconnects after too much silence. The connection may not be answered
 *               yet, or may be about to be opened.
 *   waiting     `connection` is null, and the timer connects.
 *   closed      for good: closed by its owner, or refused by the server.
 * `connection` is set in `#drop`, `#connect` and `askAgain` only, and each of them drops the connection before.
 */
class ReconnectingStream implements OpenRunStream {
  readonly #options: RunStreamOptions
  #connection: AbortController | null = null
  #isClosed = false
  #failures = 0
  #firstFailureAt = 0
  #answeredAt: number | null = null
  #lastByteAt: number
  #cancelTimer = () => {}

  constructor(options: RunStreamOptions) {
    this.#options = options
    this.#lastByteAt = options.browser.timers.now()
    this.#connect()
  }

  wake(): void {
    const silence = this.#now() - this.#lastByteAt
    const isDoubtful = this.#connection === null || silence > SILENCE_LIMIT_AFTER_WAKE
    if (!this.#isClosed && isDoubtful) this.#connect()
  }

  askAgain(): void {
    if (this.#isClosed) return
    this.#drop()
    this.#connection = new AbortController()
    this.#setTimer(() => this.#connect(), CHANGEOVER)
  }

  close(): void {
    this.#isClosed = true
    this.#drop()
  }

  #drop(): void {
    this.#cancelTimer()
    this.#connection?.abort()
    this.#connection = null
  }

  async #connect(): Promise<void> {
    this.#drop()
    const connection = new AbortController()
    this.#connection = connection
    this.#answeredAt = null
    this.#heard()
    const { path, ...call } = this.#options.request()
    const init = requestInit({ ...call, signal: connection.signal })
    const response = await this.#options.browser.fetch(path, init).catch(() => null)
    if (this.#connection !== connection) return
    const loss = response ? await this.#receive(response, connection) : UNREACHABLE
    if (loss && this.#connection === connection) this.#connectLater(loss)
  }

  /** Resolves with the reason why the connection is over, or with `null` if that was wanted. */
  async #receive(response: Response, connection: AbortController): Promise<Loss | null> {
    if (!response.ok) return this.#refused(await refusalOf(response), connection)
    const type = response.headers.get('content-type') ?? ''
    if (!response.body || !type.startsWith('text/event-stream')) return CUT
    this.#heard()
    this.#answeredAt = this.#now()
    this.#options.onConnection(true)
    if (this.#connection !== connection) return null
    const framesOf = createFrameSorter()
    try {
      for await (const events of readEvents(response)) {
        if (this.#connection !== connection) return null
        this.#heard()
        const outcome = this.#options.onFrames(framesOf(events))
        if (outcome === 'broken') return CUT
        if (outcome === 'progress') this.#failures = 0
        if (this.#connection !== connection) return null
      }
    } catch {
      // The connection broke.
    }
    return CUT
  }

  #refused(refusal: Refusal, connection: AbortController): Loss | null {
    const { failure, retryAfter } = refusal
    const { onRefused, isFinal = () => true } = this.#options
    const isUnreachable = failure === 'UNREACHABLE'
    const isPassing = isUnreachable || failure === 'SHUTTING_DOWN' || !onRefused || !isFinal(refusal)
    if (isPassing) return { retryAfter, isUnreachable }
    if (this.#connection !== connection) return null
    this.close()
    onRefused(refusal)
    return null
  }

  #connectLater({ retryAfter, isUnreachable }: Loss): void {
    this.#drop()
    const now = this.#now()
    if (this.#answeredAt !== null && now - this.#answeredAt > LONGEST_DELAY) this.#failures = 0
    if (this.#failures === 0) this.#firstFailureAt = now
    const isAtFirst = isUnreachable && now - this.#firstFailureAt < AT_FIRST && this.#options.isVisible()
    const longest = isAtFirst ? LONGEST_DELAY_AT_FIRST : LONGEST_DELAY
    const told = Math.min((retryAfter ?? 0) * 1000, LONGEST_TOLD_DELAY)
    const delay = Math.max(delayAfter(this.#failures, longest, this.#options.browser.random()), told)
    this.#failures += 1
    this.#setTimer(() => this.#connect(), delay)
    this.#options.onConnection(false)
  }

  #heard(): void {
    this.#lastByteAt = this.#now()
    this.#setTimer(() => this.#connectLater(CUT), SILENCE_LIMIT)
  }

  #setTimer(callback: () => void, milliseconds: number): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#options.browser.timers.set(callback, milliseconds)
  }

  #now(): number {
    return this.#options.browser.timers.now()
  }
}

/** Follows one run or many until the stream is closed, or refused. */
export function openRunStream(options: RunStreamOptions): OpenRunStream {
  const stream = new ReconnectingStream(options)
  return { wake: () => stream.wake(), close: () => stream.close(), askAgain: () => stream.askAgain() }
}

/** Milliseconds before the next try: at random below a bound that doubles, so that many readers do not come at once. */
export function delayAfter(failures: number, longest: number, random: number): number {
  const bound = Math.min(longest, 2 * SHORTEST_DELAY * 2 ** Math.min(failures, 10))
  return SHORTEST_DELAY + random * (bound - SHORTEST_DELAY)
}
