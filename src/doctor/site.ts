/** A Riacho that is checked by its address. */
export interface Site {
  readonly origin: string
  readonly isHttps: boolean
  /** The address belongs to this machine. */
  readonly isLoopback: boolean
  /** Sends one request, without following redirects. Gives up after `timeout` milliseconds. */
  fetch(path: string, options?: SiteRequest): Promise<Response>
}

export interface SiteRequest {
  method?: 'GET' | 'POST' | 'DELETE'
  headers?: Record<string, string>
  body?: unknown
  timeout?: number
}

const TIMEOUT = 15_000

/** Throws `TypeError` if `address` is not an http or https URL. */
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

/** Says in a few words why a request got no answer. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === 'TimeoutError') return 'no answer in time'
  const code = 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOTFOUND') return 'the name does not resolve'
  if (code === 'ECONNREFUSED') return 'the connection is refused'
  return [code, cause.message].filter(Boolean).join(': ')
}
