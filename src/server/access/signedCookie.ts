import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

export interface SignedCookieOptions {
  /** Signed the cookies of earlier versions. */
  secret: string
  /** The one before it. A cookie that it signed is still good. */
  oldSecret?: string | undefined
}

/**
 * Makes a function that reads the cookies of earlier versions: the id of an owner, a dot, and its signature. It gives the
 * id, or `undefined` if the signature is not ours.
 */
export function createSignedCookies({
  secret,
  oldSecret,
}: SignedCookieOptions): (cookie: string) => string | undefined {
  const key = createSecretKey(secret, 'utf8')
  const oldKey = oldSecret === undefined ? undefined : createSecretKey(oldSecret, 'utf8')
  return cookie => unsign(cookie, key) ?? (oldKey && unsign(cookie, oldKey))
}

/** The value, a dot, and the signature of the value. */
function sign(value: string, key: KeyObject): string {
  const signature = createHmac('sha256', key).update(value).digest('base64')
  return `${value}.${signature.replace(/=+$/, '')}`
}

/** The value of a signed text. `undefined` if the signature is not ours. */
function unsign(signed: string, key: KeyObject): string | undefined {
  const value = signed.slice(0, Math.max(0, signed.lastIndexOf('.')))
  const [given, expected] = [Buffer.from(signed), Buffer.from(sign(value, key))]
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected)
  return isOurs && value !== '' ? value : undefined
}
