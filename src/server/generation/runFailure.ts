import { isRunErrorCode, RiachoError, RUN_ERRORS, type RunErrorCode } from '../../protocol/errors.ts'
import type { RunEnd } from '../../protocol/events.ts'

/** The end of a run that failed with `code`. `retryAfter`: seconds. */
export function failure(code: RunErrorCode, retryAfter?: number): RunEnd {
  const status = code === 'REPLY_INTERRUPTED' ? 'interrupted' : 'failed'
  const { retryable } = RUN_ERRORS[code]
  return { status, code, retryable, ...(retryAfter !== undefined && { retryAfter: Math.ceil(retryAfter) }) }
}

/** The code of a run that `error` ended. */
export function runCode(error: unknown): RunErrorCode {
  return error instanceof RiachoError && isRunErrorCode(error.code) ? error.code : 'UPSTREAM_ERROR'
}
