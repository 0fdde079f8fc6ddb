import { RiachoError } from '../../protocol/errors.ts'
import type { Account } from '../../protocol/responses.ts'
import type { Caller } from '../access/caller.ts'
import { newSession } from '../access/newSession.ts'
import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'
import type { AccountRow } from '../database/accounts/accountRows.ts'
import { findAccount } from '../database/accounts/accounts.ts'
import { insertMove } from '../database/accounts/ownerMoves.ts'
import type { Queries } from '../database/schema.ts'
import { insertSession, revokeSessions } from '../database/sessions.ts'
import type { TokenChange } from '../database/tokenChange.ts'
import type { AccountParts } from './accountParts.ts'

/** Who asks to come in, and with which browser. */
export interface Entrance {
  request: RequestFacts
  /** Whom the browser proves until now. */
  caller: Caller | undefined
}

export interface SignedIn {
  account: Account
  /** Give the browser the new token. */
  headers: HeaderFields
}

/**
 * Makes the function that gives a browser a session of an account. The token is always a new one. What the browser had
 * before is revoked, and what a visitor had moves to the account.
 */
export function createBeginSession(parts: AccountParts) {
  const { database, sessions, steadyTime, mover } = parts
  /**
   * `change` changes the account in the same transaction, and gives it as it is then, or `undefined` if it cannot be
   * changed: then the session is not begun. `revokes`: which other sessions of the account end.
   */
  return async function beginSession(
    { request, caller }: Entrance,
    ownerId: string,
    {
      change,
      revokes = 'none',
      refusal = 'SIGN_IN_FAILED',
    }: {
      change: (queries: Queries) => Promise<AccountRow | undefined>
      revokes?: 'none' | 'all'
      refusal?: 'SIGN_IN_FAILED' | 'LINK_INVALID'
    },
  ): Promise<SignedIn> {
    requireNoHost(caller)
    const done = await database.writeFor(ownerId, 'power', async queries => {
      const account = await change(queries)
      if (!account) throw new RiachoError(refusal)
      const ended: TokenChange[] = []
      if (revokes === 'all')
        ended.push(...(await revokeSessions(queries, { ownerId, at: steadyTime(), exceptId: undefined })))
      const moves = await leave(queries, { caller, ownerId, ended })
      const session = newSession(request, { ownerId, accountId: account.id }, parts)
      await insertSession(queries, session.row)
      return { account, session, ended, moves }
    })
    sessions.learn(done.ended)
    sessions.add(done.session.row)
    if (done.moves && caller) await mover.begin(caller.ownerId)
    return { account: toAccount(done.account), headers: done.session.headers }
  }

  /** Ends what the browser had. True if a visitor's things are to move. */
  async function leave(
    queries: Queries,
    { caller, ownerId, ended }: { caller: Caller | undefined; ownerId: string; ended: TokenChange[] },
  ): Promise<boolean> {
    if (caller?.sessionId === undefined) return false
    const isVisitor = !(await findAccount(queries, { ownerId: caller.ownerId }))
    if (isVisitor) {
      const move = { from_owner_id: caller.ownerId, to_owner_id: ownerId, begun_at: steadyTime() }
      await insertMove(queries, move)
      return true
    }
    const which = { ownerId: caller.ownerId, at: steadyTime(), id: caller.sessionId }
    ended.push(...(await revokeSessions(queries, which)))
    return false
  }
}

/** A host says who its people are, so that no session counts. */
export function requireNoHost(caller: Caller | undefined): void {
  if (caller?.kind === 'host') throw new RiachoError('FORBIDDEN', 'a host vouches for the caller')
}

export function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    isConfirmed: row.confirmed_at !== null,
    hasPassword: row.password_hash !== null,
    createdAt: row.created_at,
  }
}
