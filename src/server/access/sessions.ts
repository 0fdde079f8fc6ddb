import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Authenticator } from './caller.ts'
import type { HeaderFields, RequestFacts } from './requestFacts.ts'

const COOKIE = 'riacho_session'
/** The longest that browsers keep a cookie, in seconds. */
const MAX_AGE = 400 * 24 * 60 * 60

export interface SessionOptions {
  /** Signs the cookies. With another one every visitor begins anew. */
  secret: string
  createId: () => string
  isErased: (ownerId: string) => boolean
}

/**
 * Visitors, by a signed session cookie that names their owner. Without a valid one a new owner begins, where one is
 * needed. A page gives the cookie another 400 days: an owner who keeps coming is never forgotten.
 */
export function createSessions({ secret, createId, isErased }: SessionOptions): Authenticator {
  const key = createSecretKey(secret, 'utf8')

  /**
   * An answer that was late may have brought back the cookie of an erased owner: the first reading begins a new one. A
   * write does not: the answer that takes the old cookie away, still under way, would take the new one, and what was
   * written could never be reached.
   */
  function livingOwner({ method, cookies }: RequestFacts): string | undefined {
    const ownerId = unsign(cookies[COOKIE] ?? '', key)
    return ownerId && method === 'GET' && isErased(ownerId) ? undefined : ownerId
  }

  return {
    async identify(request, access) {
      const living = livingOwner(request)
      if (!living && access === 'known') return null
      const identity = { ownerId: living ?? createId(), kind: 'visitor' } as const
      if (living && access !== 'page') return { identity }
      return { identity, headers: cookieHeaders(request, sign(identity.ownerId, key), MAX_AGE) }
    },
    forgetHeaders: request => cookieHeaders(request, '', 0),
  }
}

function cookieHeaders({ protocol }: RequestFacts, value: string, maxAge: number): HeaderFields {
  const secure = protocol === 'https' ? '; Secure' : ''
  const attributes = `Max-Age=${maxAge}; Path=/; HttpOnly${secure}; SameSite=Lax`
  return { 'set-cookie': `${COOKIE}=${value}; ${attributes}` }
}

/** `value`, a dot, and its signature. */
function sign(value: string, key: KeyObject): string {
  const signature = createHmac('sha256', key).update(value).digest('base64')
  return `${value}.${signature.replace(/=+$/, '')}`
}

/** The value of a signed one; `undefined` when the signature is not ours. */
function unsign(signed: string, key: KeyObject): string | undefined {
  const value = signed.slice(0, Math.max(0, signed.lastIndexOf('.')))
  const [given, expected] = [Buffer.from(signed), Buffer.from(sign(value, key))]
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected)
  return isOurs && value !== '' ? value : undefined
}
