import { createHmac } from 'node:crypto'

/** The secrets that signed the cookies of earlier versions, as settings. */
export const SECRETS = {
  SESSION_SECRET: 'a secret of at least thirty-two characters',
  SESSION_SECRET_OLD: 'an older secret of thirty-two characters',
}

/** A session cookie as earlier versions signed it. */
export function signedCookie(ownerId: string, secret = SECRETS.SESSION_SECRET): string {
  const signature = createHmac('sha256', secret).update(ownerId).digest('base64').replace(/=+$/, '')
  return `riacho_session=${ownerId}.${signature}`
}
