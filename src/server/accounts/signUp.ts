import type { LinkTokenRequest, SignUpRequest } from '../../protocol/accountRequests.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { AccountLinkResponse, AccountResponse } from '../../protocol/responses.ts'
import { hashOf } from '../access/sessionToken.ts'
import type { AccountRow, LinkPurpose, StoredTokenRow } from '../database/accounts/accountRows.ts'
import { findAccount, hasAdmin, insertAccount } from '../database/accounts/accounts.ts'
import { endTokens, findToken } from '../database/accounts/accountTokens.ts'
import { writeAuditLine } from '../database/administration/audit.ts'
import { isErased } from '../database/owners.ts'
import type { Queries } from '../database/schema.ts'
import type { AccountParts } from './accountParts.ts'
import { type Entrance, requireNoHost, type SignedIn } from './beginSession.ts'
import { spendInvitation } from './invitations.ts'
import type { SignInOptions } from './signIn.ts'

const MAKE_ACCOUNTS = ['invite', 'first-admin'] as const satisfies LinkPurpose[]

export function createSignUp(options: SignInOptions) {
  const { database, links, throttle, passwords, createId, clock, steadyTime, beginSession, requireUncommon } =
    options
  const way = signUpWay(options)

  /**
   * Mails a link that makes an account. If there is one with this address, the mail says that. The answer never does.
   * Throws `SIGN_UP_CLOSED`, `RATE_LIMITED`.
   */
  async function sendLink({ request, caller }: Entrance, email: string, locale: Locale): Promise<void> {
    requireNoHost(caller)
    if (way !== 'mail') throw new RiachoError('SIGN_UP_CLOSED')
    await throttle.take([
      { kind: 'mail', of: email },
      { kind: 'address', of: request.address },
    ])
    const known = await findAccount(database.queries, { email })
    if (known) return links.mail(email, 'known', { locale })
    const link = await database.write('power', queries =>
      links.create(queries, { purpose: 'invite', accountId: null, email }),
    )
    links.mail(email, 'signUp', { locale, link })
  }

  /**
   * Makes an account, and signs in to it. A visitor stays the same owner. With the token of a link the address is
   * confirmed. Throws `SIGN_UP_CLOSED`, `LINK_INVALID`, `PASSWORD_TOO_COMMON`, `EMAIL_TAKEN`, `RATE_LIMITED`,
   * `INVALID_REQUEST`.
   */
  async function signUp(
    entrance: Entrance,
    { token, email, name = '', password }: SignUpRequest,
  ): Promise<SignedIn> {
    requireNoHost(entrance.caller)
    if (token === undefined && way !== 'direct') throw new RiachoError('SIGN_UP_CLOSED')
    await throttle.take([{ kind: 'address', of: entrance.request.address }])
    const link = token === undefined ? undefined : await requireToken(token)
    const address = link?.email ?? email
    if (address === undefined)
      throw new RiachoError('INVALID_REQUEST', 'no address', { issues: ['email: is missing'] })
    await requireUncommon(password, [address, name])
    const now = clock.now()
    const account: AccountRow = {
      id: createId(),
      owner_id: await ownerFor(entrance),
      email: address,
      password_hash: await passwords.hash(password),
      name: name.toWellFormed(),
      role: link?.purpose === 'first-admin' ? 'admin' : (link?.role ?? 'member'),
      created_at: now,
      confirmed_at: link?.email ? now : null,
      disabled_at: null,
      signed_in_at: steadyTime(),
      group_id: null,
    }
    return beginSession(entrance, account.owner_id, {
      revokes: 'all',
      refusal: 'LINK_INVALID',
      change: queries => store(queries, account, link),
    })
  }

  async function store(
    queries: Queries,
    account: AccountRow,
    link: StoredTokenRow | undefined,
  ): Promise<AccountRow | undefined> {
    const now = steadyTime()
    if (link && !(await spendInvitation(queries, { link, account, now }))) return undefined
    if (link?.purpose === 'first-admin') {
      if (await hasAdmin(queries)) return undefined
      // All of them, so that two nodes that use two links at once wait for each other.
      await endTokens(queries, { accountId: null, purposes: ['first-admin'], now })
      const line = { at: now, actorId: account.id, subject: account.owner_id }
      await writeAuditLine(queries, { ...line, action: 'account-first-admin' })
    }
    if (!(await insertAccount(queries, account))) throw new RiachoError('EMAIL_TAKEN')
    return account
  }

  /** What a link is for, without using it. Throws `LINK_INVALID` if it cannot be used. */
  async function readLink({ token }: LinkTokenRequest): Promise<AccountLinkResponse> {
    const { email } = await requireToken(token, [...MAKE_ACCOUNTS, 'reset'])
    return { email }
  }

  async function requireToken(
    token: string,
    purposes: readonly LinkPurpose[] = MAKE_ACCOUNTS,
  ): Promise<StoredTokenRow> {
    const found = await findToken(database.queries, {
      tokenHash: hashOf(token),
      purposes,
      now: steadyTime(),
    })
    if (!found) throw new RiachoError('LINK_INVALID')
    return found
  }

  /** The owner of a visitor, and otherwise a new one. */
  async function ownerFor({ caller }: Entrance): Promise<string> {
    if (caller?.kind !== 'visitor' || caller.sessionId === undefined) return createId()
    const { ownerId } = caller
    const isTaken = await findAccount(database.queries, { ownerId })
    return isTaken || (await isErased(database.queries, ownerId)) ? createId() : ownerId
  }

  return { sendLink, signUp, readLink, ownerFor, way }
}

/** How somebody without an invitation gets an account. */
function signUpWay({ access, links }: Pick<AccountParts, 'access' | 'links'>): AccountResponse['signUp'] {
  if (access === 'invite' || access === 'token') return 'closed'
  if (links.hasMail) return 'mail'
  return access === 'open' ? 'direct' : 'closed'
}
