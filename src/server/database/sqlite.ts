import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

const MAX_CACHED_STATEMENTS = 256

/** Gives `node:sqlite` the shape that Kysely's SQLite dialect takes, and reuses prepared statements. */
export function sqliteForKysely(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      let statement = statements.get(sql)
      if (!statement) {
        if (statements.size >= MAX_CACHED_STATEMENTS) statements.clear()
        statement = sql === 'rollback' ? rollback(database) : adapt(database.prepare(sql))
        statements.set(sql, statement)
      }
      return statement
    },
  }
}

function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: parameters => statement.all(...(parameters as SQLInputValue[])),
    run: parameters => statement.run(...(parameters as SQLInputValue[])),
    iterate: parameters => statement.iterate(...(parameters as SQLInputValue[])),
  }
}

/** On some faults (full disk, I/O) SQLite rolls back by itself. A second rollback would then hide the first error. */
function rollback(database: DatabaseSync): SqliteStatement {
  return {
    reader: false,
    all: () => [],
    run() {
      if (database.isTransaction) database.exec('rollback')
      return { changes: 0, lastInsertRowid: 0 }
    },
    iterate: () => [].values(),
  }
}

/**
 * Locks `path` against every other process while the returned database is open. Returns `undefined` if another process
 * holds it. The operating system releases it when the process dies, so that no stale lock is left.
 */
export function lockFile(path: string): DatabaseSync | undefined {
  const lock = new DatabaseSync(path)
  try {
    lock.exec('begin exclusive')
    return lock
  } catch (error) {
    lock.close()
    if (sqliteCode(error) === SQLITE_BUSY) return undefined
    throw error
  }
}

const SQLITE_BUSY = 5

/**
 * Faults that a person can mend while the server runs: permission, busy, memory, read-only, I/O, corrupt, full, cannot
 * open.
 */
const STORAGE_FAULTS = new Set([3, SQLITE_BUSY, 6, 7, 8, 10, 11, 13, 14, 26])

/** Whether `error` means that the database cannot be used now, and not that a statement was wrong. */
export function isStorageFault(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== undefined && STORAGE_FAULTS.has(code)
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined
  return error.errcode & 0xff
}
