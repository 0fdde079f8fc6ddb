import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import type { Clock } from '../../clock.ts'

/** The most addresses that one kind of request counts. The oldest count is dropped first. */
const MAX_COUNTS = 5000

/** Counts requests by address. The store that the library brings measures its windows with the time of day, which jumps. */
export function createRateStore(clock: Pick<Clock, 'monotonic'>): FastifyRateLimitStoreCtor {
  return class RateStore implements FastifyRateLimitStore {
    /** In the order in which the windows began. */
    readonly #counts = new Map<string, { current: number; begun: number }>()

    incr(
      key: string,
      callback: (error: Error | null, result: { current: number; ttl: number }) => void,
      timeWindow: number,
    ): void {
      const now = clock.monotonic()
      const known = this.#counts.get(key)
      const count = known && now - known.begun < timeWindow ? known : { current: 0, begun: now }
      count.current += 1
      if (count !== known) this.#begin(key, count)
      callback(null, { current: count.current, ttl: timeWindow - (now - count.begun) })
    }

    child(): FastifyRateLimitStore {
      return new RateStore()
    }

    #begin(key: string, count: { current: number; begun: number }): void {
      this.#counts.delete(key)
      this.#counts.set(key, count)
      const [oldest] = this.#counts.keys()
      if (this.#counts.size > MAX_COUNTS && oldest !== undefined) this.#counts.delete(oldest)
    }
  }
}
