import { RiachoError } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'
import type { LimitKind } from './defineRoute.ts'

const MINUTE = 60_000
/** The most counts that are kept. The one that began first is dropped first. */
const MAX_COUNTS = 50_000

export interface RequestCountsOptions {
  /** The messages that one address may send in a minute. 0: no limit. */
  perMinute: number
  /** For each kind of request, how many of them one may make for each of those messages. Other kinds are free. */
  factors: Partial<Record<LimitKind, number>>
  clock: Pick<Clock, 'monotonic'>
}

/**
 * Counts the requests of addresses or of owners, each in minutes of its own. Its time is monotonic, because the time of
 * day jumps.
 */
export class RequestCounts {
  readonly #options: RequestCountsOptions
  /** In the order in which their minutes began. */
  readonly #counts = new Map<string, { requests: number; begun: number }>()

  constructor(options: RequestCountsOptions) {
    this.#options = options
  }

  /** Throws `RATE_LIMITED` if `who` has used up the requests of this kind for the minute. */
  count(kind: LimitKind | undefined, who: string): void {
    const { perMinute, factors, clock } = this.#options
    const factor = kind && factors[kind]
    if (perMinute === 0 || factor === undefined) return
    const [key, now] = [`${kind} ${who}`, clock.monotonic()]
    const known = this.#counts.get(key)
    const count = known && now - known.begun < MINUTE ? known : this.#begin(key, now)
    count.requests += 1
    if (count.requests <= perMinute * factor) return
    const retryAfter = Math.ceil((count.begun + MINUTE - now) / 1000)
    throw new RiachoError('RATE_LIMITED', 'rate limited', { retryAfter })
  }

  #begin(key: string, now: number): { requests: number; begun: number } {
    const count = { requests: 0, begun: now }
    this.#counts.delete(key)
    this.#counts.set(key, count)
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > MAX_COUNTS && oldest !== undefined) this.#counts.delete(oldest)
    return count
  }
}
