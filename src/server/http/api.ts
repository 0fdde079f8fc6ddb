import type { Logger } from 'pino'
import type { Callers } from '../access/caller.ts'
import type { Clock } from '../clock.ts'
import type { Route } from './defineRoute.ts'
import type { Heartbeats } from './heartbeats.ts'

/** Everything that an adapter needs to answer requests. */
export interface Api {
  readonly routes: readonly Route[]
  readonly callers: Callers
  readonly heartbeats: Heartbeats
  /** Origins that people use, besides the host that a request names. */
  readonly publicUrls: readonly string[]
  /** Messages that one address may send in a minute. 0: no limit. */
  readonly rateLimitPerMinute: number
  readonly clock: Clock
  readonly logger: Logger
  readonly createId: () => string
}
