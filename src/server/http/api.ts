import type { Logger } from 'pino'
import type { Callers } from '../access/caller.ts'
import type { Clock } from '../clock.ts'
import type { Route } from './defineRoute.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { KnownOrigins } from './origin.ts'
import type { CountShared } from './requestCounts.ts'

/** Everything that an adapter needs to answer requests. */
export interface Api extends KnownOrigins {
  readonly routes: readonly Route[]
  readonly callers: Callers
  readonly heartbeats: Heartbeats
  /** Messages that one address may send in a minute. 0: no limit. */
  readonly rateLimitPerMinute: number
  /** Counts requests over all nodes. Absent where there is one. */
  readonly countShared?: CountShared | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly createId: () => string
}
