import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import { NEW_OWNER } from '../../protocol/newOwner.ts'
import { findAccount } from '../database/accounts/accounts.ts'
import type { Database } from '../database/database.ts'
import { isErased } from '../database/owners.ts'
import type { SessionRow } from '../database/schema.ts'
import { confirmToken, insertSession, replaceToken, touchSession } from '../database/sessions.ts'
import type { Authenticator, Identified, Identity, ProvedAccess } from './caller.ts'
import type { KnownSessions, KnownToken } from './knownTokens.ts'
import { forgetSessionHeaders, newSession, sessionCookies, sessionRow } from './newSession.ts'
import { noteUse } from './noteUse.ts'
import type { HeaderFields, RequestFacts } from './requestFacts.ts'
import { hashOf, isToken, sessionIdOf } from './sessionToken.ts'
import { createSignedCookies, type SignedCookieOptions } from './signedCookie.ts'

/** A page replaces a token that is older than this, in milliseconds. */
const REPLACE_AFTER = 7 * 24 * 60 * 60_000
/** For this long after the first request with the new token the old one is good, in milliseconds. */
const GRACE = 5 * 60_000

export interface SessionOptions extends SignedCookieOptions {
  database: Pick<Database, 'queries' | 'write' | 'writeFor'>
  known: KnownSessions
  /** Who may come in without an account. `readers`: visitors of earlier times, to what is theirs. */
  visitors: 'everybody' | 'readers'
  createId: () => string
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  logger: Logger
}

/**
 * Identifies visitors by a random token in a cookie. A row of the database says whose it is. Without a token that counts, a
 * new owner begins if the route needs one. Pages replace old tokens, so an owner who keeps coming is never forgotten.
 */
export function createSessions(options: SessionOptions): Authenticator {
  const sessions = new Sessions(options)
  return {
    identify: (request, access) => sessions.identify(request, access),
    forgetHeaders: forgetSessionHeaders,
  }
}

class Sessions {
  readonly #options: SessionOptions
  readonly #ownerOfSigned: (cookie: string) => string | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#ownerOfSigned = createSignedCookies(options)
  }

  async identify(request: RequestFacts, access: ProvedAccess): Promise<Identified | null> {
    try {
      const found = await this.#findFirst(request)
      if (found) {
        if (access === 'owner' && !this.#mayAsk(request, found.identity))
          throw new RiachoError('SIGN_IN_REQUIRED')
        return access === 'page' ? this.#renewed(request, found) : found
      }
    } catch (error) {
      // The page says what happens, so it has to load while nothing can be read.
      if (access === 'page' && isStorageFault(error)) return null
      throw error
    }
    if (access === 'known') return null
    if (this.#options.visitors === 'everybody') return this.#begin(request)
    throw new RiachoError('SIGN_IN_REQUIRED')
  }

  /** A visitor who came when everybody could may read, export and delete. */
  #mayAsk({ method }: RequestFacts, { accountId }: Identity): boolean {
    const isPerson = accountId !== undefined || this.#options.visitors === 'everybody'
    return isPerson || method === 'GET' || method === 'HEAD' || method === 'DELETE'
  }

  async #findFirst(request: RequestFacts): Promise<Found | undefined> {
    for (const cookie of sessionCookies(request)) {
      const found = await this.#find(request, cookie)
      if (found) return found
    }
    return undefined
  }

  /** Whom the cookie proves. */
  async #find(request: RequestFacts, cookie: string): Promise<Found | undefined> {
    const signedFor = isToken(cookie) ? undefined : this.#ownerOfSigned(cookie)
    if (signedFor === undefined && !isToken(cookie)) return undefined
    const tokenHash = hashOf(cookie)
    const { token, row } = await this.#options.known.find(tokenHash)
    if (token) {
      this.#noteUse(token)
      return { identity: identityOf(token.row), row: token.row }
    }
    const ownerId = row?.owner_id ?? signedFor
    if (ownerId === undefined || (row && isRead(request))) return undefined
    if (await isErased(this.#options.database.queries, ownerId)) return lateRequest(request, ownerId)
    if (row || (await findAccount(this.#options.database.queries, { ownerId }))) return undefined
    return this.#firstOfSigned(request, { tokenHash, ownerId })
  }

  /** An earlier version signed the cookie, no request came with it since, and its owner has no account. */
  #firstOfSigned(
    request: RequestFacts,
    { tokenHash, ownerId }: { tokenHash: string; ownerId: string },
  ): Found {
    // Requests that come at once have one id.
    const row = {
      ...sessionRow(request, { tokenHash, ownerId, accountId: null }, this.#options),
      id: sessionIdOf(tokenHash),
      is_kept: 1,
    } as const
    const giveProof = async () => {
      await this.#store(request, row)
      return {}
    }
    return { identity: identityOf(row), row, giveProof }
  }

  #begin(request: RequestFacts): Identified {
    const { createId } = this.#options
    const session = newSession(request, { ownerId: createId(), accountId: null }, this.#options)
    const { row } = session
    const headers = { ...session.headers, [NEW_OWNER.name]: NEW_OWNER.value }
    return {
      identity: identityOf(row),
      giveProof: async () => ((await this.#store(request, row)) ? headers : {}),
    }
  }

  /** Replaces a token that is old, and each cookie that an earlier version signed. */
  #renewed(request: RequestFacts, found: Found): Identified {
    const { row, identity, giveProof } = found
    const isOld = row && (row.is_kept || this.#options.steadyTime() - row.issued_at > REPLACE_AFTER)
    if (!isOld) return found
    return {
      identity,
      giveProof: async () => {
        await giveProof?.()
        return this.#replace(request, row)
      },
    }
  }

  async #replace(request: RequestFacts, old: SessionRow): Promise<HeaderFields> {
    const { database, known } = this.#options
    const { owner_id: ownerId, account_id: accountId, id, created_at } = old
    const session = newSession(request, { ownerId, accountId }, this.#options)
    const row: SessionRow = {
      ...session.row,
      id,
      created_at,
      replaced_hash: old.token_hash,
      is_confirmed: 0,
    }
    try {
      // Synced, because the browser forgets the old token, and all that its owner has hangs on the new one.
      const isStored = await database.writeFor(ownerId, 'power', queries => replaceToken(queries, row))
      if (!isStored) return {}
    } catch (error) {
      // The old token is still good.
      if (isStorageFault(error)) return {}
      throw error
    }
    known.add(row)
    return session.headers
  }

  /**
   * Stores the row of a token. False if nothing can be stored, and the request reads only: it goes on without a session.
   */
  async #store(request: RequestFacts, row: SessionRow): Promise<boolean> {
    const { database, known } = this.#options
    try {
      // Not synced: what the visitor writes next is, and this comes before it in the write-ahead log.
      await database.write('process', queries => insertSession(queries, row))
    } catch (error) {
      if (isRead(request) && isStorageFault(error)) return false
      throw error
    }
    // Another request may have stored the row of a signed cookie, and a third one revoked it.
    if (!row.is_kept) known.add(row)
    return true
  }

  /** Stores now and then that a token is used. No request waits for it. */
  #noteUse(token: KnownToken<SessionRow>): void {
    noteUse(token, this.#options, async at => {
      await this.#note(token.row, at)
      token.row = { ...token.row, is_confirmed: 1, used_at: at }
    })
  }

  async #note(row: SessionRow, at: number): Promise<void> {
    const { database, known } = this.#options
    const { token_hash: tokenHash, owner_id: ownerId } = row
    if (row.is_confirmed)
      return database.write('process', queries => touchSession(queries, { tokenHash, at }))
    const changes = await database.writeFor(ownerId, 'process', queries =>
      confirmToken(queries, { session: row, at, until: at + GRACE }),
    )
    known.learn(changes)
  }
}

/** `row`: of the token. Absent if the token counts no more. */
interface Found extends Identified {
  row?: SessionRow
}

/**
 * A late answer may have brought back the cookie of an erased owner. A read then begins a new owner. A write does not:
 * the answer that removes the old cookie may still be under way, and it would remove the new cookie too. What was
 * written could then never be reached. Nothing can be stored for the erased owner.
 */
function lateRequest(request: RequestFacts, ownerId: string): Found | undefined {
  return isRead(request) ? undefined : { identity: { ownerId, kind: 'visitor' } }
}

function identityOf({ owner_id: ownerId, id: sessionId, account_id: accountId }: SessionRow): Identity {
  if (accountId === null) return { ownerId, kind: 'visitor', sessionId }
  return { ownerId, kind: 'account', sessionId, accountId }
}

function isRead({ method }: RequestFacts): boolean {
  return method === 'GET'
}

function isStorageFault(error: unknown): boolean {
  return error instanceof RiachoError && error.code === 'STORAGE_UNAVAILABLE'
}
