import type { RunErrorCode } from '../../../protocol/errors.ts'
import type { Clock } from '../../clock.ts'

/** How long the breaker is open the first time, in milliseconds. Each failed probe doubles it. */
const FIRST_PAUSE = 5000
const LONGEST_PAUSE = 60_000
/** Who is refused during a probe asks again after this, in milliseconds. */
const PROBE_PAUSE = 1000

export type BreakerState = 'closed' | 'open' | 'half-open'

export interface CircuitBreakerOptions {
  /** How many failures in a row open it. 0: it stays closed. */
  failures: number
  clock: Pick<Clock, 'monotonic'>
  onState?: (state: BreakerState, code: RunErrorCode | undefined) => void
}

/** A request that goes to the provider. Exactly one of these is called, once. */
export interface Attempt {
  /** The provider answers, even if it refuses this request. */
  answered(): void
  /** The provider is out of order, as `code` says. */
  failed(code: RunErrorCode): void
  /** Nobody waits any more, and nothing is known. */
  abandoned(): void
}

export interface Refused {
  /** Why the last request failed. */
  code: RunErrorCode
  /** Milliseconds. */
  waitMs: number
}

const NEXT: Record<BreakerState, readonly BreakerState[]> = {
  closed: ['open'],
  open: ['half-open', 'closed'],
  'half-open': ['open', 'closed'],
}

/**
 * Keeps requests from a provider that is out of order, so that nobody waits for it in vain and it gets time to recover.
 * It is
 * - **closed**: requests go through. It counts the failures in a row.
 * - **open**: requests are refused until a pause is over.
 * - **half-open**: one request, the probe, goes through. Others are refused until it is known how the probe went. If it
 *   fails, the breaker opens for twice as long.
 *
 * An answer closes it, also the late answer to a request from before it opened.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions
  #state: BreakerState = 'closed'
  #failures = 0
  #code: RunErrorCode = 'UPSTREAM_UNREACHABLE'
  #pause = FIRST_PAUSE
  /** When the next probe may go, as `clock.monotonic` says. */
  #probeAt = 0

  constructor(options: CircuitBreakerOptions) {
    this.#options = options
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Why it is not closed, and how long it stays open, in milliseconds. 0: the next request is the probe. */
  get pause(): { code: RunErrorCode; leftMs: number } | undefined {
    if (this.#state === 'closed') return undefined
    const left = this.#state === 'open' ? this.#probeAt - this.#options.clock.monotonic() : 0
    return { code: this.#code, leftMs: Math.max(0, Math.ceil(left)) }
  }

  /** Lets a request through, or says how long to wait. */
  enter(): Attempt | Refused {
    const wait = this.#probeAt - this.#options.clock.monotonic()
    if (this.#state === 'closed') return this.#attempt(false)
    if (this.#state === 'open' && wait <= 0) {
      this.#setState('half-open')
      return this.#attempt(true)
    }
    return { code: this.#code, waitMs: this.#state === 'open' ? wait : PROBE_PAUSE }
  }

  #attempt(isProbe: boolean): Attempt {
    return {
      answered: () => this.#close(),
      failed: code => this.#fail(code, isProbe),
      abandoned: () => {
        // The next request is the probe.
        if (isProbe && this.#state === 'half-open') this.#open(0)
      },
    }
  }

  #close(): void {
    this.#failures = 0
    this.#pause = FIRST_PAUSE
    if (this.#state !== 'closed') this.#setState('closed')
  }

  #fail(code: RunErrorCode, isProbe: boolean): void {
    this.#code = code
    this.#failures += 1
    if (this.#state === 'closed') {
      const { failures } = this.#options
      if (failures > 0 && this.#failures >= failures) this.#open(this.#pause)
    } else if (isProbe && this.#state === 'half-open') {
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE)
      this.#open(this.#pause)
    }
  }

  #open(pause: number): void {
    this.#probeAt = this.#options.clock.monotonic() + pause
    this.#setState('open')
  }

  #setState(next: BreakerState): void {
    if (!NEXT[this.#state].includes(next)) throw new Error(`breaker cannot go from ${this.#state} to ${next}`)
    this.#state = next
    this.#options.onState?.(next, next === 'closed' ? undefined : this.#code)
  }
}
