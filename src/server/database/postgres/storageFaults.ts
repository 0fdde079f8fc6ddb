import { DatabaseError } from 'pg'
import { RiachoError, type StorageReason } from '../../../protocol/errors.ts'

/** What SQLSTATE codes mean, by the whole code or its class, if they say that the database cannot be used now. */
const REASONS: Partial<Record<string, StorageReason>> = {
  '08': 'failed',
  '25006': 'read-only',
  '53': 'failed',
  '53100': 'full',
  '55P03': 'busy',
  '57014': 'busy',
  '57P': 'failed',
  '58': 'failed',
  XX001: 'damaged',
  XX002: 'damaged',
}

/**
 * The error to throw in place of one of the driver: `STORAGE_UNAVAILABLE` if the database cannot be used, and otherwise
 * the same. An error of the connection has no SQLSTATE.
 */
export function faultOf(error: unknown): unknown {
  const reason = reasonOf(error)
  if (!reason) return error
  return new RiachoError('STORAGE_UNAVAILABLE', `the database takes nothing: ${wordsOf(error)}`, {
    cause: error,
    reason,
  })
}

/**
 * Whether the server refused the statement, and the connection is good. Otherwise nobody knows whether it was done: also
 * if the server ends the connection, or a pooler lost the server.
 */
export function isRefusal(error: unknown): boolean {
  const cause = causeOf(error)
  if (!(cause instanceof DatabaseError)) return false
  const { severity = '', code = '' } = cause
  return !/^(FATAL|PANIC)$/.test(severity) && !/^(08|57P|58)/.test(code)
}

/** Whether the server refused what the statement says, so that a repeat is refused too. */
export function isFaultOfStatement(error: unknown): boolean {
  return isRefusal(error) && /^(22|23|42|54)/.test(codeOf(error) ?? '')
}

/** Whether the transaction failed only because of another one, so that a repeat can succeed. */
export function isConflict(error: unknown): boolean {
  return ['40P01', '40001'].includes(codeOf(error) ?? '')
}

/** The SQLSTATE of an error of the server. */
export function codeOf(error: unknown): string | undefined {
  const cause = causeOf(error)
  return cause instanceof DatabaseError ? cause.code : undefined
}

function causeOf(error: unknown): unknown {
  return error instanceof RiachoError ? error.details.cause : error
}

function reasonOf(error: unknown): StorageReason | undefined {
  if (error instanceof RiachoError) return undefined
  if (!(error instanceof DatabaseError)) return isOfConnection(error) ? 'failed' : undefined
  const { code = '' } = error
  return REASONS[code] ?? REASONS[code.slice(0, 3)] ?? REASONS[code.slice(0, 2)]
}

const CONNECTION_WORDS =
  /connection terminated|client has encountered a connection error|client was closed|timeout|not queryable|connection error/i

/** The driver gives errors of a connection no class of their own. */
function isOfConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return /^E[A-Z_]+$/.test(code) || CONNECTION_WORDS.test(error.message)
}

/** What an error says, for the operator. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error instanceof AggregateError ? error.errors.map(wordsOf).join('; ') : error.message
}
