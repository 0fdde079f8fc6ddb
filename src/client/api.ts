import { type ErrorCode, isRunErrorCode, REQUEST_ERRORS } from '../protocol/errors.ts'
import type { Browser } from './browser.ts'

/**
 * Why something did not happen. The server refused it, or nobody answered (`UNREACHABLE`), or the server has another
 * version of the page than this one (`OUTDATED`), or the browser's cookies are not kept (`COOKIES_LOST`).
 */
export type Failure = ErrorCode | 'UNREACHABLE' | 'OUTDATED' | 'COOKIES_LOST'

export interface Refusal {
  failure: Failure
  /** Seconds. */
  retryAfter: number | null
}

export type ApiResult<Value> = ({ ok: true } & { value: Value }) | ({ ok: false } & Refusal)

export interface ApiCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: unknown
  signal?: AbortSignal
}

const UNREACHABLE: Refusal = { failure: 'UNREACHABLE', retryAfter: null }

/** Makes one JSON call. Never throws: a network failure is a result, too. A 204 gives `undefined`. */
export function callApi<Value>(browser: Pick<Browser, 'fetch'>, call: ApiCall): Promise<ApiResult<Value>> {
  return request(browser, call.path, requestInit(call), jsonOf<Value>)
}

/** Makes one request, as `callApi` does, and reads the response, which is 2xx, with `read`. */
export async function request<Value>(
  browser: Pick<Browser, 'fetch'>,
  path: string,
  init: RequestInit,
  read: (response: Response) => Value | Promise<Value>,
): Promise<ApiResult<Value>> {
  try {
    const response = await browser.fetch(path, init)
    if (!response.ok) return { ok: false, ...(await refusalOf(response)) }
    return { ok: true, value: await read(response) }
  } catch {
    return { ok: false, ...UNREACHABLE }
  }
}

/** The JSON of a response. */
export async function jsonOf<Value>(response: Response): Promise<Value> {
  return (response.status === 204 ? undefined : await response.json()) as Value
}

/** The second argument of `fetch` for a call with a JSON body, or without one. */
export function requestInit({ method, body, signal }: Omit<ApiCall, 'path'>): RequestInit {
  return {
    method,
    cache: 'no-store',
    credentials: 'same-origin',
    ...(signal && { signal }),
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  }
}

/** Reads a response that is not 2xx. If a proxy wrote it and not the server, its status decides. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const body: unknown = await response.json().catch(() => null)
  const code = (body as { code?: unknown } | null)?.code
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    failure: isErrorCode(code) ? code : failureOfStatus(response.status),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && (Object.hasOwn(REQUEST_ERRORS, code) || isRunErrorCode(code))
}

function failureOfStatus(status: number): Failure {
  if (status >= 502 && status <= 504) return 'UNREACHABLE'
  const known = Object.entries(REQUEST_ERRORS).find(([, value]) => value === status)
  return known ? (known[0] as ErrorCode) : 'INTERNAL'
}
