import { RiachoError, type RunErrorCode } from '../../../protocol/errors.ts'

/** Why a reply did not come to its end. */
export interface Failure {
  code: RunErrorCode
  /** What the provider said, for logs. */
  message: string
  /** Asking again, unchanged, can give the reply, as long as none of it was written. */
  repeatable: boolean
  /** Seconds. */
  retryAfter?: number
  /** With a refusal: the HTTP status, the parameter it blames, and its body. */
  status?: number | undefined
  param?: string
  body?: string
  cause?: unknown
}

const MAX_MESSAGE = 300

/** What the `code` or `type` of an error means, wherever it comes: in a refusal or in the middle of a stream. */
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
 * A stream that ended, cleanly or not, before the provider said that the reply is complete. Not repeatable even when no
 * text arrived: a reset can drop text on its way, and the provider may have written and billed all of it.
 */
export function truncated(cause?: unknown): Failure {
  return { code: 'UPSTREAM_TRUNCATED', message: 'the stream ended early', repeatable: false, cause }
}

/** Too long a wait for `which`. */
export function timeout(which: string): Failure {
  return { code: 'UPSTREAM_TIMEOUT', message: `${which} timeout`, repeatable: false }
}

/** A request that got no answer. */
export function unreachable(cause: Error & { code?: string }): Failure {
  const code = cause.code === 'UND_ERR_CONNECT_TIMEOUT' ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE'
  return { code, message: `${cause.code ?? cause.name}: ${cause.message}`, repeatable: true, cause }
}

/** A refusal by HTTP status. `body` is its text, JSON or not. */
export function refusalOf(status: number, body: string, retryAfter: number | undefined): Failure {
  return { ...reportedFailure(jsonOf(body) ?? body, status), status, body, retryAfter }
}

/**
 * The failure that `report` tells of: an error object as OpenAI nests it or as others flatten it, or plain text.
 * `status` is the HTTP status; in a stream there is none, and a numeric `code` stands for it.
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
  // `Date.parse` takes almost anything for a date; HTTP has one form.
  const date = value.endsWith('GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000))
}

/** The error a run sees. `apiKey`, and whatever looks like a key, is taken out of the message. */
export function errorOf(failure: Failure, written: boolean, apiKey: string | undefined): RiachoError {
  const { code, retryAfter, repeatable } = failure
  const text = apiKey ? failure.message.replaceAll(apiKey, '[key]') : failure.message
  const message = text
    .replace(/\bsk-[^\s"'<]+/g, '[key]')
    .replace(/\s+/g, ' ')
    .slice(0, MAX_MESSAGE)
  return new RiachoError(code, message, { retryAfter, beforeFirstByte: repeatable && !written })
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
