import { z } from 'zod'
import { MAX_PASSKEY_NAME } from './limits.ts'

const bytes = (most: number) =>
  z
    .string()
    .regex(/^[\w-]+$/)
    .max(most)

/** WebAuthn allows 1,023 bytes. */
const credentialId = bytes(1364)
const clientDataJSON = bytes(10_000)
const type = z.literal('public-key')

/**
 * What `navigator.credentials.create` gave, as `toJSON()` writes it. Fields that are not read may be there, because browsers add some
 * from time to time.
 */
const newCredential = z.object({
  id: credentialId,
  type,
  response: z.object({ clientDataJSON, attestationObject: bytes(100_000) }),
})

/** What `navigator.credentials.get` gave. `userHandle` names the account. */
const credential = z.object({
  id: credentialId,
  type,
  response: z.object({
    clientDataJSON,
    authenticatorData: bytes(10_000),
    signature: bytes(10_000),
    userHandle: bytes(86),
  }),
})

export const addPasskeyRequest = z.strictObject({
  name: z.string().trim().min(1).max(MAX_PASSKEY_NAME),
  credential: newCredential,
})
export const passkeySignInRequest = z.strictObject({ credential })
export const passkeyParams = z.object({ passkeyId: z.uuid() })

export type AddPasskeyRequest = z.infer<typeof addPasskeyRequest>
export type PasskeySignInRequest = z.infer<typeof passkeySignInRequest>
