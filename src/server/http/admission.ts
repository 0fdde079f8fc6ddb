import { RiachoError } from '../../protocol/errors.ts'
import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'
import { corsHeaders, preflightHeaders } from './cors.ts'
import { type KnownOrigins, requireKnownHost, requireOrigin } from './origin.ts'
import { SECURITY_HEADERS } from './securityHeaders.ts'

/** The headers of every answer to a request, whatever answers. */
export function headersOfAll(request: RequestFacts, corsOrigins: readonly string[]): HeaderFields {
  return { ...SECURITY_HEADERS, ...corsHeaders(request, corsOrigins) }
}

/** From where requests may come. */
export interface Admission extends KnownOrigins {
  /** The address on which the server listens. If absent, any host may be asked. */
  readonly host?: string | undefined
}

/**
 * Decides what comes before a route, in one order for every adapter: the host, the origin, the question of a browser
 * whether a page may make a call (a preflight), and the method. Adapters call it before they read the body. Returns the
 * headers of the answer to a preflight, which is empty. Otherwise returns `undefined`, and the request goes on. Throws
 * `FORBIDDEN`, `UNAUTHENTICATED`, `METHOD_NOT_ALLOWED`. `otherMethods`: those of the path, if it is known and lacks the
 * method of the request.
 */
export function admit(
  request: RequestFacts,
  otherMethods: readonly string[] | undefined,
  admission: Admission,
): HeaderFields | undefined {
  const { host, publicUrls, corsOrigins } = admission
  if (host !== undefined) requireKnownHost(request, { host, publicUrls })
  requireOrigin(request, admission)
  if (!otherMethods) return undefined
  const preflight = preflightHeaders(request, { origins: corsOrigins, methods: otherMethods })
  if (preflight) return preflight
  throw new RiachoError('METHOD_NOT_ALLOWED', 'no such method', { allow: otherMethods })
}
