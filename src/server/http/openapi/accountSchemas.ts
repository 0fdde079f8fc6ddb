import { z } from 'zod'
import type {
  AccessMode,
  Account,
  AccountLinkResponse,
  AccountResponse,
  ChangeEmailResponse,
  IssuerResponse,
  SignedInResponse,
} from '../../../protocol/responses.ts'
import { type Fields, name, oneOf, time, uuid } from './shapes.ts'

const account = name(
  'Account',
  z.object({
    id: uuid,
    email: z.string(),
    name: z.string(),
    role: oneOf<Account['role']>({ admin: 0, member: 0 }),
    isConfirmed: z.boolean(),
    hasPassword: z.boolean(),
    createdAt: time,
  } satisfies Fields<Account>),
)

export const accountResponse = name(
  'AccountResponse',
  z.object({
    account: account.nullable(),
    access: oneOf<AccessMode>({ open: 0, accounts: 0, invite: 0, token: 0 }),
    signUp: oneOf<AccountResponse['signUp']>({ mail: 0, direct: 0, closed: 0 }),
    hasMail: z.boolean(),
    takesPasskeys: z.boolean(),
    issuers: z.array(z.object({ name: z.string(), label: z.string(), isLinked: z.boolean() })),
  } satisfies Fields<AccountResponse>),
)

export const accountLinkResponse = name(
  'AccountLinkResponse',
  z.object({ email: z.string().nullable() } satisfies Fields<AccountLinkResponse>),
)

export const signedInResponse = name(
  'SignedInResponse',
  z.object({ account } satisfies Fields<SignedInResponse>),
)

export const issuerResponse = name(
  'IssuerResponse',
  z.object({ url: z.string() } satisfies Fields<IssuerResponse>),
)

export const changeEmailResponse = name(
  'ChangeEmailResponse',
  z.object({
    status: oneOf<ChangeEmailResponse['status']>({ mailed: 0, changed: 0 }),
  } satisfies Fields<ChangeEmailResponse>),
)
