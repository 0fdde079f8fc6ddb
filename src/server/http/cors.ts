import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'

/** Headers of a request that a page may set, besides those that every page may set. */
const ALLOWED_HEADERS = 'authorization, content-type, last-event-id, upload-offset'
/** Headers of an answer that a page may read, besides those that every page may read. */
const EXPOSED_HEADERS = 'content-disposition, location, retry-after, upload-offset, x-accel-buffering'
/** How long a browser may keep the answer to its question, in seconds. Chromium keeps none for longer. */
const PREFLIGHT_KEPT_FOR = 7200

/** The origins whose pages may call the API, each as a browser names it. */
type Origins = readonly string[]

/**
 * Headers of every answer of the API. They let a page of a named origin read the answer. They never allow credentials,
 * so a browser gives the page no answer to a call that had a cookie.
 */
export function corsHeaders(request: RequestFacts, origins: Origins): HeaderFields {
  if (origins.length === 0 || !request.path.startsWith('/api/')) return {}
  const origin = request.header('origin') ?? ''
  if (!origins.includes(origin)) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS,
  }
}

/**
 * Headers of the answer to a browser that asks whether a page may make a call (a preflight). `undefined` if the request
 * is no such question, or the origin is not named. `methods`: those that the path has.
 */
export function preflightHeaders(
  request: RequestFacts,
  { origins, methods }: { origins: Origins; methods: readonly string[] },
): HeaderFields | undefined {
  const isPreflight =
    request.method === 'OPTIONS' && request.header('access-control-request-method') !== undefined
  if (!isPreflight || !corsHeaders(request, origins)['access-control-allow-origin']) return undefined
  return {
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': String(PREFLIGHT_KEPT_FOR),
  }
}
