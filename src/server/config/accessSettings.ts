import { z } from 'zod'

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
  return problems
}
