import { setImmediate } from 'node:timers/promises'
import { RiachoError } from '../../protocol/errors.ts'
import type { SessionListResponse } from '../../protocol/responses.ts'
import type { Identity } from '../access/caller.ts'
import type { KnownSessions } from '../access/knownTokens.ts'
import type { Database } from '../database/database.ts'
import {
  deleteSomeEnded,
  deleteSomeUnused,
  listSessions,
  revokeSessions,
  type UnusedCursor,
} from '../database/sessions.ts'

/**
 * A row stays this long after its end, in milliseconds, because other nodes ask for it, and so do requests that come late
 * with the cookie of an erased owner.
 */
const KEPT_AFTER_END = 7 * 24 * 60 * 60_000
/** A session that was not used for this long ends, if its owner has nothing, in milliseconds. */
const UNUSED = 30 * 24 * 60 * 60_000

export interface SessionServiceOptions {
  database: Pick<Database, 'queries' | 'write' | 'writeFor'>
  sessions: Pick<KnownSessions, 'learn'>
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
}

/** Lists and revokes the sessions of a caller. Whom a host vouches for has none. */
export function createSessionService({ database, sessions, steadyTime }: SessionServiceOptions) {
  async function list({ ownerId, sessionId }: Identity): Promise<SessionListResponse> {
    const listed = await listSessions(database.queries, { ownerId, now: steadyTime() })
    return { sessions: listed.map(session => ({ ...session, isCurrent: session.id === sessionId })) }
  }

  /** Revokes a session of the caller. Throws `NOT_FOUND`. */
  async function revoke({ ownerId }: Identity, id: string): Promise<void> {
    if ((await end(ownerId, { id })) === 0) throw new RiachoError('NOT_FOUND')
  }

  /** Revokes all sessions of the caller but that of the request. */
  async function revokeOthers({ ownerId, sessionId }: Identity): Promise<void> {
    await end(ownerId, { exceptId: sessionId })
  }

  async function end(
    ownerId: string,
    which: { id: string } | { exceptId: string | undefined },
  ): Promise<number> {
    const changes = await database.writeFor(ownerId, 'power', queries =>
      revokeSessions(queries, { ownerId, at: steadyTime(), ...which }),
    )
    sessions.learn(changes)
    return changes.length
  }

  /** Deletes the rows of sessions that have ended, and of those that nobody uses and whose owners have nothing. */
  async function sweep(): Promise<void> {
    const now = steadyTime()
    // Slice by slice, with other work in between, because there may be many.
    while (await database.write('process', queries => deleteSomeEnded(queries, now - KEPT_AFTER_END)))
      await setImmediate()
    let after: UnusedCursor | undefined
    do {
      after = await database.write('process', queries =>
        deleteSomeUnused(queries, { usedBefore: now - UNUSED, after }),
      )
      await setImmediate()
    } while (after)
  }

  return { list, revoke, revokeOthers, sweep }
}
