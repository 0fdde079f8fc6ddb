import type { Logger } from 'pino'
import type { Callers } from '../access/caller.ts'
import type { Clock } from '../clock.ts'
import type { Route } from './defineRoute.ts'
import type { Heartbeats } from './heartbeats.ts'

/** What an adapter needs to answer requests. */
export interface Api {
  readonly routes: readonly Route[]
  readonly callers: Callers
  readonly heartbeats: Heartbeats
  /** Origins that people use, besides the one that a request names. */
  readonly publicUrls: readonly string[]
  /** What one address may ask for in a minute; 0: as much as it likes. */
  readonly rateLimitPerMinute: number
  readonly clock: Clock
  readonly logger: Logger
  readonly createId: () => string
}
