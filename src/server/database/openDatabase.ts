import type { Logger } from 'pino'
import { requireNoCopy } from './copyMark.ts'
import type { Database } from './database.ts'
import { openPostgres, type PostgresDatabase } from './postgres/open.ts'
import { openSqlite, type SqliteDatabase } from './sqlite/open.ts'

/** A database of PostgreSQL has no `file`. */
export interface DatabaseAddress {
  url: string
  file?: string
}

/** Opens the database that a setting names. Throws `DatabaseProblem`. */
export async function openDatabase(
  { url, file }: DatabaseAddress,
  logger: Logger,
): Promise<SqliteDatabase | PostgresDatabase> {
  if (file !== undefined) return openSqlite(file, logger)
  const database = await openPostgres(url)
  try {
    await requireNoCopy(database.queries)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

export function isPostgres(database: Database): database is PostgresDatabase {
  return 'windows' in database
}
