import { z } from 'zod'
import { MAX_ACCOUNT_NAME, MAX_EMAIL, MAX_PASSWORD, MIN_PASSWORD } from './limits.ts'

/** An address as it is stored and compared: without blanks around it, in lower case. */
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(MAX_EMAIL)
  .pipe(z.email())
  .meta({ maxLength: MAX_EMAIL, format: 'email' })

/** A new password. It is taken as it comes: no character is forbidden or needed. */
const newPassword = z.string().min(MIN_PASSWORD).max(MAX_PASSWORD)
/** A password to compare. */
const password = z.string().min(1).max(MAX_PASSWORD)
const name = z.string().trim().max(MAX_ACCOUNT_NAME)
const token = z.string().regex(/^[\w-]{43}$/)

export const signInRequest = z.strictObject({ email, password })
export const linkRequest = z.strictObject({ email })
/** With `token`, that of a link. Its address counts, and a link that has none takes `email`. */
export const signUpRequest = z.strictObject({
  token: token.optional(),
  email: email.optional(),
  name: name.optional(),
  password: newPassword,
})
export const changePasswordRequest = z.strictObject({ current: password.optional(), password: newPassword })
export const changeEmailRequest = z.strictObject({ email, password: password.optional() })
export const resetPasswordRequest = z.strictObject({ token, password: newPassword })
/** The token of a link. */
export const linkTokenRequest = z.strictObject({ token })
/** Shows that whoever is signed in is the person of the account. */
export const personRequest = z.strictObject({ password: password.optional() })

/** `next`: the path to which the page leads afterwards. */
export const issuerRequest = z.strictObject({
  next: z
    .string()
    .regex(/^\/(c\/[\da-f-]{36})?$/)
    .default('/'),
})
export const issuerParams = z.object({ name: z.string().regex(/^[a-z\d-]{1,40}$/) })

export type SignInRequest = z.infer<typeof signInRequest>
export type SignUpRequest = z.infer<typeof signUpRequest>
export type ChangePasswordRequest = z.infer<typeof changePasswordRequest>
export type ChangeEmailRequest = z.infer<typeof changeEmailRequest>
export type ResetPasswordRequest = z.infer<typeof resetPasswordRequest>
export type LinkTokenRequest = z.infer<typeof linkTokenRequest>
export type PersonRequest = z.infer<typeof personRequest>
