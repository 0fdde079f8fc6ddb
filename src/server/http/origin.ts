import { RiachoError } from '../../protocol/errors.ts'
import type { RequestFacts } from '../access/requestFacts.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/
/** Whether a server that listens on `host` can be reached only from this machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase())
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses with `FORBIDDEN` a write that another site's page made the browser send. A request that no browser sent (no
 * `Sec-Fetch-Site`, no `Origin`) passes, because it has only the cookies that its program put there.
 */
export function requireSameOrigin(request: RequestFacts, publicUrls: readonly string[]): void {
  if (SAFE_METHODS.has(request.method)) return
  const site = request.header('sec-fetch-site')
  if (site === 'same-origin' || site === 'none') return
  const origin = request.header('origin')
  if (site === undefined && origin === undefined) return
  if (site === undefined && origin !== undefined) {
    if (publicUrls.includes(origin) || URL.parse(origin)?.host === request.host) return
  }
  throw new RiachoError('FORBIDDEN', 'write from another origin')
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
  if (!isLoopback(bound.host) || LOOPBACK.test(hostname)) return
  if (bound.publicUrls.some(url => URL.parse(url)?.host === host)) return
  throw new RiachoError('FORBIDDEN', 'unknown host: set PUBLIC_URL to the address people use')
}
