import type { Logger } from 'pino'
import type { Caller, Callers } from '../access/caller.ts'
import type { KnownKeys, KnownSessions, RevocableReader } from '../access/knownTokens.ts'
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
  /** Knows which streams have to end when a session is revoked. */
  readonly sessions: Pick<KnownSessions, 'hold'>
  /** Knows which streams have to end when an API key is revoked. */
  readonly keys: Pick<KnownKeys, 'hold'>
  /** Messages that one address may send in a minute. 0: no limit. */
  readonly rateLimitPerMinute: number
  /** Counts requests over all nodes. Absent where there is one. */
  readonly countShared?: CountShared | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly createId: () => string
}

/** What ends a stream when the session or API key of its caller is revoked. `undefined` if nothing can be revoked. */
export function holdByProofOf(
  { sessions, keys }: Pick<Api, 'sessions' | 'keys'>,
  caller: Caller | undefined,
): ((stream: RevocableReader) => () => void) | undefined {
  const { sessionId, keyId } = caller ?? {}
  if (keyId !== undefined) return stream => keys.hold(keyId, stream)
  return sessionId === undefined ? undefined : stream => sessions.hold(sessionId, stream)
}
