import type { PersonRequest } from '../../protocol/accountRequests.ts'
import type { MakeInvitationRequest } from '../../protocol/admin/adminRequests.ts'
import type { AdminMadeInvitationResponse } from '../../protocol/admin/adminResponses.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { AccountResponse } from '../../protocol/responses.ts'
import type { Caller } from '../access/caller.ts'
import type { RequestFacts } from '../access/requestFacts.ts'
import type { DeletionService } from '../conversations/deletions.ts'
import { findAccount, hasAdmin } from '../database/accounts/accounts.ts'
import { deleteOldTokens, endTokens } from '../database/accounts/accountTokens.ts'
import { deleteOldAttempts } from '../database/accounts/attempts.ts'
import { deleteOldLogins } from '../database/accounts/identities.ts'
import { revokeSessions } from '../database/sessions.ts'
import type { AccountParts } from './accountParts.ts'
import type { IssuerClaims } from './applyClaims.ts'
import { createBeginSession, toAccount } from './beginSession.ts'
import { createChangeAccount } from './changeAccount.ts'
import { createInvitations } from './invitations.ts'
import type { Issuer } from './issuers.ts'
import type { OwnerMover } from './ownerMover.ts'
import { createPasskeyChallenges } from './passkeyChallenges.ts'
import { createPasskeys } from './passkeys.ts'
import { createRelyingPartyOf } from './relyingParty.ts'
import { createSignIn } from './signIn.ts'
import { createSignInByPasskey } from './signInByPasskey.ts'
import { createSignInElsewhere } from './signInElsewhere.ts'
import { createSignUp } from './signUp.ts'

/** A link stays this long after its end, in milliseconds, so that an operator can look at it. */
const KEPT_AFTER_END = 7 * 24 * 60 * 60_000

export interface AccountServiceOptions extends AccountParts {
  mover: OwnerMover
  issuers: readonly Issuer[]
  claims: IssuerClaims
  siteUrl: string
  /** Origins by which people reach the pages. If there are none, each request names its own. */
  publicUrls: readonly string[]
  deletions: Pick<DeletionService, 'eraseAccount'>
}

/** Accounts: ways for people to get a session of their owner. */
export function createAccountService(options: AccountServiceOptions) {
  const { database, links, sessions, deletions, mover, steadyTime } = options
  const withSession = { ...options, beginSession: createBeginSession(options) }
  const { signIn, requirePerson, requireAccount } = createSignIn(withSession)
  const { sendLink, signUp, readLink, ownerFor, way } = createSignUp(withSession)
  const invitations = createInvitations(options)
  const elsewhere = createSignInElsewhere({ ...options, ...withSession, ownerFor, requirePerson })
  const changes = createChangeAccount({ ...withSession, requirePerson, requireAccount })
  const relyingPartyOf = createRelyingPartyOf(options.publicUrls)
  const withPasskeys = { ...withSession, relyingPartyOf, challenges: createPasskeyChallenges(options) }
  const passkeys = createPasskeys({
    ...withPasskeys,
    issuers: options.issuers,
    requirePerson,
    requireAccount,
  })

  /** Who is signed in, and who may come in. */
  async function read(caller: Caller | undefined, request: RequestFacts): Promise<AccountResponse> {
    const id = caller?.accountId
    const row = id === undefined ? undefined : await findAccount(database.queries, { id })
    return {
      account: row ? toAccount(row) : null,
      // A host says who its people are.
      access: caller?.kind === 'host' ? 'token' : options.access,
      signUp: way,
      hasMail: links.hasMail,
      takesPasskeys: relyingPartyOf(request) !== undefined,
      issuers: await elsewhere.listIssuers(caller),
    }
  }

  /** Revokes the session of the request. */
  async function signOut({ ownerId, sessionId }: Caller): Promise<void> {
    if (sessionId === undefined) return
    const ended = await database.writeFor(ownerId, 'power', queries =>
      revokeSessions(queries, { ownerId, at: steadyTime(), id: sessionId }),
    )
    sessions.learn(ended)
  }

  /** Erases the account and everything that its owner has. Throws what `requirePerson` throws. */
  async function remove(caller: Caller | undefined, { password }: PersonRequest): Promise<void> {
    const account = await requirePerson(caller, password)
    await deletions.eraseAccount({ ownerId: account.owner_id })
  }

  /** A link that makes the first administrator. It ends the one before. `undefined` if there is an administrator. */
  function firstAdminLink(): Promise<string | undefined> {
    return database.write('power', async queries => {
      if (await hasAdmin(queries)) return undefined
      await endTokens(queries, { accountId: null, purposes: ['first-admin'], now: steadyTime() })
      return links.create(queries, { purpose: 'first-admin', accountId: null, email: null })
    })
  }

  /** Makes an invitation, and mails it if the server sends mail. Throws `EMAIL_TAKEN`. */
  async function invite(
    actorId: string,
    request: MakeInvitationRequest,
    locale: Locale,
  ): Promise<AdminMadeInvitationResponse> {
    const made = await invitations.make(actorId, request)
    links.mail(request.email, 'invite', { locale, link: made.link })
    return { ...made, isMailed: links.hasMail }
  }

  /** Deletes links and counts that say nothing any more. */
  async function sweep(): Promise<void> {
    await database.write('process', async queries => {
      await deleteOldTokens(queries, { linksBefore: steadyTime() - KEPT_AFTER_END, now: steadyTime() })
      await deleteOldAttempts(queries, steadyTime())
      await deleteOldLogins(queries, steadyTime())
    })
  }

  return {
    ...changes,
    ...elsewhere,
    ...passkeys,
    ...createSignInByPasskey(withPasskeys),
    read,
    signIn,
    signUp,
    readLink,
    invite,
    listInvitations: invitations.list,
    revokeInvitation: invitations.revoke,
    sendSignUpLink: sendLink,
    signOut,
    remove,
    firstAdminLink,
    sweep,
    moveLeft: () => mover.look(),
    close: () => mover.close(),
  }
}
