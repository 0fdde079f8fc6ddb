import { RiachoError, type RunErrorCode } from '../../../protocol/errors.ts'

/** Why a reply is not complete. */
export interface Failure {
  code: RunErrorCode
  /** What the provider said. Only logs show it. */
  message: string
  /** The same request can succeed when it is sent again. It must not be if some of the reply was written. */
  repeatable: boolean
  /** Seconds. */
  retryAfter?: number
  /** Only of a refusal: the HTTP status, the parameter that it blames, and its body. */
  status?: number | undefined
  param?: string
  body?: string
  cause?: unknown
}

const MAX_MESSAGE = 300

/** What the `code` or `type` of an error means, in a refusal and in the middle of a stream. */
const MEANING: Readonly<Record<string, RunErrorCode>> = {
  invalid_api_key: 'UPSTREAM_AUTH',
  authentication_error: 'UPSTREAM_AUTH',
  insufficient_quota: 'UPSTREAM_QUOTA',
  billing_hard_limit_reached: 'UPSTREAM_QUOTA',
  billing_not_active: 'UPSTREAM_QUOTA',
  rate_limit_exceeded: 'UPSTREAM_RATE_LIMIT',
  rate_limit_error: 'UPSTREAM_RATE_LIMIT',
  server_is_overloaded: 'UPSTREAM_OVERLOADED',
  overloaded_error: 'UPSTREAM_OVERLOADED',
  slow_down: 'UPSTREAM_OVERLOADED',
  context_length_exceeded: 'CONTEXT_TOO_LONG',
  exceed_context_size_error: 'CONTEXT_TOO_LONG',
  model_not_found: 'MODEL_NOT_FOUND',
  DeploymentNotFound: 'MODEL_NOT_FOUND',
  content_filter: 'CONTENT_FILTERED',
  content_policy_violation: 'CONTENT_FILTERED',
  invalid_prompt: 'CONTENT_FILTERED',
  bio_policy: 'CONTENT_FILTERED',
  misalignment_policy_violation: 'CONTENT_FILTERED',
}

const STATUS_MEANING: Readonly<Record<number, RunErrorCode>> = {
  401: 'UPSTREAM_AUTH',
  402: 'UPSTREAM_QUOTA',
  403: 'UPSTREAM_AUTH',
  429: 'UPSTREAM_RATE_LIMIT',
  503: 'UPSTREAM_OVERLOADED',
  529: 'UPSTREAM_OVERLOADED',
}

/**
 * The stream ended, cleanly or not, before the provider said that the reply is complete. Not repeatable even if no text
 * arrived, because a reset can lose text on its way, and the provider may have written and billed all of it.
 */
export function truncated(cause?: unknown): Failure {
  return { code: 'UPSTREAM_TRUNCATED', message: 'the stream ended early', repeatable: false, cause }
}

/** The wait for `which` was too long. */
export function timeout(which: string): Failure {
  return { code: 'UPSTREAM_TIMEOUT', message: `${which} timeout`, repeatable: false }
}

/** The request got no answer. */
export function unreachable(cause: Error & { code?: string }): Failure {
  const code = cause.code === 'UND_ERR_CONNECT_TIMEOUT' ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE'
  return { code, message: `${cause.code ?? cause.name}: ${cause.message}`, repeatable: true, cause }
}

/** The server refused with an HTTP status. `body` is the text of the refusal, JSON or not. */
export function refusalOf(status: number, body: string, retryAfter: number | undefined): Failure {
  return { ...reportedFailure(jsonOf(body) ?? body, status), status, body, retryAfter }
}

/**
 * The failure that `report` describes. It is an error object, nested as OpenAI's or flat as others', or plain text.
 * `status` is the HTTP status. A stream has none, and a numeric `code` is taken for it.
 */
export function reportedFailure(report: unknown, status = 0): Failure {
  const outer = fieldsOf(report)
  const error = typeof outer.error === 'object' ? fieldsOf(outer.error) : outer
  const code = toText(error.code)
  const param = toText(error.param)
  const said = toText(error.message) ?? toText(outer.error) ?? toText(outer.detail) ?? toText(report) ?? ''
  const meaning = MEANING[code ?? ''] ?? MEANING[toText(error.type) ?? '']
  return {
    code: meaning ?? meaningOf(status >= 400 ? status : Number(code), said, param),
    message: `${status || 'stream'} ${code ?? ''} ${said}`,
    repeatable: true,
    param,
  }
}

function meaningOf(status: number, said: string, param: string | undefined): RunErrorCode {
  if (status === 400 && /\bcontext (length|size|window)\b/i.test(said)) return 'CONTEXT_TOO_LONG'
  if (status === 400 && /\bmodel\b.{0,100}\bnot (found|exist)/i.test(said)) return 'MODEL_NOT_FOUND'
  if (status === 404 && (param === 'model' || /\bmodel\b/i.test(said))) return 'MODEL_NOT_FOUND'
  return STATUS_MEANING[status] ?? 'UPSTREAM_ERROR'
}

/** Seconds to wait, rounded up, from `retry-after-ms` or `retry-after` (seconds or an HTTP date). */
export function retryAfterOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  now: number,
): number | undefined {
  const milliseconds = Number.parseFloat(String(headers['retry-after-ms']))
  if (milliseconds >= 0) return Math.ceil(milliseconds / 1000)
  const value = String(headers['retry-after'])
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value))
  // `Date.parse` accepts almost anything, but an HTTP date ends in GMT.
  const date = value.endsWith('GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000))
}

/** The error that a run gets. Its message does not contain `apiKey`, nor anything that looks like a key. */
export function errorOf(
  failure: Failure,
  written: boolean,
  { apiKey, address }: { apiKey?: string | undefined; address?: string },
): RiachoError {
  const { code, retryAfter, repeatable } = failure
  const text = apiKey ? failure.message.replaceAll(apiKey, '[key]') : failure.message
  const message = text
    .replace(/\bsk-[^\s"'<]+/g, '[key]')
    .replace(/\s+/g, ' ')
    .slice(0, MAX_MESSAGE)
  return new RiachoError(code, message, { retryAfter, beforeFirstByte: repeatable && !written, address })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Report {
  error?: unknown
  code?: unknown
  type?: unknown
  param?: unknown
  message?: unknown
  detail?: unknown
}

function fieldsOf(value: unknown): Report {
  return typeof value === 'object' && value !== null ? value : {}
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return Array.isArray(value) ? JSON.stringify(value) : undefined
}
