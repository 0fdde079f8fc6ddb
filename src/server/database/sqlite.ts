import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

const MAX_CACHED_STATEMENTS = 256

/** `node:sqlite` in the shape that Kysely's SQLite dialect takes, with prepared statements kept for reuse. */
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

/** SQLite itself rolls back on some faults (full disk, I/O), and a second rollback would hide the first error. */
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
 * Holds `path` against every other process for as long as the returned database stays open. The operating system
 * lets go of it when the process dies, however it dies, so there is no stale lock to clean up.
 * Returns `undefined` when another process holds it.
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

/** The causes a person can remedy while the server runs: permission, busy, memory, read-only, I/O, corrupt, full, cannot open. */
const STORAGE_FAULTS = new Set([3, SQLITE_BUSY, 6, 7, 8, 10, 11, 13, 14, 26])

/** Whether `error` says that the database cannot be read or written now, rather than that a statement was wrong. */
export function isStorageFault(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== undefined && STORAGE_FAULTS.has(code)
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined
  return error.errcode & 0xff
}
