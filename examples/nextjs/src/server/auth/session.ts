import { createHmac, timingSafeEqual } from 'node:crypto'

/** The login of this app: a cookie with a name and its signature. Your app has its own. */
export const SESSION_COOKIE = 'sessao'

const secret = process.env.SESSION_SECRET ?? 'only-for-this-example'

/** A name may have any letters, so the cookie has it in base64url, which no library encodes again. */
export function signSession(user: string): string {
  return `${Buffer.from(user).toString('base64url')}.${signatureOf(user)}`
}

/** The person whose cookie this is. `undefined` if the cookie is missing or forged. */
export function readSession(cookie: string | undefined): string | undefined {
  const [name = '', signature = ''] = cookie?.split('.') ?? []
  const user = Buffer.from(name, 'base64url').toString()
  const expected = signatureOf(user)
  if (signature.length !== expected.length) return undefined
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) ? user : undefined
}

/** The person who makes a request, for code that has only the request. */
export function userOf(request: Request): string | undefined {
  const cookies = request.headers.get('cookie')?.split('; ') ?? []
  const cookie = cookies.find(each => each.startsWith(`${SESSION_COOKIE}=`))
  return readSession(cookie?.slice(SESSION_COOKIE.length + 1))
}

function signatureOf(user: string): string {
  return createHmac('sha256', secret).update(user).digest('base64url')
}
