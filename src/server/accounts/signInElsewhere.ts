import type { PersonRequest } from '../../protocol/accountRequests.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { ACCOUNT_PAGE } from '../../protocol/pages.ts'
import type { AccountResponse } from '../../protocol/responses.ts'
import type { Caller } from '../access/caller.ts'
import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'
import { createToken, hashOf } from '../access/sessionToken.ts'
import type { AccountRow, IdentityRow, LoginRow } from '../database/accounts/accountRows.ts'
import { findAccount, insertAccount, updateAccount } from '../database/accounts/accounts.ts'
import { findInvitation } from '../database/accounts/accountTokens.ts'
import {
  deleteIdentitiesAt,
  findIdentity,
  insertIdentity,
  insertLogin,
  listIssuersOf,
  takeLogin,
} from '../database/accounts/identities.ts'
import type { Queries } from '../database/schema.ts'
import { createApplyClaims, type IssuerClaims, lockFor } from './applyClaims.ts'
import { type Entrance, requireNoHost } from './beginSession.ts'
import { spendInvitation } from './invitations.ts'
import type { Issuer, IssuerPerson } from './issuers.ts'
import type { createSignIn, SignInOptions } from './signIn.ts'
import type { createSignUp } from './signUp.ts'
import { requireWayIn } from './waysIn.ts'

/** Binds a login to the browser that began it. It proves nothing else. */
const LOGIN_COOKIE = 'riacho_login'
/** Browsers take a cookie with this prefix over https alone. */
const SECURE_LOGIN_COOKIE = `__Secure-${LOGIN_COOKIE}`
/** How long a person may take at the issuer, in seconds. */
const MAX_AGE = 10 * 60

export interface SignInElsewhereOptions
  extends SignInOptions,
    Pick<ReturnType<typeof createSignUp>, 'ownerFor'>,
    Pick<ReturnType<typeof createSignIn>, 'requirePerson'> {
  issuers: readonly Issuer[]
  /** What they decide of people. */
  claims: IssuerClaims
  /** Where people reach the API. Issuers send them back there. */
  siteUrl: string
}

/** Whom an issuer vouches for. */
type Identity = Pick<IdentityRow, 'issuer' | 'subject'>

/** Where a person who came back from an issuer goes on, and with which headers. */
export interface Finished {
  headers: HeaderFields
  next: string
}

export function createSignInElsewhere(options: SignInElsewhereOptions) {
  const applyClaims = createApplyClaims(options)
  const { database, issuers, siteUrl, access, createId, clock, steadyTime, beginSession, ownerFor } = options
  const { requirePerson } = options

  function issuerNamed(name: string): Issuer {
    const issuer = issuers.find(({ settings }) => settings.name === name)
    if (!issuer) throw new RiachoError('NOT_FOUND')
    return issuer
  }

  /**
   * Begins to sign in at an issuer. `headers` bind it to the browser. Throws `NOT_FOUND`, `ISSUER_UNAVAILABLE`.
   */
  async function beginLogin({ request, caller }: Entrance, { name, next }: { name: string; next: string }) {
    requireNoHost(caller)
    return begin(request, issuerNamed(name), { accountId: null, next })
  }

  /** Begins to link an issuer to the account. Throws `NOT_FOUND`, what `requirePerson` throws, and `ISSUER_UNAVAILABLE`. */
  async function beginLink({ request, caller }: Entrance, name: string, { password }: PersonRequest) {
    const issuer = issuerNamed(name)
    const { id: accountId } = await requirePerson(caller, password)
    return begin(request, issuer, { accountId, next: ACCOUNT_PAGE })
  }

  async function begin(
    request: RequestFacts,
    issuer: Issuer,
    { accountId, next }: { accountId: string | null; next: string },
  ) {
    const { url, secrets } = await issuer.begin(redirectUriOf(issuer.settings.name))
    const token = createToken()
    const row: LoginRow = {
      key: hashOf(token),
      issuer: issuer.settings.issuer,
      ...secrets,
      account_id: accountId,
      next,
      expires_at: steadyTime() + MAX_AGE * 1000,
    }
    await database.write('power', queries => insertLogin(queries, row))
    return { url, headers: loginHeaders(request, token) }
  }

  /**
   * Ends it: the person came back with an answer of the issuer in `search`. Throws `SIGN_IN_FAILED`, `SIGN_IN_REQUIRED`,
   * `SIGN_UP_CLOSED`, `EMAIL_TAKEN`, `IDENTITY_TAKEN`, `ISSUER_UNAVAILABLE`.
   */
  async function finishLogin(
    entrance: Entrance,
    { name, search }: { name: string; search: string },
  ): Promise<Finished> {
    requireNoHost(entrance.caller)
    const { settings, finish } = issuerNamed(name)
    const { cookies } = entrance.request
    const token = cookies[SECURE_LOGIN_COOKIE] ?? cookies[LOGIN_COOKIE] ?? ''
    const login = await database.write('power', queries =>
      takeLogin(queries, { key: hashOf(token), now: steadyTime() }),
    )
    if (login?.issuer !== settings.issuer) throw new RiachoError('SIGN_IN_FAILED', 'no login was begun here')
    const person = await finish(`${redirectUriOf(name)}${search}`, login)
    const identity = { issuer: settings.issuer, subject: person.subject }
    const { next, account_id: accountId } = login
    if (accountId !== null) {
      await link(entrance.caller, accountId, identity)
      return { headers: {}, next }
    }
    const account = await accountOf(entrance, identity, person)
    const { headers } = await beginSession(entrance, account.row.owner_id, {
      async change(queries) {
        await lockFor(options.claims, queries)
        if (!(await account.store(queries))) return undefined
        if (!(await insert(queries, identity, account.row.id))) return undefined
        const row = await findAccount(queries, { id: account.row.id })
        return row && applyClaims(queries, row, person.groups)
      },
    })
    return { headers, next }
  }

  /** The person of the account, who began it and is still there, is the person of the issuer. */
  async function link(caller: Caller | undefined, accountId: string, identity: Identity): Promise<void> {
    if (caller?.accountId !== accountId) throw new RiachoError('SIGN_IN_REQUIRED')
    await database.writeFor(caller.ownerId, 'power', async queries => {
      const account = await findAccount(queries, { id: accountId })
      if (account?.disabled_at !== null) throw new RiachoError('SIGN_IN_REQUIRED')
      if (!(await insert(queries, identity, accountId))) throw new RiachoError('IDENTITY_TAKEN')
    })
  }

  /** False if another account has the person of the issuer. */
  async function insert(queries: Queries, identity: Identity, accountId: string): Promise<boolean> {
    const row = { ...identity, account_id: accountId, created_at: clock.now() }
    return (await insertIdentity(queries, row)) || (await findIdentity(queries, identity)) === accountId
  }

  /** The issuer says no more who the person of the account is. Throws `NOT_FOUND`, what `requirePerson` throws, and `LAST_WAY_IN`. */
  async function unlink(
    caller: Caller | undefined,
    name: string,
    { password }: PersonRequest,
  ): Promise<void> {
    const { issuer } = issuerNamed(name).settings
    const { id: accountId, owner_id: ownerId } = await requirePerson(caller, password)
    await database.writeFor(ownerId, 'power', async queries => {
      if (!(await deleteIdentitiesAt(queries, { issuer, accountId }))) throw new RiachoError('NOT_FOUND')
      await requireWayIn(queries, { accountId, issuers: issuers.map(({ settings }) => settings.issuer) })
    })
  }

  /** The issuers at which one can sign in. */
  async function listIssuers(caller: Caller | undefined): Promise<AccountResponse['issuers']> {
    const id = caller?.accountId
    const linked = id === undefined ? [] : await listIssuersOf(database.queries, id)
    return issuers.map(({ settings: { name, label, issuer } }) => ({
      name,
      label,
      isLinked: linked.includes(issuer),
    }))
  }

  interface Found {
    row: AccountRow
    /** Changes or makes the account, in the transaction that begins the session. False if that cannot be. */
    store(queries: Queries): Promise<boolean>
  }

  /** The account that the person of an issuer belongs to, or gets. */
  async function accountOf(entrance: Entrance, identity: Identity, person: IssuerPerson): Promise<Found> {
    const { queries } = database
    const id = await findIdentity(queries, identity)
    if (id !== undefined) return known(await findAccount(queries, { id }))
    const email = person.email?.trim().toLowerCase()
    if (email === undefined) throw new RiachoError('SIGN_IN_FAILED', 'the issuer tells no address')
    const other = await findAccount(queries, { email })
    if (!other) return madeFor(entrance, person, email)
    // Otherwise whoever made an account with an address of somebody else would share it with them.
    if (!person.isVerified || other.confirmed_at === null) throw new RiachoError('EMAIL_TAKEN')
    return known(other)
  }

  function known(row: AccountRow | undefined): Found {
    if (!row) throw new RiachoError('SIGN_IN_FAILED')
    const change = { signed_in_at: steadyTime() }
    return { row, store: queries => updateAccount(queries, { id: row.id }, change) }
  }

  async function madeFor(entrance: Entrance, person: IssuerPerson, email: string): Promise<Found> {
    const now = steadyTime()
    const invitation = person.isVerified ? await findInvitation(database.queries, { email, now }) : undefined
    if (access === 'invite' && invitation === undefined) throw new RiachoError('SIGN_UP_CLOSED')
    const row: AccountRow = {
      id: createId(),
      owner_id: await ownerFor(entrance),
      email,
      password_hash: null,
      name: person.name.slice(0, 100).toWellFormed(),
      role: invitation?.role ?? 'member',
      created_at: clock.now(),
      confirmed_at: person.isVerified ? clock.now() : null,
      disabled_at: null,
      signed_in_at: now,
      group_id: null,
    }
    return {
      row,
      async store(queries) {
        if (invitation && !(await spendInvitation(queries, { link: invitation, account: row, now })))
          return false
        if (!(await insertAccount(queries, row))) throw new RiachoError('EMAIL_TAKEN')
        return true
      },
    }
  }

  const redirectUriOf = (name: string) => `${siteUrl}/api/chat/account/issuers/${name}/callback`

  return { beginLogin, beginLink, finishLogin, unlink, listIssuers }
}

function loginHeaders({ protocol }: RequestFacts, token: string) {
  const [name, secure] = protocol === 'https' ? [SECURE_LOGIN_COOKIE, '; Secure'] : [LOGIN_COOKIE, '']
  // Lax, because the issuer sends the person back from another site.
  return {
    'set-cookie': `${name}=${token}; Max-Age=${MAX_AGE}; Path=/api/chat/account; HttpOnly${secure}; SameSite=Lax`,
  }
}
