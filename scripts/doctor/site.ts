/** A Riacho, as its address reaches it from here. */
export interface Site {
  readonly origin: string
  readonly isHttps: boolean
  /** The address is this machine's own. */
  readonly isLoopback: boolean
  /** One request, given up after `timeout` milliseconds, without following redirects. */
  fetch(path: string, options?: SiteRequest): Promise<Response>
}

export interface SiteRequest {
  method?: 'GET' | 'POST' | 'DELETE'
  headers?: Record<string, string>
  body?: unknown
  timeout?: number
}

const TIMEOUT = 15_000

/** Throws `TypeError` when `address` is not an http or https URL. */
export function siteAt(address: string): Site {
  const { origin, protocol, hostname } = new URL(address)
  if (!/^https?:$/.test(protocol)) throw new TypeError('not an http or https URL')
  return {
    origin,
    isHttps: protocol === 'https:',
    isLoopback: /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname),
    fetch: (path, { method = 'GET', headers = {}, body, timeout = TIMEOUT } = {}) =>
      fetch(origin + path, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeout),
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  }
}

/** Why a request got no answer, in a few words. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === 'TimeoutError') return 'no answer in time'
  const code = 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOTFOUND') return 'the name does not resolve'
  if (code === 'ECONNREFUSED') return 'the connection is refused'
  return [code, cause.message].filter(Boolean).join(': ')
}
