import { isRunErrorCode, RiachoError, RUN_ERRORS, type RunErrorCode } from '../../protocol/errors.ts'
import type { RunEnd } from '../../protocol/events.ts'

/** A provider that asks for a longer wait is taken to ask for this one, in seconds: a year. */
const LONGEST_WAIT = 31_536_000

/** The end of a run that failed with `code`. `retryAfter`: seconds. */
export function failure(code: RunErrorCode, retryAfter?: number): RunEnd {
  const status = code === 'REPLY_INTERRUPTED' ? 'interrupted' : 'failed'
  const { retryable } = RUN_ERRORS[code]
  const wait = retryAfter !== undefined && { retryAfter: Math.min(LONGEST_WAIT, Math.ceil(retryAfter)) }
  return { status, code, retryable, ...wait }
}

/** The code of a run that `error` ended. */
export function runCode(error: unknown): RunErrorCode {
  return error instanceof RiachoError && isRunErrorCode(error.code) ? error.code : 'UPSTREAM_ERROR'
}

/** The end of a run that `error` ended. */
export function failureOf(error: unknown): RunEnd {
  return failure(runCode(error), error instanceof RiachoError ? error.details.retryAfter : undefined)
}
