import { ERROR_MESSAGES } from '../../protocol/errorMessages.ts'
import {
  type ErrorDetails,
  REQUEST_ERRORS,
  type RequestErrorCode,
  RiachoError,
} from '../../protocol/errors.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { ErrorResponse } from '../../protocol/responses.ts'
import type { JsonAnswer } from './answer.ts'

/** Seconds after which a refused request is worth another try, if the error does not say. */
const RETRY_AFTER: Partial<Record<RequestErrorCode, number>> = { SHUTTING_DOWN: 5, STORAGE_UNAVAILABLE: 5 }

/**
 * Turns any error into an answer with its code, in the language of the caller. An error that we did not foresee is
 * `INTERNAL`.
 */
export function errorAnswer(
  error: unknown,
  { locale, requestId }: { locale: Locale; requestId: string },
): JsonAnswer & { status: number; body: ErrorResponse } {
  const { code, details } = toRequestError(error)
  const retryAfter = details.retryAfter ?? RETRY_AFTER[code]
  const body: ErrorResponse = {
    success: false,
    code,
    message: ERROR_MESSAGES[locale][code],
    requestId,
    ...(details.runId !== undefined && { runId: details.runId }),
    ...(details.offset !== undefined && { offset: details.offset }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(details.issues && { issues: details.issues }),
    ...(details.reason && { reason: details.reason }),
  }
  return {
    type: 'json',
    status: REQUEST_ERRORS[code],
    headers: {
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(details.offset !== undefined && { 'upload-offset': String(details.offset) }),
      ...(details.allow && { allow: details.allow.join(', ') }),
      // RFC 9110 asks for it.
      ...(code === 'UNAUTHENTICATED' && { 'www-authenticate': 'Bearer' }),
      ...((code === 'SIGN_IN_REQUIRED' || code === 'SIGN_IN_FAILED') && { 'www-authenticate': 'Session' }),
    },
    body,
  }
}

/** Whether the answer tells of something that an operator should see. A full quota is none. */
export function isFault({ status }: { status: number }): boolean {
  return status >= 500 && status !== REQUEST_ERRORS.QUOTA_EXCEEDED
}

function toRequestError(error: unknown): { code: RequestErrorCode; details: ErrorDetails } {
  if (error instanceof RiachoError) {
    const { code, details } = error
    return isRequestErrorCode(code) ? { code, details } : { code: 'INTERNAL', details: {} }
  }
  // The HTTP library refuses a request that it cannot read with an error that has a status.
  const { statusCode, message } = (error ?? {}) as { statusCode?: number; message?: string }
  if (statusCode === 413) return { code: 'TOO_LARGE', details: {} }
  if (statusCode === 404) return { code: 'NOT_FOUND', details: {} }
  if (statusCode === 415)
    return { code: 'INVALID_REQUEST', details: { issues: ['content-type: expected application/json'] } }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { code: 'INVALID_REQUEST', details: { issues: [message ?? ''] } }
  }
  return { code: 'INTERNAL', details: {} }
}

function isRequestErrorCode(code: string): code is RequestErrorCode {
  return Object.hasOwn(REQUEST_ERRORS, code)
}
