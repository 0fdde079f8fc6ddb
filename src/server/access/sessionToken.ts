import { createHash, randomBytes } from 'node:crypto'

/** A new token: 32 random bytes. */
export function createToken(): string {
  return randomBytes(32).toString('base64url')
}

export function isToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

/** What is stored of a token, or of a cookie that an earlier version signed. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** The id of the session that begins with a cookie of an earlier version: always the same UUID. It tells nothing of the hash. */
export function sessionIdOf(tokenHash: string): string {
  const digits = createHash('sha256').update(`session ${tokenHash}`).digest('hex')
  const [version, variant] = ['8', '8']
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    version + digits.slice(12, 15),
    variant + digits.slice(15, 18),
    digits.slice(18, 30),
  ].join('-')
}
