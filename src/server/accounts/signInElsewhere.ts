import { RiachoError } from '../../protocol/errors.ts'
import type { RequestFacts } from '../access/requestFacts.ts'
import { createToken, hashOf } from '../access/sessionToken.ts'
import type { AccountRow, LoginRow } from '../database/accounts/accountRows.ts'
import { findAccount, insertAccount, updateAccount } from '../database/accounts/accounts.ts'
import { findInvitation, spendToken } from '../database/accounts/accountTokens.ts'
import { findIdentity, insertIdentity, insertLogin, takeLogin } from '../database/accounts/identities.ts'
import type { Queries } from '../database/schema.ts'
import { createApplyClaims, type IssuerClaims, lockFor } from './applyClaims.ts'
import { type Entrance, requireNoHost, type SignedIn } from './beginSession.ts'
import type { Issuer, IssuerPerson } from './issuers.ts'
import type { SignInOptions } from './signIn.ts'
import type { createSignUp } from './signUp.ts'

/** Binds a login to the browser that began it. It proves nothing else. */
const LOGIN_COOKIE = 'riacho_login'
/** How long a person may take at the issuer, in seconds. */
const MAX_AGE = 10 * 60

export interface SignInElsewhereOptions
  extends SignInOptions,
    Pick<ReturnType<typeof createSignUp>, 'ownerFor'> {
  issuers: readonly Issuer[]
  /** What they decide of people. */
  claims: IssuerClaims
  /** Where people reach the API. Issuers send them back there. */
  siteUrl: string
}

export function createSignInElsewhere(options: SignInElsewhereOptions) {
  const applyClaims = createApplyClaims(options)
  const { database, issuers, siteUrl, access, createId, clock, steadyTime, beginSession, ownerFor } = options

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
    const issuer = issuerNamed(name)
    const { url, secrets } = await issuer.begin(redirectUriOf(name))
    const token = createToken()
    const row: LoginRow = {
      key: hashOf(token),
      issuer: issuer.settings.issuer,
      ...secrets,
      account_id: caller?.accountId ?? null,
      next,
      expires_at: steadyTime() + MAX_AGE * 1000,
    }
    await database.write('power', queries => insertLogin(queries, row))
    return { url, headers: loginHeaders(request, token) }
  }

  /**
   * Ends it: the person came back with an answer of the issuer in `search`. Gives where to go on. Throws `SIGN_IN_FAILED`,
   * `SIGN_UP_CLOSED`, `EMAIL_TAKEN`, `ISSUER_UNAVAILABLE`.
   */
  async function finishLogin(
    entrance: Entrance,
    { name, search }: { name: string; search: string },
  ): Promise<SignedIn & { next: string }> {
    requireNoHost(entrance.caller)
    const { settings, finish } = issuerNamed(name)
    const token = entrance.request.cookies[LOGIN_COOKIE] ?? ''
    const login = await database.write('power', queries =>
      takeLogin(queries, { key: hashOf(token), now: steadyTime() }),
    )
    if (login?.issuer !== settings.issuer) throw new RiachoError('SIGN_IN_FAILED', 'no login was begun here')
    const person = await finish(`${redirectUriOf(name)}${search}`, login)
    const identity = { issuer: settings.issuer, subject: person.subject }
    const account = await accountOf(entrance, login, identity, person)
    const signedIn = await beginSession(entrance, account.row.owner_id, {
      async change(queries) {
        await lockFor(options.claims, queries)
        if (!(await account.store(queries))) return undefined
        const isLinked = await insertIdentity(queries, {
          ...identity,
          account_id: account.row.id,
          created_at: clock.now(),
        })
        if (!isLinked && (await findIdentity(queries, identity)) !== account.row.id) return undefined
        const row = await findAccount(queries, { id: account.row.id })
        return row && applyClaims(queries, row, person.groups)
      },
    })
    return { ...signedIn, next: login.next }
  }

  interface Found {
    row: AccountRow
    /** Changes or makes the account, in the transaction that begins the session. False if that cannot be. */
    store(queries: Queries): Promise<boolean>
  }

  /** The account that the person of an issuer belongs to, or gets. */
  async function accountOf(
    entrance: Entrance,
    login: LoginRow,
    identity: { issuer: string; subject: string },
    person: IssuerPerson,
  ): Promise<Found> {
    const { queries } = database
    const knownId = await findIdentity(queries, identity)
    // Whoever was signed in when it began, and still is, says that both are the same person.
    const ownId =
      login.account_id !== null && login.account_id === entrance.caller?.accountId
        ? login.account_id
        : undefined
    const id = knownId ?? ownId
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
    const invitation =
      access === 'invite' && person.isVerified
        ? await findInvitation(database.queries, { email, now })
        : undefined
    if (access === 'invite' && invitation === undefined) throw new RiachoError('SIGN_UP_CLOSED')
    const row: AccountRow = {
      id: createId(),
      owner_id: await ownerFor(entrance),
      email,
      password_hash: null,
      name: person.name.slice(0, 100).toWellFormed(),
      role: 'member',
      created_at: clock.now(),
      confirmed_at: person.isVerified ? clock.now() : null,
      disabled_at: null,
      signed_in_at: now,
      group_id: null,
    }
    return {
      row,
      async store(queries) {
        if (invitation !== undefined && !(await spendToken(queries, { tokenHash: invitation, now })))
          return false
        if (!(await insertAccount(queries, row))) throw new RiachoError('EMAIL_TAKEN')
        return true
      },
    }
  }

  const redirectUriOf = (name: string) => `${siteUrl}/api/chat/account/issuers/${name}/callback`

  return { beginLogin, finishLogin }
}

function loginHeaders({ protocol }: RequestFacts, token: string) {
  const secure = protocol === 'https' ? '; Secure' : ''
  // Lax, because the issuer sends the person back from another site.
  return {
    'set-cookie': `${LOGIN_COOKIE}=${token}; Max-Age=${MAX_AGE}; Path=/api/chat/account; HttpOnly${secure}; SameSite=Lax`,
  }
}
