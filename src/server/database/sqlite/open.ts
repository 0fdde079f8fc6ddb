import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Logger } from 'pino'
import type { Database, Durability, RewritableFile } from '../database.ts'
import { DatabaseProblem } from '../databaseProblem.ts'
import type { SqlDialect } from '../dialect.ts'
import type { Tables } from '../schema.ts'
import { sqliteDialect } from './dialect.ts'
import { createExecute, lockFile, type SqliteQueries, sqliteForKysely } from './driver.ts'
import { prepareFile, watchFiles } from './file/databaseFile.ts'
import { createFileUpkeep } from './file/fileUpkeep.ts'
import { markRewriteDue } from './file/rewriteMark.ts'
import { createGroupCommit, type GroupCommitOptions } from './groupCommit.ts'
import { migrations } from './migrations/index.ts'
import { createFaultOf, isStorageFault, openingProblem } from './storageFaults.ts'

export type SqliteDatabase = Database & { readonly file: RewritableFile }

/**
 * Opens the SQLite file `file`: makes its folder if it is missing, makes the file private, locks it for this process,
 * and brings its tables up to date. `logger` learns of faults that last. Throws `DatabaseProblem`.
 */
export async function openSqlite(file: string, logger: Logger): Promise<SqliteDatabase> {
  const path = prepareFile(file)
  const lock = lockFile(`${path}.lock`)
  if (!lock)
    throw new DatabaseProblem(
      `Another process is using the database ${path}. Stop it first, or set DATABASE_URL.`,
    )
  try {
    return await open(path, lock, logger)
  } catch (error) {
    lock.close()
    throw new DatabaseProblem(openingProblem(path, error))
  }
}

/**
 * By default Kysely migrates SQLite outside a transaction. A process that is killed then would leave half of the
 * tables.
 */
class Dialect extends SqliteDialect {
  readonly #dialect: SqlDialect

  constructor(database: SqliteQueries) {
    super({ database })
    this.#dialect = { ...sqliteDialect, execute: createExecute(database) }
  }

  override createAdapter(): SqliteAdapter {
    const dialect = this.#dialect
    return new (class extends SqliteAdapter {
      readonly dialect = dialect
      override get supportsTransactionalDdl(): boolean {
        return true
      }
    })()
  }
}

async function open(path: string, lock: DatabaseSync, logger: Logger): Promise<SqliteDatabase> {
  const faultOf = createFaultOf(path, logger)
  const { sqlite, queries } = await openTables(path, faultOf)
  const files = watchFiles(path, logger)

  const setSynchronous = createSynchronous(sqlite, faultOf)
  const transact: GroupCommitOptions['transact'] = (durability, work) => {
    const done = queries.connection().execute(async connection => {
      setSynchronous(durability)
      await connection.transaction().execute(async transaction => {
        await work(transaction)
        // A write to a file that was deleted or replaced is lost. Looking once a second is enough, and the commit
        // window makes at least one `power` commit a second.
        if (durability === 'power' || files.isLost) files.requireInPlace()
      })
    })
    // Beside the promise that the callers wait for, so that no fault of it makes a stored write look refused.
    void done.then(upkeep.committed, upkeep.refused)
    return done
  }
  const group = createGroupCommit({
    isFatal: isStorageFault,
    transact,
    monotonic: () => performance.now(),
  })
  const { requireInPlace } = files
  const upkeep = createFileUpkeep({ path, logger, transact, alone: group.alone, requireInPlace, faultOf })
  return {
    queries,
    read: work => queries.transaction().execute(work),
    write: group.write,
    // Every write waits for the one before it.
    writeFor: (_ownerId, durability, work) => group.write(durability, work),
    purge: upkeep.purge,
    eraseSome: upkeep.eraseSome,
    erase: (at, work) =>
      group.write('process', async (queries, transaction) => {
        await markRewriteDue(queries, at)
        return work(queries, transaction)
      }),
    async tidy() {},
    file: { rewrite: upkeep.rewrite, size: () => statSync(path).size },
    async close() {
      await group.written()
      await upkeep.close()
      await queries.destroy()
      lock.close()
    },
  }
}

/** Opens the file, and brings its tables up to date. */
async function openTables(
  path: string,
  faultOf: (error: unknown) => unknown,
): Promise<{ sqlite: DatabaseSync; queries: Kysely<Tables> }> {
  const sqlite = new DatabaseSync(path)
  sqlite.exec('pragma journal_mode = wal')
  // By default a savepoint of more than 16 pages goes to a file, which takes a tenth of the work for a reply.
  sqlite.exec('pragma temp_store = memory')
  // The command of the operator writes a row now and then, in another process. A commit takes a few milliseconds.
  sqlite.exec('pragma busy_timeout = 100')
  // SQLite overwrites what is deleted, so that no erased text stays in the file.
  sqlite.exec('pragma secure_delete = on')
  // A thread moves the log to the file, because the event loop would wait for the disk.
  sqlite.exec('pragma wal_autocheckpoint = 0')
  const database = sqliteForKysely(sqlite, faultOf)
  const queries = new Kysely<Tables>({ dialect: new Dialect(database) })

  const { error } = await new Migrator({
    db: queries,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  if (error) {
    await queries.destroy()
    throw error
  }
  // If the last process was killed, the write-ahead log still has what it erased.
  sqlite.exec('pragma wal_checkpoint(truncate)')
  return { sqlite, queries }
}

/** Makes a function that sets how durable the next commits are. It asks SQLite only if that changes. */
function createSynchronous(
  sqlite: DatabaseSync,
  faultOf: (error: unknown) => unknown,
): (durability: Durability) => void {
  let current: Durability | undefined
  return durability => {
    if (current === durability) return
    try {
      sqlite.exec(`pragma synchronous = ${durability === 'power' ? 'full' : 'normal'}`)
    } catch (error) {
      throw faultOf(error)
    }
    current = durability
  }
}
