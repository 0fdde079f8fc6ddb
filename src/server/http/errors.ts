import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ERROR_MESSAGES } from '../../protocol/errorMessages.ts'
import {
  type ErrorDetails,
  REQUEST_ERRORS,
  type RequestErrorCode,
  RiachoError,
} from '../../protocol/errors.ts'
import type { ErrorResponse } from '../../protocol/responses.ts'
import { localeOfRequest } from './locale.ts'

/** Seconds after which a refused request is worth another try, where the error does not say. */
const RETRY_AFTER: Partial<Record<RequestErrorCode, number>> = { SHUTTING_DOWN: 5, STORAGE_UNAVAILABLE: 5 }

/** Answers any error with its code, in the caller's language. What we did not foresee is `INTERNAL`, and logged. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, details } = toRequestError(error)
  const status = REQUEST_ERRORS[code]
  if (status >= 500) request.log.error({ err: error, code }, 'request failed')
  const retryAfter = details.retryAfter ?? RETRY_AFTER[code]
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  const body: ErrorResponse = {
    success: false,
    code,
    message: ERROR_MESSAGES[localeOfRequest(request)][code],
    requestId: request.id,
    ...(details.runId !== undefined && { runId: details.runId }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(details.issues && { issues: details.issues }),
  }
  return reply.code(status).header('cache-control', 'no-store').send(body)
}

function toRequestError(error: unknown): { code: RequestErrorCode; details: ErrorDetails } {
  if (error instanceof RiachoError) {
    const { code, details } = error
    return isRequestErrorCode(code) ? { code, details } : { code: 'INTERNAL', details: {} }
  }
  const { statusCode, message } = (error ?? {}) as Partial<FastifyError>
  if (statusCode === 413) return { code: 'TOO_LARGE', details: {} }
  if (statusCode === 404) return { code: 'NOT_FOUND', details: {} }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { code: 'INVALID_REQUEST', details: { issues: [message ?? ''] } }
  }
  return { code: 'INTERNAL', details: {} }
}

function isRequestErrorCode(code: string): code is RequestErrorCode {
  return Object.hasOwn(REQUEST_ERRORS, code)
}
