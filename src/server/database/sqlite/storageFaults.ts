import type { Logger } from 'pino'
import { RiachoError, type StorageReason } from '../../../protocol/errors.ts'

/** The result codes of SQLite that mean that the database cannot be used now, and not that a statement was wrong. */
const REASONS: Partial<Record<number, StorageReason>> = {
  3: 'failed',
  5: 'busy',
  6: 'busy',
  7: 'failed',
  8: 'read-only',
  10: 'failed',
  11: 'damaged',
  13: 'full',
  14: 'failed',
  26: 'damaged',
}

/**
 * Makes a function that gives the error to throw in place of one that SQLite threw: `STORAGE_UNAVAILABLE` if the
 * database `path` cannot be used, and otherwise the same. The log says once that the database is damaged.
 */
export function createFaultOf(path: string, logger: Logger): (error: unknown) => unknown {
  let isDamageLogged = false
  return error => {
    const reason = reasonOf(error)
    if (!reason) return error
    const details = { cause: error, reason }
    if (reason !== 'damaged')
      return new RiachoError('STORAGE_UNAVAILABLE', `the database takes nothing: ${reason}`, details)
    const sentence = damageOf(path, error)
    if (!isDamageLogged) logger.error({ err: error }, sentence)
    isDamageLogged = true
    return new RiachoError('STORAGE_UNAVAILABLE', sentence, { ...details, isLogged: true })
  }
}

/** Whether `error` says that the database cannot be used now. Then the transaction cannot continue. */
export function isStorageFault(error: unknown): boolean {
  return error instanceof RiachoError && error.code === 'STORAGE_UNAVAILABLE'
}

/** Whether `error`, as made by `createFaultOf`, says that the disk is full. */
export function isFullDisk(error: unknown): boolean {
  return error instanceof RiachoError && error.details.reason === 'full'
}

/** Whether another process holds the lock that a statement needs. */
export function isBusy(error: unknown): boolean {
  return reasonOf(error) === 'busy'
}

/** Says in one sentence for the operator why the database `path` cannot be opened. */
export function openingProblem(path: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (isStorageFault(error)) return message
  const advice = reasonOf(error) === 'damaged' ? ` If it is damaged, ${WAY_BACK}.` : ''
  return `The database ${path} cannot be opened: ${message}.${advice}`
}

function damageOf(path: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error)
  return `The database ${path} is damaged (${said}): stop Riacho and ${WAY_BACK}.`
}

const WAY_BACK = 'go back to a copy, see docs/deployment/backups.md'

/** SQLite gives the code of a result in the lowest byte. */
function reasonOf(error: unknown): StorageReason | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined
  return REASONS[error.errcode & 0xff]
}
