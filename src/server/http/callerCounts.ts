import { RiachoError } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'
import type { LimitKind } from './defineRoute.ts'

const MINUTE = 60_000

export interface CallerCountsOptions {
  /** The messages that one address may send in a minute. 0: no limit. */
  perMinute: number
  /** For each kind of request, how many of them an owner may make for each of those messages. Other kinds are free. */
  factors: Partial<Record<LimitKind, number>>
  clock: Clock
}

/** Counts the requests of each caller, minute by minute. Addresses are counted elsewhere (`rateLimits.ts`). */
export class CallerCounts {
  readonly #options: CallerCountsOptions
  #counts = new Map<string, number>()
  #endsAt = 0

  constructor(options: CallerCountsOptions) {
    this.#options = options
  }

  /** Throws `RATE_LIMITED` if the owner has used up the requests of this minute. */
  count(kind: LimitKind | undefined, ownerId: string): void {
    const { perMinute, factors, clock } = this.#options
    const factor = kind && factors[kind]
    if (perMinute === 0 || factor === undefined) return
    const now = clock.monotonic()
    if (now >= this.#endsAt) {
      this.#counts = new Map()
      this.#endsAt = now + MINUTE
    }
    const key = `${kind} ${ownerId}`
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    if (count <= perMinute * factor) return
    throw new RiachoError('RATE_LIMITED', 'rate limited', {
      retryAfter: Math.ceil((this.#endsAt - now) / 1000),
    })
  }
}
