import { z } from 'zod'
import { issuers } from './issuerSettings.ts'

/** Settings about who may come in, and about mail. */
export const accessShape = {
  ACCESS: z
    .enum(
      ['open', 'accounts', 'invite', 'token'],
      'not a known value; expected one of open, accounts, invite, token',
    )
    .default('open'),
  SMTP_URL: z
    .string()
    .refine(
      value => /^smtps?:$/.test(URL.parse(value)?.protocol ?? '') && URL.parse(value)?.hostname !== '',
      'not the address of a mail server; expected such as smtps://user:password@mail.example.com',
    )
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*@[^\r\n]*$/, 'not an address; expected such as Riacho <chat@example.com>')
    .optional(),
  OIDC_ISSUERS: issuers.default([]),
  OIDC_GROUPS_CLAIM: z
    .string()
    .regex(/^\S+$/, 'has a space; expected the name of one claim, such as groups')
    .optional(),
  OIDC_ADMIN_GROUPS: z
    .string()
    .transform(value =>
      value
        .split(',')
        .map(each => each.trim())
        .filter(Boolean),
    )
    .refine(names => names.length > 0, 'names no group; expected names, separated by commas')
    .default([]),
}

/** What is wrong with these settings together. */
export function accessProblems(given: Record<string, string>): string[] {
  const problems: string[] = []
  const access = given['ACCESS']
  const hasKey = 'HOST_TOKEN_SECRET' in given || 'HOST_TOKEN_JWKS_URL' in given
  if (access === 'token' && !hasKey)
    problems.push('ACCESS: token needs a key; expected HOST_TOKEN_SECRET or HOST_TOKEN_JWKS_URL too')
  const isRequired = given['HOST_TOKEN_REQUIRED']?.toLowerCase() === 'true'
  if (isRequired && access !== undefined && access !== 'token')
    problems.push(`HOST_TOKEN_REQUIRED: nobody could sign in; expected ACCESS=token, and not ${access}`)
  if ('SMTP_URL' in given && !('MAIL_FROM' in given))
    problems.push('MAIL_FROM: missing; expected the address that mail comes from, as SMTP_URL is set')
  // Whoever asks for a link can name any host, and the link would lead there.
  if ('SMTP_URL' in given && !('PUBLIC_URL' in given))
    problems.push(
      'PUBLIC_URL: missing; expected the address of the chat, as SMTP_URL is set and links need it',
    )
  if ('OIDC_ISSUERS' in given && !('PUBLIC_URL' in given))
    problems.push(
      'PUBLIC_URL: missing; expected the address of the chat, as OIDC_ISSUERS is set and issuers need it',
    )
  if ('OIDC_GROUPS_CLAIM' in given && !('OIDC_ISSUERS' in given))
    problems.push('OIDC_GROUPS_CLAIM: needs an issuer; expected OIDC_ISSUERS too')
  if ('OIDC_ADMIN_GROUPS' in given && !('OIDC_GROUPS_CLAIM' in given))
    problems.push('OIDC_ADMIN_GROUPS: needs the claim with the groups; expected OIDC_GROUPS_CLAIM too')
  return problems
}
