/** Codes a request can be refused with before any stream begins, and the HTTP status of each. */
export const REQUEST_ERRORS = {
  INVALID_REQUEST: 400,
  UNAUTHENTICATED: 401,
  SIGN_IN_REQUIRED: 401,
  SIGN_IN_FAILED: 401,
  FORBIDDEN: 403,
  SIGN_UP_CLOSED: 403,
  SIGN_IN_TOO_OLD: 403,
  KEY_NOT_ALLOWED: 403,
  SHARING_NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONVERSATION_CLOSED: 409,
  CONVERSATION_TEMPORARY: 409,
  RUN_ACTIVE: 409,
  OFFSET_MISMATCH: 409,
  FILE_NOT_READY: 409,
  FILE_IN_USE: 409,
  NOT_PENDING: 409,
  EMAIL_TAKEN: 409,
  MAIL_UNAVAILABLE: 409,
  LINK_INVALID: 410,
  LAST_ADMIN: 409,
  LAST_WAY_IN: 409,
  IDENTITY_TAKEN: 409,
  TOO_MANY_PASSKEYS: 409,
  GROUP_NAME_TAKEN: 409,
  TOO_MANY_GROUPS: 409,
  ASSISTANT_CHANGED: 409,
  FILES_READ_ONLY: 409,
  TOO_MANY_KEYS: 409,
  TOO_LARGE: 413,
  FILE_TOO_LARGE: 413,
  IDEMPOTENCY_MISMATCH: 422,
  PASSWORD_TOO_COMMON: 422,
  PASSKEY_REFUSED: 422,
  RATE_LIMITED: 429,
  TOO_MANY_RUNS: 429,
  LIMIT_REACHED: 429,
  BUDGET_REACHED: 429,
  GROUP_BUDGET_REACHED: 429,
  INTERNAL: 500,
  ISSUER_UNAVAILABLE: 502,
  SHUTTING_DOWN: 503,
  STORAGE_UNAVAILABLE: 503,
  QUOTA_EXCEEDED: 507,
} as const

/** Codes a run can end with, and whether asking again, unchanged, may succeed. */
export const RUN_ERRORS = {
  UPSTREAM_AUTH: { retryable: false },
  UPSTREAM_QUOTA: { retryable: false },
  UPSTREAM_RATE_LIMIT: { retryable: true },
  UPSTREAM_OVERLOADED: { retryable: true },
  UPSTREAM_TIMEOUT: { retryable: true },
  UPSTREAM_UNREACHABLE: { retryable: true },
  UPSTREAM_TRUNCATED: { retryable: true },
  UPSTREAM_ERROR: { retryable: true },
  EMPTY_REPLY: { retryable: true },
  MODEL_NOT_FOUND: { retryable: false },
  CONTEXT_TOO_LONG: { retryable: false },
  CONTENT_FILTERED: { retryable: false },
  OUTPUT_LIMIT: { retryable: true },
  TOOL_LIMIT: { retryable: true },
  TOO_MANY_RUNS: { retryable: true },
  LIMIT_REACHED: { retryable: true },
  BUDGET_REACHED: { retryable: true },
  GROUP_BUDGET_REACHED: { retryable: true },
  REPLY_INTERRUPTED: { retryable: true },
  STORAGE_UNAVAILABLE: { retryable: true },
} as const

/** Why a file that was uploaded cannot go with messages. */
export const FILE_REFUSALS = {
  FILE_TOO_LARGE: true,
  FILE_UNSUPPORTED: true,
  FILE_UNREADABLE: true,
  FILE_ENCRYPTED: true,
  FILE_EMPTY: true,
  FILE_TOO_LONG: true,
  FILE_TOO_SLOW: true,
  IMAGE_TOO_LARGE: true,
  QUOTA_EXCEEDED: true,
} as const

export type RequestErrorCode = keyof typeof REQUEST_ERRORS
export type RunErrorCode = keyof typeof RUN_ERRORS
export type FileRefusal = keyof typeof FILE_REFUSALS
export type ErrorCode = RequestErrorCode | RunErrorCode | FileRefusal

/**
 * With STORAGE_UNAVAILABLE: what is wrong with the database. `missing`, `replaced`: a file of it is no longer the one that
 * the server opened. `damaged`: its pages make no sense. `failed`: the system refuses, for another reason.
 */
export type StorageReason = 'missing' | 'replaced' | 'damaged' | 'full' | 'read-only' | 'busy' | 'failed'

export interface ErrorDetails {
  /** Seconds to wait before asking again. */
  retryAfter?: number
  /** With RUN_ACTIVE: the run that has to end first. */
  runId?: string
  /** With OFFSET_MISMATCH: how many bytes of the file are there. */
  offset?: number
  /** With METHOD_NOT_ALLOWED: the methods of the path. */
  allow?: readonly string[]
  /** With INVALID_REQUEST: what is wrong and where, `content: too short`. */
  issues?: string[]
  /** The provider failed before one byte of its reply arrived, so asking again cannot repeat any text. */
  beforeFirstByte?: boolean
  /** With STORAGE_UNAVAILABLE, if it is known. */
  reason?: StorageReason
  /** The log has a line about the cause already. */
  isLogged?: boolean
  /** Where the provider was asked. Only logs show it. */
  address?: string
  /** What the provider said, for logs. */
  upstream?: UpstreamWords
  cause?: unknown
}

/** A provider's failure as it came, without keys. */
export interface UpstreamWords {
  /** HTTP status. */
  status?: number
  /** Its own code for it. */
  code?: string
  words: string
}

/** The one error class of the project. `message` is for logs; people read the catalogue entry of `code`. */
export class RiachoError extends Error {
  override readonly name = 'RiachoError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string = code, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.details = details
  }
}

export function isRunErrorCode(code: string): code is RunErrorCode {
  return Object.hasOwn(RUN_ERRORS, code)
}
