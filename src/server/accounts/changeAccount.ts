import type {
  ChangeEmailRequest,
  ChangePasswordRequest,
  ResetPasswordRequest,
} from '../../protocol/accountRequests.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { Account, ChangeEmailResponse } from '../../protocol/responses.ts'
import type { Caller } from '../access/caller.ts'
import { hashOf } from '../access/sessionToken.ts'
import type { TokenPurpose } from '../database/accounts/accountRows.ts'
import { findAccount, updateAccount, updateEmail } from '../database/accounts/accounts.ts'
import { endTokens, findToken, spendToken } from '../database/accounts/accountTokens.ts'
import { deleteIdentities } from '../database/accounts/identities.ts'
import { deletePasskeys } from '../database/accounts/passkeys.ts'
import { revokeSessions } from '../database/sessions.ts'
import { type Entrance, requireNoHost, type SignedIn, toAccount } from './beginSession.ts'
import type { createSignIn, SignInOptions } from './signIn.ts'

/** Links that prove an address, and that a new password or address makes void. */
const OF_ADDRESS: readonly TokenPurpose[] = ['reset', 'confirm', 'change-email']

export function createChangeAccount(
  options: SignInOptions & Pick<ReturnType<typeof createSignIn>, 'requirePerson' | 'requireAccount'>,
) {
  const { database, links, throttle, passwords, sessions, clock, steadyTime, beginSession } = options
  const { requirePerson, requireAccount, requireUncommon } = options

  /** Sets a new password, and revokes all sessions but that of the request. Throws what `requirePerson` throws, and `PASSWORD_TOO_COMMON`. */
  async function changePassword(caller: Caller, { current, password }: ChangePasswordRequest): Promise<void> {
    const account = await requirePerson(caller, current)
    const { id, owner_id: ownerId, password_hash: passwordHash } = account
    await requireUncommon(password, [account.email, account.name])
    const password_hash = await passwords.hash(password)
    const ended = await database.writeFor(ownerId, 'power', async queries => {
      if (!(await updateAccount(queries, { id, passwordHash }, { password_hash })))
        throw new RiachoError('SIGN_IN_FAILED')
      await endTokens(queries, { accountId: id, purposes: OF_ADDRESS, now: steadyTime() })
      return revokeSessions(queries, { ownerId, at: steadyTime(), exceptId: caller.sessionId })
    })
    sessions.learn(ended)
  }

  /** Mails a link for a new password, if there is such an account. The answer does not tell. Throws `MAIL_UNAVAILABLE`, `RATE_LIMITED`. */
  async function sendReset({ request, caller }: Entrance, email: string, locale: Locale): Promise<void> {
    requireNoHost(caller)
    if (!links.hasMail) throw new RiachoError('MAIL_UNAVAILABLE')
    await throttle.take([
      { kind: 'mail', of: email },
      { kind: 'address', of: request.address },
    ])
    const account = await findAccount(database.queries, { email })
    if (!account || account.disabled_at !== null) return
    const link = await database.write('power', queries =>
      links.create(queries, { purpose: 'reset', accountId: account.id, email }),
    )
    links.mail(email, 'reset', { locale, link })
  }

  /** Sets a new password by a link, revokes all sessions, and signs in. Throws `LINK_INVALID`. */
  async function reset(entrance: Entrance, { token, password }: ResetPasswordRequest): Promise<SignedIn> {
    requireNoHost(entrance.caller)
    const [tokenHash, now] = [hashOf(token), steadyTime()]
    const link = await findToken(database.queries, { tokenHash, purposes: ['reset'], now })
    const account = link?.account_id
      ? await findAccount(database.queries, { id: link.account_id })
      : undefined
    // A link that was sent to an address proves nothing once the account has another one.
    if (!account || link?.email !== account.email) throw new RiachoError('LINK_INVALID')
    const { id } = account
    await requireUncommon(password, [account.email, account.name])
    const password_hash = await passwords.hash(password)
    return beginSession(entrance, account.owner_id, {
      revokes: 'all',
      refusal: 'LINK_INVALID',
      async change(queries) {
        if (!(await spendToken(queries, { tokenHash, now }))) return undefined
        const change = {
          password_hash,
          signed_in_at: steadyTime(),
          confirmed_at: account.confirmed_at ?? clock.now(),
        }
        if (!(await updateAccount(queries, { id }, change))) return undefined
        // Whoever made the account without showing that the address is theirs must not come back.
        if (account.confirmed_at === null) {
          await deleteIdentities(queries, id)
          await deletePasskeys(queries, id)
        }
        await endTokens(queries, { accountId: id, purposes: OF_ADDRESS, now: steadyTime() })
        return { ...account, ...change }
      },
    })
  }

  /** Mails a link to the new address, or without mail changes it now. Throws what `requirePerson` throws, and `EMAIL_TAKEN` without mail. */
  async function changeEmail(
    caller: Caller,
    { email, password }: ChangeEmailRequest,
    locale: Locale,
  ): Promise<ChangeEmailResponse> {
    const { id } = await requirePerson(caller, password)
    if (!links.hasMail) {
      await database.write('power', async queries => {
        const done = await updateEmail(queries, id, { email, confirmed_at: null })
        if (done !== 'changed') throw new RiachoError(done === 'taken' ? 'EMAIL_TAKEN' : 'SIGN_IN_REQUIRED')
        await endTokens(queries, { accountId: id, purposes: OF_ADDRESS, now: steadyTime() })
      })
      return { status: 'changed' }
    }
    await throttle.take([{ kind: 'mail', of: email }])
    const link = await database.write('power', queries =>
      links.create(queries, { purpose: 'change-email', accountId: id, email }),
    )
    links.mail(email, 'changeEmail', { locale, link })
    return { status: 'mailed' }
  }

  /** Mails a link that confirms the address of the caller. Throws `MAIL_UNAVAILABLE`, `SIGN_IN_REQUIRED`, `RATE_LIMITED`. */
  async function sendConfirm(caller: Caller | undefined, locale: Locale): Promise<void> {
    const { id, email } = await requireAccount(caller)
    if (!links.hasMail) throw new RiachoError('MAIL_UNAVAILABLE')
    await throttle.take([{ kind: 'mail', of: email }])
    const link = await database.write('power', queries =>
      links.create(queries, { purpose: 'confirm', accountId: id, email }),
    )
    links.mail(email, 'confirm', { locale, link })
  }

  /**
   * Confirms the address that a link was sent to, and makes it that of the account. Only its person can: whoever made an
   * account with the address of somebody else cannot have it confirmed by them. Throws `SIGN_IN_REQUIRED`,
   * `LINK_INVALID`, `EMAIL_TAKEN`.
   */
  async function confirm(caller: Caller | undefined, token: string, locale: Locale): Promise<Account> {
    const account = await requireAccount(caller)
    const [tokenHash, now] = [hashOf(token), steadyTime()]
    const link = await findToken(database.queries, { tokenHash, purposes: ['confirm', 'change-email'], now })
    const email = link?.email
    const isStale = link?.purpose === 'confirm' && email !== account.email
    if (!email || isStale || link.account_id !== account.id) throw new RiachoError('LINK_INVALID')
    const change = { email, confirmed_at: clock.now() }
    await database.write('power', async queries => {
      if (!(await spendToken(queries, { tokenHash, now }))) throw new RiachoError('LINK_INVALID')
      const done = await updateEmail(queries, account.id, change)
      if (done !== 'changed') throw new RiachoError(done === 'taken' ? 'EMAIL_TAKEN' : 'LINK_INVALID')
      if (email !== account.email)
        await endTokens(queries, { accountId: account.id, purposes: OF_ADDRESS, now: steadyTime() })
    })
    if (email !== account.email) links.mail(account.email, 'changed', { locale })
    return toAccount({ ...account, ...change })
  }

  return { changePassword, sendReset, reset, changeEmail, sendConfirm, confirm }
}
