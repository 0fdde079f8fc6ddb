import { RiachoError } from '../../protocol/errors.ts'
import { bearerOf } from '../access/bearer.ts'
import type { RequestFacts } from '../access/requestFacts.ts'
import { isLoopback } from '../loopback.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Origins, each as a browser names it. */
export interface KnownOrigins {
  /** Origins that people use, besides the host that a request names. */
  readonly publicUrls: readonly string[]
  /** Origins of other sites whose pages may call the API with a bearer. */
  readonly corsOrigins: readonly string[]
}

/**
 * Refuses what the page of another site made the browser send: a write with `FORBIDDEN`, and with `UNAUTHENTICATED` any
 * call of a named origin without a bearer, because its cookies count for nothing. No page can make a browser send a
 * bearer that the page does not have. A request that no browser sent (no `Sec-Fetch-Site`, no `Origin`) passes, because
 * it has only the cookies that its program put there.
 */
export function requireOrigin(request: RequestFacts, origins: KnownOrigins): void {
  if (request.method === 'OPTIONS') return
  if (isNamedOrigin(request, origins)) {
    if (bearerOf(request) === undefined) throw new RiachoError('UNAUTHENTICATED', 'no bearer')
  } else if (!SAFE_METHODS.has(request.method) && !isSameOrigin(request, origins)) {
    throw new RiachoError('FORBIDDEN', 'write from another origin')
  }
}

function isNamedOrigin(request: RequestFacts, origins: KnownOrigins): boolean {
  const origin = request.header('origin')
  return origin !== undefined && origins.corsOrigins.includes(origin) && !isSameOrigin(request, origins)
}

function isSameOrigin(request: RequestFacts, { publicUrls }: KnownOrigins): boolean {
  const site = request.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const origin = request.header('origin')
  if (origin === undefined || publicUrls.includes(origin)) return true
  return URL.parse(origin)?.host === request.host
}

/**
 * Refuses with `FORBIDDEN` an unknown `Host`, if the server listens on loopback. Otherwise a page whose name resolves
 * to this machine (DNS rebinding) would be of the same origin.
 */
export function requireKnownHost(
  request: RequestFacts,
  bound: { host: string; publicUrls: readonly string[] },
): void {
  // Not `request.host`: behind a trusted proxy that is `X-Forwarded-Host`, and a rebound page can set this header
  // itself.
  const host = request.header('host') ?? ''
  const { hostname } = URL.parse(`http://${host}`) ?? { hostname: '' }
  if (!isLoopback(bound.host) || isLoopback(hostname)) return
  if (bound.publicUrls.some(url => URL.parse(url)?.host === host)) return
  throw new RiachoError('FORBIDDEN', 'unknown host: set PUBLIC_URL to the address people use')
}
