import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { CompiledQuery, SqliteDatabase, SqliteStatement } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import type { Queries } from '../schema.ts'
import { isBusy } from './storageFaults.ts'

const MAX_CACHED_STATEMENTS = 256

/**
 * Gives `node:sqlite` the shape that Kysely's SQLite dialect takes, and reuses prepared statements. `faultOf` gives the
 * error to throw in place of one that a statement threw.
 */
export function sqliteForKysely(
  database: DatabaseSync,
  faultOf: (error: unknown) => unknown = error => error,
): SqliteQueries {
  const statements = new Map<string, SqliteStatement>()
  const prepare = (sql: string) => {
    try {
      return database.prepare(sql)
    } catch (error) {
      throw faultOf(error)
    }
  }
  return {
    get isInTransaction() {
      return database.isTransaction
    },
    close: () => database.close(),
    prepare(sql) {
      let statement = statements.get(sql)
      if (!statement) {
        if (statements.size >= MAX_CACHED_STATEMENTS) statements.clear()
        statement = sql === 'rollback' ? rollback(database) : adapt(prepare(sql), faultOf)
        statements.set(sql, statement)
      }
      return statement
    },
  }
}

/** What Kysely takes, and whether a transaction is under way. */
export interface SqliteQueries extends SqliteDatabase {
  readonly isInTransaction: boolean
}

/**
 * Runs built queries. A transaction owns the one connection, so its queries go to SQLite directly: the way through Kysely takes
 * longer than most of them. Every other query waits for its turn there.
 */
export function createExecute(database: SqliteQueries): SqlDialect['execute'] {
  return async <Row>(queries: Queries, query: CompiledQuery<Row>) => {
    if (!queries.isTransaction || !database.isInTransaction) return queries.executeQuery(query)
    const statement = database.prepare(query.sql)
    if (statement.reader) return { rows: statement.all(query.parameters) as Row[] }
    return { rows: [], numAffectedRows: BigInt(statement.run(query.parameters).changes) }
  }
}

function adapt(statement: StatementSync, faultOf: (error: unknown) => unknown): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all(parameters) {
      try {
        return statement.all(...(parameters as SQLInputValue[]))
      } catch (error) {
        throw faultOf(error)
      }
    },
    run(parameters) {
      try {
        return statement.run(...(parameters as SQLInputValue[]))
      } catch (error) {
        throw faultOf(error)
      }
    },
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
    if (isBusy(error)) return undefined
    throw error
  }
}
