import type { SignInRequest } from '../../protocol/accountRequests.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { Caller } from '../access/caller.ts'
import type { AccountRow } from '../database/accounts/accountRows.ts'
import { findAccount, updateAccount } from '../database/accounts/accounts.ts'
import { findSessionStart } from '../database/sessions.ts'
import type { AccountParts } from './accountParts.ts'
import type { createBeginSession, Entrance, SignedIn } from './beginSession.ts'

/** How long after a sign-in somebody counts as the person who signed in, in milliseconds. */
const FRESH = 10 * 60_000

export interface SignInOptions extends AccountParts {
  beginSession: ReturnType<typeof createBeginSession>
}

export function createSignIn(options: SignInOptions) {
  const { database, passwords, throttle, steadyTime, beginSession } = options

  /**
   * Signs in with a password. Throws `SIGN_IN_FAILED`, after the same time and in the same way, if there is no such
   * account, if it is disabled, or if the password is wrong. Throws `RATE_LIMITED`.
   */
  async function signIn(entrance: Entrance, { email, password }: SignInRequest): Promise<SignedIn> {
    const giveBack = await throttle.take([
      { kind: 'account', of: email },
      { kind: 'address', of: entrance.request.address },
    ])
    const account = await findAccount(database.queries, { email })
    const matches = await passwords.matches(password, account?.password_hash)
    if (!account || !matches) throw new RiachoError('SIGN_IN_FAILED')
    const { id, password_hash: passwordHash } = account
    const isOld = passwordHash !== null && passwords.isOld(passwordHash)
    const rehashed = isOld ? { password_hash: await passwords.hash(password) } : {}
    const signedIn = await beginSession(entrance, account.owner_id, {
      async change(queries) {
        const change = { signed_in_at: steadyTime(), ...rehashed }
        // Another request may have changed the password or disabled the account since.
        if (!(await updateAccount(queries, { id, passwordHash }, change))) return undefined
        return { ...account, ...change }
      },
    })
    await giveBack()
    return signedIn
  }

  /**
   * The account of a caller who has just shown to be its person: by the password, or without one by having signed in
   * lately. Throws `SIGN_IN_REQUIRED`, `SIGN_IN_FAILED`, `SIGN_IN_TOO_OLD`, `RATE_LIMITED`.
   */
  async function requirePerson(
    caller: Caller | undefined,
    password: string | undefined,
  ): Promise<AccountRow> {
    const account = await requireAccount(caller)
    if (account.password_hash === null) {
      const session = { id: caller?.sessionId ?? '', ownerId: account.owner_id }
      const begun = await findSessionStart(database.queries, session)
      if (begun === undefined || steadyTime() - begun > FRESH) throw new RiachoError('SIGN_IN_TOO_OLD')
      return account
    }
    // Whoever found an open browser must not guess on, and whoever guesses elsewhere must not lock its person out.
    const giveBack = await throttle.take([{ kind: 'account', of: `session ${caller?.sessionId}` }])
    if (!(await passwords.matches(password ?? '', account.password_hash)))
      throw new RiachoError('SIGN_IN_FAILED')
    await giveBack()
    return account
  }

  /** The account of a caller. Throws `SIGN_IN_REQUIRED`. */
  async function requireAccount(caller: Caller | undefined): Promise<AccountRow> {
    const id = caller?.accountId
    const account = id === undefined ? undefined : await findAccount(database.queries, { id })
    if (!account) throw new RiachoError('SIGN_IN_REQUIRED')
    return account
  }

  return { signIn, requirePerson, requireAccount }
}
