import type { Logger } from 'pino'
import type { Database } from './database.ts'
import { openPostgres, type PostgresDatabase } from './postgres/open.ts'
import { openSqlite, type SqliteDatabase } from './sqlite/open.ts'

/** A database of PostgreSQL has no `file`. */
export interface DatabaseAddress {
  url: string
  file?: string
}

/** Opens the database that a setting names. Throws `DatabaseProblem`. */
export function openDatabase(
  { url, file }: DatabaseAddress,
  logger: Logger,
): Promise<SqliteDatabase | PostgresDatabase> {
  return file === undefined ? openPostgres(url) : openSqlite(file, logger)
}

export function isPostgres(database: Database): database is PostgresDatabase {
  return 'windows' in database
}
