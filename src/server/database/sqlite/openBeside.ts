import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import type { Database } from '../database.ts'
import { DatabaseProblem } from '../databaseProblem.ts'
import type { Tables } from '../schema.ts'
import { sqliteForKysely } from './driver.ts'

/** How long a write waits for those of a server, in milliseconds. */
const PATIENCE = 5000

/**
 * Opens the SQLite file of a server that may be running, without its lock, for a few small writes. The tables stay as
 * they are. Throws `DatabaseProblem`.
 */
export async function openBeside(
  file: string,
): Promise<Pick<Database, 'queries' | 'write' | 'writeFor' | 'close'>> {
  const path = resolve(file)
  if (!existsSync(path)) throw new DatabaseProblem(`There is no database ${path}. Start Riacho once first.`)
  const sqlite = new DatabaseSync(path, { timeout: PATIENCE })
  sqlite.exec('pragma synchronous = full')
  sqlite.exec('pragma wal_autocheckpoint = 0')
  sqlite.exec('pragma secure_delete = on')
  const queries = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqliteForKysely(sqlite) }) })
  const isReady = sqlite.prepare(`select name from sqlite_master where name = 'accounts'`).get()
  if (!isReady) {
    await queries.destroy()
    throw new DatabaseProblem(`The database ${path} is of an earlier version. Start Riacho once first.`)
  }
  // Takes the lock of writes first, because a read before it could see an older moment than the write.
  const write: Database['write'] = (_durability, work) =>
    queries.connection().execute(async connection => {
      sqlite.exec('begin immediate')
      try {
        const result = await work(connection, NO_TRANSACTION)
        sqlite.exec('commit')
        return result
      } catch (error) {
        if (sqlite.isTransaction) sqlite.exec('rollback')
        throw error
      }
    })
  return {
    queries,
    write,
    // One write at a time is a turn for every owner.
    writeFor: (_ownerId, durability, work) => write(durability, work),
    close: () => queries.destroy(),
  }
}

/** Nobody here waits for a commit. */
const NO_TRANSACTION = {
  afterCommit() {},
  onRollback() {},
  confirmBy() {},
  async giveWay() {},
}
