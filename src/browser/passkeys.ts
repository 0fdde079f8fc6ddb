import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser'
import type { AddPasskeyRequest, PasskeySignInRequest } from '../protocol/passkeyRequests.ts'

/** Why a browser gave no passkey: the person did not want to, or the device has one of this account, or anything else. */
export type PasskeyProblem = 'cancelled' | 'known' | 'failed'

export type PasskeyAnswer<Credential> = { credential: Credential } | { problem: PasskeyProblem }

let loaded: typeof import('@simplewebauthn/browser') | undefined

/** When somebody uses a passkey. */
async function load() {
  loaded = await import('@simplewebauthn/browser')
  return loaded
}

/** Whether the browser can use passkeys on this page. It cannot without encryption. */
export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function'
}

/** Whether the browser can offer passkeys among what it fills into fields. */
export async function fillsPasskeys(): Promise<boolean> {
  if (!hasPasskeys()) return false
  return (await PublicKeyCredential.isConditionalMediationAvailable?.().catch(() => false)) ?? false
}

/** Asks the person for a new passkey. `options` are those of the server. Never throws. */
export async function createPasskey(
  options: Record<string, unknown>,
): Promise<PasskeyAnswer<AddPasskeyRequest['credential']>> {
  return answer(async () => {
    const { startRegistration } = await load()
    const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON
    const { id, type, response }: RegistrationResponseJSON = await startRegistration({ optionsJSON })
    const { clientDataJSON, attestationObject } = response
    return { id, type, response: { clientDataJSON, attestationObject } }
  })
}

/**
 * Asks the person to sign in with a passkey. With `isFilledIn` the browser asks nothing, and answers once the person chooses a passkey in
 * a field. Each call ends the one before. Never throws.
 */
export async function askForPasskey(
  options: Record<string, unknown>,
  { isFilledIn = false } = {},
): Promise<PasskeyAnswer<PasskeySignInRequest['credential']>> {
  return answer(async () => {
    const { startAuthentication } = await load()
    const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON
    const asked = { optionsJSON, useBrowserAutofill: isFilledIn }
    const { id, type, response }: AuthenticationResponseJSON = await startAuthentication(asked)
    const { clientDataJSON, authenticatorData, signature, userHandle = '' } = response
    return { id, type, response: { clientDataJSON, authenticatorData, signature, userHandle } }
  })
}

/** Ends the call to the browser that waits. */
export function stopAskingForPasskey(): void {
  loaded?.WebAuthnAbortService.cancelCeremony()
}

async function answer<Credential>(ask: () => Promise<Credential>): Promise<PasskeyAnswer<Credential>> {
  try {
    return { credential: await ask() }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

/** By the names that WebAuthn gives to what happened. */
function problemOf(error: unknown): PasskeyProblem {
  const name = error instanceof Error ? error.name : ''
  if (name === 'NotAllowedError' || name === 'AbortError') return 'cancelled'
  return name === 'InvalidStateError' ? 'known' : 'failed'
}
