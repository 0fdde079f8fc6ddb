import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Logger } from 'pino'
import { DatabaseProblem, prepareFile, watchFiles } from './file/databaseFile.ts'
import type { Erasure } from './file/fileThread.ts'
import { createFileUpkeep } from './file/fileUpkeep.ts'
import { createGroupCommit, type Durability, type GroupCommitOptions, type Work } from './groupCommit.ts'
import { migrations } from './migrations/index.ts'
import type { Queries, Tables } from './schema.ts'
import { lockFile, sqliteForKysely } from './sqlite.ts'
import { createFaultOf, isStorageFault, openingProblem } from './storageFaults.ts'

export interface Database {
  /** For reads. */
  readonly queries: Queries
  /**
   * Runs `work` after every write asked for before it; all of it or nothing is stored. Writes that wait at the same
   * time share one transaction. Throws `STORAGE_UNAVAILABLE` when the database cannot take it, and what `work` throws.
   */
  write<T>(durability: Durability, work: Work<T>): Promise<T>
  /**
   * Leaves nothing that was erased in the write-ahead log. Throws `STORAGE_UNAVAILABLE` while another process reads it.
   */
  purge(): Promise<void>
  /**
   * Writes the whole file anew, so that no page keeps a copy of what was erased, and removes the mark that this is due.
   * Writes wait meanwhile: about six seconds for a gigabyte. Reads do not. Throws `STORAGE_UNAVAILABLE` if another
   * process reads the file, or the disk has too little space. Then the mark stays.
   */
  rewrite(): Promise<void>
  /**
   * Erases one slice of a deleted conversation, and marks that a rewriting is due, in one transaction. Writes wait
   * meanwhile. Throws `STORAGE_UNAVAILABLE`.
   */
  eraseSome(erasure: Erasure): Promise<void>
  /** The size of the file, in bytes. */
  size(): number
  close(): Promise<void>
}

/**
 * Opens the SQLite file `file`: makes its folder if it is missing, makes the file private, locks it for this process,
 * and brings its tables up to date. `logger` learns of faults that last. Throws `DatabaseProblem`.
 */
export async function openDatabase(file: string, logger: Logger): Promise<Database> {
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
  override createAdapter(): SqliteAdapter {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl(): boolean {
        return true
      }
    })()
  }
}

async function open(path: string, lock: DatabaseSync, logger: Logger): Promise<Database> {
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
    write: group.write,
    purge: upkeep.purge,
    rewrite: upkeep.rewrite,
    eraseSome: upkeep.eraseSome,
    size: () => statSync(path).size,
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
  // SQLite overwrites what is deleted, so that no erased text stays in the file.
  sqlite.exec('pragma secure_delete = on')
  // A thread moves the log to the file, because the event loop would wait for the disk.
  sqlite.exec('pragma wal_autocheckpoint = 0')
  const database = sqliteForKysely(sqlite, faultOf)
  const queries = new Kysely<Tables>({ dialect: new Dialect({ database }) })

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
