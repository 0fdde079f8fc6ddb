import { RiachoError, type RunErrorCode } from '../../../protocol/errors.ts'

/** With these codes the provider is out of order. Others are answers to this one request. */
const OUTAGES: ReadonlySet<string> = new Set([
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_TRUNCATED',
  'UPSTREAM_ERROR',
] satisfies RunErrorCode[])

/** With these codes another provider may answer the same request. With others it is the request that is wrong. */
const PASSED_ON: ReadonlySet<string> = new Set([
  ...OUTAGES,
  'UPSTREAM_RATE_LIMIT',
  'UPSTREAM_AUTH',
  'UPSTREAM_QUOTA',
  'MODEL_NOT_FOUND',
] satisfies (RunErrorCode | string)[])

/** A wait that is at most this long, in seconds, is shorter than the loss of the better provider is bad. */
const SHORT_WAIT = 5

/** Whether the provider is out of order. Nothing of the reply has come. */
export function isOutage(error: unknown): error is RiachoError {
  return error instanceof RiachoError && OUTAGES.has(error.code) && !blamesRequest(error)
}

/**
 * Whether the next provider is asked, after a failure before the first chunk. A provider that keeps replies may have kept
 * this one, and writes and bills it to its end: only if the failure says that it did not begin, another one is asked.
 * Any other provider stops when its connection closes, so that at most a few words are billed twice.
 */
export function movesOn(error: unknown, { keepsReplies }: { keepsReplies: boolean }): boolean {
  if (!(error instanceof RiachoError) || !PASSED_ON.has(error.code) || blamesRequest(error)) return false
  const { retryAfter, beforeFirstByte } = error.details
  if (error.code === 'UPSTREAM_RATE_LIMIT' && retryAfter !== undefined && retryAfter <= SHORT_WAIT)
    return false
  return !keepsReplies || beforeFirstByte === true
}

/** An error without a meaning of its own, by whose status the request is wrong. */
function blamesRequest({ code, details }: RiachoError): boolean {
  const status = details.upstream?.status ?? 0
  if (code !== 'UPSTREAM_ERROR' || status < 400 || status >= 500) return false
  return ![408, 409, 425].includes(status)
}
