import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { NEW_OWNER } from '../../protocol/newOwner.ts'
import type { Authenticator } from './caller.ts'
import type { HeaderFields, RequestFacts } from './requestFacts.ts'

const COOKIE = 'riacho_session'
/** The longest time that browsers keep a cookie, in seconds. */
const MAX_AGE = 400 * 24 * 60 * 60

export interface SessionOptions {
  /** Signs the cookies. If it changes, every visitor begins anew, unless `oldSecret` is the one before. */
  secret: string
  /** A cookie that it signed is still good, and the next page renews it. */
  oldSecret?: string | undefined
  createId: () => string
  isErased: (ownerId: string) => boolean
}

/**
 * Identifies visitors by a signed session cookie that names their owner. Without a valid cookie a new owner begins, if
 * the route needs one. Each page renews the cookie for 400 days, so an owner who keeps coming is never forgotten.
 */
export function createSessions({ secret, oldSecret, createId, isErased }: SessionOptions): Authenticator {
  const key = createSecretKey(secret, 'utf8')
  const oldKey = oldSecret === undefined ? undefined : createSecretKey(oldSecret, 'utf8')

  /**
   * A late answer may have brought back the cookie of an erased owner. A GET then begins a new owner. A write does not:
   * the answer that removes the old cookie may still be under way, and it would remove the new cookie too. What was
   * written could then never be reached.
   */
  function livingOwner({ method, cookies }: RequestFacts): string | undefined {
    const cookie = cookies[COOKIE] ?? ''
    const ownerId = unsign(cookie, key) ?? (oldKey && unsign(cookie, oldKey))
    return ownerId && method === 'GET' && isErased(ownerId) ? undefined : ownerId
  }

  return {
    async identify(request, access) {
      const living = livingOwner(request)
      if (!living && access === 'known') return null
      const identity = { ownerId: living ?? createId(), kind: 'visitor' } as const
      if (living && access !== 'page') return { identity }
      const cookie = cookieHeaders(request, sign(identity.ownerId, key), MAX_AGE)
      return { identity, headers: living ? cookie : { ...cookie, [NEW_OWNER.name]: NEW_OWNER.value } }
    },
    forgetHeaders: request => cookieHeaders(request, '', 0),
  }
}

function cookieHeaders({ protocol }: RequestFacts, value: string, maxAge: number): HeaderFields {
  const secure = protocol === 'https' ? '; Secure' : ''
  const attributes = `Max-Age=${maxAge}; Path=/; HttpOnly${secure}; SameSite=Lax`
  return { 'set-cookie': `${COOKIE}=${value}; ${attributes}` }
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
