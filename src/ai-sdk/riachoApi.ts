import { type ApiCall, callApi, type Failure, type Refusal } from '../client/api.ts'
import { type TokenSource, unauthenticated, withToken } from '../client/token.ts'

/** Where Riacho is, and how requests say who asks. */
export interface RiachoApiOptions {
  /** Where Riacho is mounted, without `/api/chat`. Default: the root of the page's own origin. */
  baseUrl?: string | undefined
  /** Default: the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /** A bearer token, or a function that gives the present one: it is called for each request, and again after a 401. `null`: nobody is signed in. */
  token?: TokenSource | undefined
  /** Further headers of each request. */
  headers?: Readonly<Record<string, string>> | undefined
}

/** The server refused a request, or nobody answered. `code` is one of PROTOCOL.md, or `UNREACHABLE`. */
export class RiachoChatError extends Error {
  override readonly name = 'RiachoChatError'
  readonly code: Failure
  /** Seconds. */
  readonly retryAfter: number | null

  constructor({ failure, retryAfter }: Refusal, message: string = failure) {
    super(message)
    this.code = failure
    this.retryAfter = retryAfter
  }
}

/** Whether asking again about a run that is known cannot help. Any other refusal passes. */
export function isFinal({ failure }: Refusal): boolean {
  return FINAL.has(failure)
}

const FINAL: ReadonlySet<Failure> = new Set(['NOT_FOUND', 'UNAUTHENTICATED', 'FORBIDDEN', 'KEY_NOT_ALLOWED'])

export interface RiachoApi {
  fetch(path: string, init: RequestInit): Promise<Response>
  /** Makes one JSON call. Throws `RiachoChatError`. */
  call<Value>(call: ApiCall): Promise<Value>
}

/** `added` is the further headers of one call, which win. */
export function createApi(
  { baseUrl = '', fetch, token, headers: own }: RiachoApiOptions,
  added?: HeadersInit | undefined,
): RiachoApi {
  const base = baseUrl.replace(/\/+$/, '')
  const fetchUrl = fetch ?? ((url, init) => globalThis.fetch(url, init))
  const headers = withHeaders(own, added)
  const api: RiachoApi = {
    async fetch(path, init) {
      const attempt = async () => {
        const present = typeof token === 'function' ? await token() : token
        if (present === null) return unauthenticated()
        const all = Object.fromEntries(withHeaders(headers, init.headers))
        return fetchUrl(base + path, withToken({ ...init, headers: all }, present))
      }
      const response = await attempt()
      // The token may have run out since it was made.
      return response.status === 401 && typeof token === 'function' ? attempt() : response
    },
    async call<Value>(call: ApiCall): Promise<Value> {
      const result = await callApi<Value>(api, call)
      if (!result.ok) throw new RiachoChatError(result)
      return result.value
    },
  }
  return api
}

/** The case of a name does not matter, so the headers with names in two cases would become one header with two values. */
function withHeaders(headers: HeadersInit | undefined, others: HeadersInit | undefined): Headers {
  const all = new Headers(headers)
  for (const [name, value] of new Headers(others)) all.set(name, value)
  return all
}
