import type { VerifiedRegistrationResponse } from '@simplewebauthn/server'
import type { PersonRequest } from '../../protocol/accountRequests.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { MAX_PASSKEYS } from '../../protocol/limits.ts'
import type { AddPasskeyRequest } from '../../protocol/passkeyRequests.ts'
import type {
  Passkey,
  PasskeyListResponse,
  PasskeyOptionsResponse,
  PasskeyResponse,
} from '../../protocol/responses.ts'
import type { Caller } from '../access/caller.ts'
import type { RequestFacts } from '../access/requestFacts.ts'
import type { PasskeyRow } from '../database/accounts/accountRows.ts'
import { findAccount } from '../database/accounts/accounts.ts'
import { deletePasskey, insertPasskey, listPasskeys } from '../database/accounts/passkeys.ts'
import type { Entrance } from './beginSession.ts'
import type { Issuer } from './issuers.ts'
import { CHALLENGE_LIFETIME, type PasskeyChallenges } from './passkeyChallenges.ts'
import type { createRelyingPartyOf, RelyingParty } from './relyingParty.ts'
import type { createSignIn, SignInOptions } from './signIn.ts'
import { requireWayIn } from './waysIn.ts'

/** EdDSA, ES256 and RS256. All nodes check all of them, whichever Node they run on. */
export const ALGORITHMS = [-8, -7, -257]

/** Loaded with the first passkey, because few requests need it. */
export const loadWebAuthn = () => import('@simplewebauthn/server')

export interface PasskeyOptions extends SignInOptions {
  challenges: PasskeyChallenges
  relyingPartyOf: ReturnType<typeof createRelyingPartyOf>
}

export interface OwnPasskeyOptions
  extends PasskeyOptions,
    Pick<ReturnType<typeof createSignIn>, 'requirePerson' | 'requireAccount'> {
  issuers: readonly Issuer[]
}

/** What a person does with the passkeys of the account. */
export function createPasskeys(options: OwnPasskeyOptions) {
  const { database, challenges, relyingPartyOf, requirePerson, requireAccount, createId, clock } = options

  /** Throws `SIGN_IN_REQUIRED`. */
  async function list(caller: Caller | undefined): Promise<PasskeyListResponse> {
    const { id } = await requireAccount(caller)
    const rows = await listPasskeys(database.queries, id)
    return { passkeys: rows.map(passkeyOf), most: MAX_PASSKEYS }
  }

  /** What the browser is to be asked for a new passkey. Throws what `requirePerson` throws, `TOO_MANY_PASSKEYS`, `PASSKEY_REFUSED`. */
  async function begin(
    { request, caller }: Entrance,
    { password }: PersonRequest,
  ): Promise<PasskeyOptionsResponse> {
    const account = await requirePerson(caller, password)
    const party = requireParty(request)
    const known = await listPasskeys(database.queries, account.id)
    if (known.length >= MAX_PASSKEYS) throw new RiachoError('TOO_MANY_PASSKEYS')
    const { generateRegistrationOptions } = await loadWebAuthn()
    const options = await generateRegistrationOptions({
      rpName: party.id,
      rpID: party.id,
      userID: userHandleOf(account.id),
      userName: account.email,
      userDisplayName: account.name || account.email,
      challenge: await challenges.create({ purpose: 'add-passkey', accountId: account.id }),
      timeout: CHALLENGE_LIFETIME,
      excludeCredentials: known.map(({ credential_id: id }) => ({ id })),
      // Whoever signs in types no address, so the passkey has to name its account, and to be good for nothing in other hands.
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    })
    return { options: { ...options } }
  }

  /** Stores the passkey that the browser made. Throws `SIGN_IN_REQUIRED`, `TOO_MANY_PASSKEYS`, `PASSKEY_REFUSED`. */
  async function add(
    { request, caller }: Entrance,
    { name, credential }: AddPasskeyRequest,
  ): Promise<PasskeyResponse> {
    const { id: accountId, owner_id: ownerId } = await requireAccount(caller)
    const party = requireParty(request)
    const made = await verified(credential, { party, accountId })
    const row: PasskeyRow = {
      id: createId(),
      account_id: accountId,
      credential_id: made.id,
      public_key: Buffer.from(made.publicKey).toString('base64url'),
      rp_id: party.id,
      counter: made.counter,
      name: name.toWellFormed(),
      created_at: clock.now(),
      used_at: null,
    }
    await database.writeFor(ownerId, 'power', async queries => {
      const account = await findAccount(queries, { id: accountId })
      if (account?.disabled_at !== null) throw new RiachoError('SIGN_IN_REQUIRED')
      if ((await listPasskeys(queries, accountId)).length >= MAX_PASSKEYS)
        throw new RiachoError('TOO_MANY_PASSKEYS')
      if (!(await insertPasskey(queries, row)))
        throw new RiachoError('PASSKEY_REFUSED', 'the credential is stored already')
    })
    return { passkey: passkeyOf(row) }
  }

  async function verified(
    { id, type, response }: AddPasskeyRequest['credential'],
    { party, accountId }: { party: RelyingParty; accountId: string },
  ) {
    const { verifyRegistrationResponse } = await loadWebAuthn()
    const { registrationInfo }: VerifiedRegistrationResponse = await verifyRegistrationResponse({
      response: { id, rawId: id, type, response, clientExtensionResults: {} },
      expectedChallenge: challenge => challenges.spend(challenge, { purpose: 'add-passkey', accountId }),
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    }).catch(refuse('PASSKEY_REFUSED'))
    if (!registrationInfo) throw new RiachoError('PASSKEY_REFUSED', 'the attestation is not valid')
    return registrationInfo.credential
  }

  /** Throws `NOT_FOUND`, what `requirePerson` throws, and `LAST_WAY_IN`. */
  async function remove(caller: Caller | undefined, id: string, { password }: PersonRequest): Promise<void> {
    const known =
      caller?.accountId === undefined ? [] : await listPasskeys(database.queries, caller.accountId)
    if (!known.some(passkey => passkey.id === id)) throw new RiachoError('NOT_FOUND')
    const { id: accountId, owner_id: ownerId } = await requirePerson(caller, password)
    const issuers = options.issuers.map(({ settings: { issuer } }) => issuer)
    await database.writeFor(ownerId, 'power', async queries => {
      if (!(await deletePasskey(queries, { id, accountId }))) throw new RiachoError('NOT_FOUND')
      await requireWayIn(queries, { accountId, issuers })
    })
  }

  function requireParty(request: RequestFacts): RelyingParty {
    const party = relyingPartyOf(request)
    if (!party) throw new RiachoError('PASSKEY_REFUSED', 'the address has no host name')
    return party
  }

  return { listPasskeys: list, beginPasskey: begin, addPasskey: add, removePasskey: remove }
}

/** How an authenticator names the account. */
export function userHandleOf(accountId: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(accountId))
}

/** Throws the refusal in place of what the library says of an answer. The log gets its words. */
export function refuse(code: 'PASSKEY_REFUSED' | 'SIGN_IN_FAILED'): (error: unknown) => never {
  return error => {
    if (error instanceof RiachoError) throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new RiachoError(code, `a passkey was refused: ${said}`, { cause: error })
  }
}

function passkeyOf({ id, name, created_at: createdAt, used_at: usedAt }: PasskeyRow): Passkey {
  return { id, name, createdAt, usedAt }
}
