import { z } from 'zod'
import type {
  Passkey,
  PasskeyListResponse,
  PasskeyOptionsResponse,
  PasskeyResponse,
} from '../../../protocol/responses.ts'
import { count, type Fields, name, time, uuid } from './shapes.ts'

const passkey = name(
  'Passkey',
  z.object({
    id: uuid,
    name: z.string(),
    createdAt: time,
    usedAt: time.nullable(),
  } satisfies Fields<Passkey>),
)

export const passkeyListResponse = name(
  'PasskeyListResponse',
  z.object({ passkeys: z.array(passkey), most: count } satisfies Fields<PasskeyListResponse>),
)

export const passkeyResponse = name(
  'PasskeyResponse',
  z.object({ passkey } satisfies Fields<PasskeyResponse>),
)

export const passkeyOptionsResponse = name(
  'PasskeyOptionsResponse',
  z.object({
    options: z
      .record(z.string(), z.unknown())
      .describe(
        'What `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON` takes.',
      ),
  } satisfies Fields<PasskeyOptionsResponse>),
)
