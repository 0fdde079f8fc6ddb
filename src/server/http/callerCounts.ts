import { RiachoError } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'
import { CALLER_LIMITS, type LimitKind } from './defineRoute.ts'

const MINUTE = 60_000

/** Counts the requests of each caller, minute by minute. Addresses are counted elsewhere (`rateLimits.ts`). */
export class CallerCounts {
  readonly #perMinute: number
  readonly #clock: Clock
  #counts = new Map<string, number>()
  #endsAt = 0

  /** `perMinute`: the messages that one address may send. 0: no limit. */
  constructor({ perMinute, clock }: { perMinute: number; clock: Clock }) {
    this.#perMinute = perMinute
    this.#clock = clock
  }

  /** Throws `RATE_LIMITED` if the owner has used up the requests of this minute. */
  count(kind: LimitKind | undefined, ownerId: string): void {
    if (this.#perMinute === 0 || kind === undefined || !(kind in CALLER_LIMITS)) return
    const max = this.#perMinute * CALLER_LIMITS[kind as keyof typeof CALLER_LIMITS]
    const now = this.#clock.monotonic()
    if (now >= this.#endsAt) {
      this.#counts = new Map()
      this.#endsAt = now + MINUTE
    }
    const key = `${kind} ${ownerId}`
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    if (count <= max) return
    throw new RiachoError('RATE_LIMITED', 'rate limited', {
      retryAfter: Math.ceil((this.#endsAt - now) / 1000),
    })
  }
}
