import { RiachoError } from '../../protocol/errors.ts'
import type { PasskeySignInRequest } from '../../protocol/passkeyRequests.ts'
import type { PasskeyOptionsResponse } from '../../protocol/responses.ts'
import type { RequestFacts } from '../access/requestFacts.ts'
import type { PasskeyRow } from '../database/accounts/accountRows.ts'
import { findAccount, updateAccount } from '../database/accounts/accounts.ts'
import { findPasskey, touchPasskey } from '../database/accounts/passkeys.ts'
import { type Entrance, requireNoHost, type SignedIn } from './beginSession.ts'
import { CHALLENGE_LIFETIME } from './passkeyChallenges.ts'
import { loadWebAuthn, type PasskeyOptions, refuse } from './passkeys.ts'
import type { RelyingParty } from './relyingParty.ts'

const USE = { purpose: 'use-passkey', accountId: null } as const

export function createSignInByPasskey(options: PasskeyOptions) {
  const { database, challenges, relyingPartyOf, throttle, clock, steadyTime, beginSession } = options

  /** What the browser is to be asked. The passkey itself says whose it is. Throws `PASSKEY_REFUSED`. */
  async function begin({ request, caller }: Entrance): Promise<PasskeyOptionsResponse> {
    requireNoHost(caller)
    const party = relyingPartyOf(request)
    if (!party) throw new RiachoError('PASSKEY_REFUSED', 'the address has no host name')
    const { generateAuthenticationOptions } = await loadWebAuthn()
    const options = await generateAuthenticationOptions({
      rpID: party.id,
      challenge: await challenges.create(USE),
      timeout: CHALLENGE_LIFETIME,
      userVerification: 'required',
    })
    return { options: { ...options } }
  }

  /** Signs in. Whatever is wrong, it throws `SIGN_IN_FAILED`. Throws `RATE_LIMITED`. */
  async function signIn(entrance: Entrance, { credential }: PasskeySignInRequest): Promise<SignedIn> {
    requireNoHost(entrance.caller)
    const giveBack = await throttle.take([{ kind: 'address', of: entrance.request.address }])
    const passkey = await findPasskey(database.queries, credential.id)
    const counter = await verified(entrance.request, credential, passkey)
    const account = passkey && (await findAccount(database.queries, { id: passkey.account_id }))
    if (!account || Buffer.from(credential.response.userHandle, 'base64url').toString() !== account.id)
      throw new RiachoError('SIGN_IN_FAILED', 'the passkey names another account')
    const { id } = account
    const signedIn = await beginSession(entrance, account.owner_id, {
      async change(queries) {
        const change = { signed_in_at: steadyTime() }
        // Another request may have disabled the account or removed the passkey since.
        if (!(await updateAccount(queries, { id }, change))) return undefined
        if (!(await touchPasskey(queries, passkey, { counter, used_at: clock.now() }))) return undefined
        return { ...account, ...change }
      },
    })
    await giveBack()
    return signedIn
  }

  /** How often the authenticator has signed by now. An answer to a used challenge throws, and so does one that counts backwards. */
  async function verified(
    request: RequestFacts,
    { id, type, response }: PasskeySignInRequest['credential'],
    passkey: PasskeyRow | undefined,
  ): Promise<number> {
    const party = relyingPartyOf(request)
    if (!party || !isOf(passkey, party)) throw new RiachoError('SIGN_IN_FAILED', 'there is no such passkey')
    const { verifyAuthenticationResponse } = await loadWebAuthn()
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { id, rawId: id, type, response, clientExtensionResults: {} },
      expectedChallenge: challenge => challenges.spend(challenge, USE),
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id,
        publicKey: new Uint8Array(Buffer.from(passkey.public_key, 'base64url')),
        counter: passkey.counter,
      },
    }).catch(refuse('SIGN_IN_FAILED'))
    if (!verified) throw new RiachoError('SIGN_IN_FAILED', 'the signature is not that of the passkey')
    return authenticationInfo.newCounter
  }

  return { beginPasskeySignIn: begin, signInByPasskey: signIn }
}

function isOf(passkey: PasskeyRow | undefined, party: RelyingParty): passkey is PasskeyRow {
  return passkey?.rp_id === party.id
}
