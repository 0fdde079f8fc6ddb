import { RiachoError } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'
import type { LimitKind } from './defineRoute.ts'

const MINUTE = 60_000
/** The most counts that are kept. The one that began first is dropped first. */
const MAX_COUNTS = 50_000

/** Kinds that cost the operator money or much work. Where there are several nodes, they share these counts. */
const SHARED: ReadonlySet<LimitKind> = new Set(['send', 'title', 'account', 'wholeConversation'])

/** How many requests came in this minute, and how much of it is left, in milliseconds. */
export interface MinuteCount {
  requests: number
  leftMs: number
}

/** Counts one more request under a key, over all nodes. */
export type CountShared = (key: string) => Promise<MinuteCount>

export interface RequestCountsOptions {
  /** The messages that one address may send in a minute. 0: no limit. */
  perMinute: number
  /** For each kind of request, how many of them one may make for each of those messages. Other kinds are free. */
  factors: Partial<Record<LimitKind, number>>
  clock: Pick<Clock, 'monotonic'>
  /** Absent where there is one node. If it fails, the counts of this node alone hold. */
  countShared?: CountShared | undefined
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
  async count(kind: LimitKind | undefined, who: string): Promise<void> {
    const { perMinute, factors, countShared } = this.#options
    const factor = kind && factors[kind]
    if (perMinute === 0 || kind === undefined || factor === undefined) return
    const key = `${kind} ${who}`
    // Whoever is over the limit here asks the database for nothing.
    requireAtMost(perMinute * factor, this.#countHere(key))
    const shared = SHARED.has(kind) ? await countShared?.(key).catch(() => undefined) : undefined
    if (shared) requireAtMost(perMinute * factor, shared)
  }

  #countHere(key: string): MinuteCount {
    const now = this.#options.clock.monotonic()
    const known = this.#counts.get(key)
    const count = known && now - known.begun < MINUTE ? known : this.#begin(key, now)
    count.requests += 1
    return { requests: count.requests, leftMs: count.begun + MINUTE - now }
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

function requireAtMost(most: number, { requests, leftMs }: MinuteCount): void {
  if (requests > most)
    throw new RiachoError('RATE_LIMITED', 'rate limited', { retryAfter: Math.ceil(leftMs / 1000) })
}
