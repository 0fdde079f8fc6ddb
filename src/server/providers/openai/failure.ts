import { RiachoError, type RunErrorCode, type UpstreamWords } from '../../../protocol/errors.ts'

/** Why a reply is not complete. */
export interface Failure {
  code: RunErrorCode
  /** What happened. Only logs show it. */
  message: string
  /** What the provider said, and its own code for it. */
  words?: string
  reported?: string
  /** The same request can succeed when it is sent again. It must not be if some of the reply was written. */
  repeatable: boolean
  /** Seconds. */
  retryAfter?: number
  /** Only of an answer that is no stream: the HTTP status, the parameter that it blames, and its body. */
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
  string_above_max_length: 'CONTEXT_TOO_LONG',
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
  413: 'CONTEXT_TOO_LONG',
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

/** How providers say that a request is longer than the model reads. They mean other things with the codes of `STATUS_MEANING`. */
const TOO_LONG = [
  /\bcontext[ _-]?(length|size|window|limit)\b/i,
  /\b(prompt|input|inputs|request|conversation|messages?|history)\b.{0,40}\b(is|are|was|were|too) (too )?(long|large)\b/i,
  /\btoo (many|much) (input |prompt |context )?tokens\b/i,
  /\btoken (count|limit|size).{0,60}\bexceed/i,
  /\bexceed\w*\b.{0,80}\b(input|prompt|context|token limit|tokens? allowed|(maximum|max|limit) (number )?of (input )?tokens)\b/i,
  /\b(input|prompt|request)\b.{0,40}\b(exceeds?|longer than|larger than|above)\b.{0,60}\b(max|maximum|limit|context|allowed|length)/i,
  /\b(maximum|max) (prompt|input|sequence) (length|size|tokens)\b/i,
  /\binputs?\b.{0,30}\bmust (have less|be (at most|less|shorter|no longer))/i,
  /\breduce (the|your) (length|size) of (the|your) (messages|prompt|input)/i,
  /\d+ tokens > \d+/,
]

const MODEL_MISSING = /\bmodel\b.{0,100}\b(not (found|exist)|does(n't| not) exist|unknown)/i

/**
 * The server answered with an HTTP status and no reply. `body` is the text of its answer: JSON, events, or anything else.
 * After a 200 nothing is asked again, because it may have been billed.
 */
export function refusalOf(status: number, body: string, retryAfter: number | undefined): Failure {
  const failure = reportedFailure(jsonIn(body) ?? firstEventIn(body) ?? body, status)
  const repeatable = failure.repeatable && status >= 400
  const words = failure.words || body
  return {
    ...failure,
    message: messageOf(status, failure.reported, words),
    words,
    repeatable,
    status,
    body,
    retryAfter,
  }
}

/**
 * The failure that `report` describes. It is an error object, nested as OpenAI's or flat as others', in a list or not, or
 * plain text. `status` is the HTTP status. A stream has none, and a numeric `code` is taken for it.
 */
export function reportedFailure(report: unknown, status = 0): Failure {
  const outer = reportIn(report)
  const error = typeof outer.error === 'object' ? reportIn(outer.error) : outer
  const code = toText(error.code)
  const param = toText(error.param)
  const words = wordsOf(error) ?? wordsOf(outer) ?? toText(report) ?? ''
  const statusCode = status >= 400 ? status : Number(code)
  const meaning =
    MEANING[code ?? ''] ?? MEANING[toText(error.type) ?? ''] ?? meaningOf(statusCode, words, param)
  return {
    code: meaning,
    message: messageOf(status, code, words),
    words,
    reported: code ?? toText(error.type),
    repeatable: meaning !== 'UPSTREAM_ERROR' || isPassing(statusCode),
    param,
  }
}

function messageOf(status: number, code: string | undefined, words: string): string {
  return `${status || 'stream'} ${code ?? ''} ${words}`
}

/** Whether the same request may fare better. It does not if the server says that the request is wrong. */
function isPassing(status: number): boolean {
  const isWrong = status >= 400 && status < 500
  return !isWrong || status === 408 || status === 409 || status === 425 || status === 429
}

function meaningOf(status: number, words: string, param: string | undefined): RunErrorCode {
  const meaning = STATUS_MEANING[status]
  if (meaning) return meaning
  if (TOO_LONG.some(pattern => pattern.test(words))) return 'CONTEXT_TOO_LONG'
  if (status === 404 && (param === 'model' || /\bmodel\b/i.test(words))) return 'MODEL_NOT_FOUND'
  return MODEL_MISSING.test(words) ? 'MODEL_NOT_FOUND' : 'UPSTREAM_ERROR'
}

/**
 * Seconds to wait, rounded up, from `retry-after-ms` or `retry-after` (seconds or an HTTP date). The date counts from the
 * provider's own `date`, because its clock and ours may differ, and from `now` if there is none.
 */
export function retryAfterOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  now: number,
): number | undefined {
  const milliseconds = Number.parseFloat(String(headers['retry-after-ms']))
  if (milliseconds >= 0) return Math.ceil(milliseconds / 1000)
  const value = String(headers['retry-after'])
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value))
  const date = httpDate(value)
  if (date === undefined) return undefined
  return Math.max(0, Math.ceil((date - (httpDate(String(headers['date'])) ?? now)) / 1000))
}

/** `Date.parse` accepts almost anything, but an HTTP date ends in GMT. */
function httpDate(value: string): number | undefined {
  const date = value.endsWith('GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : date
}

/** Removes `apiKey`, and whatever looks like a key, and makes it short and one line. */
export function redacted(text: string, apiKey: string | undefined): string {
  const known = apiKey ? text.replaceAll(apiKey, '[key]') : text
  return known
    .replace(/\bsk-[^\s"'<]+/g, '[key]')
    .replace(/\b(bearer\s+|api[-_ ]?key["']?\s*[:=]\s*["']?)(?!\[key\])[^\s"'<,}]{8,}/gi, '$1[key]')
    .replace(/\s+/g, ' ')
    .slice(0, MAX_MESSAGE)
}

/** The error that a run gets. Nothing in it contains `apiKey`, nor anything that looks like a key. */
export function errorOf(
  failure: Failure,
  written: boolean,
  { apiKey, address }: { apiKey?: string | undefined; address?: string },
): RiachoError {
  const { code, retryAfter, repeatable, status, reported, words } = failure
  const upstream: UpstreamWords = {
    ...(status !== undefined && { status }),
    ...(reported !== undefined && { code: redacted(reported, apiKey) }),
    words: redacted(words ?? failure.message, apiKey),
  }
  const details = { retryAfter, beforeFirstByte: repeatable && !written, address, upstream }
  return new RiachoError(code, redacted(failure.message, apiKey), details)
}

/** The JSON value that a text is, or `undefined`. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first event of a stream that is nothing but an error. */
function firstEventIn(body: string): unknown {
  const data = /^data:(.*)$/m.exec(body)?.[1]
  return data === undefined ? undefined : jsonIn(data)
}

interface Report {
  error?: unknown
  code?: unknown
  type?: unknown
  param?: unknown
  message?: unknown
  detail?: unknown
  details?: unknown
  msg?: unknown
  errors?: unknown
}

/** The fields of an object, or of the first one in a list. */
function reportIn(value: unknown): Report {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'object' && first !== null ? first : {}
}

/** What an error object says, whatever its shape. */
function wordsOf({ message, error, detail, details, msg, errors }: Report): string | undefined {
  for (const said of [message, error, detail, details, msg, errors]) {
    const text = toText(said) ?? (typeof said === 'object' && said !== null ? JSON.stringify(said) : '')
    if (text) return text
  }
  return undefined
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return Array.isArray(value) ? JSON.stringify(value) : undefined
}
