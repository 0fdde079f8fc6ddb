import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { RiachoError } from '../../protocol/errors.ts'
import { createFileUpkeep } from './fileUpkeep.ts'
import { createGroupCommit, type Durability, type GroupCommitOptions, type Work } from './groupCommit.ts'
import { migrations } from './migrations/index.ts'
import type { Queries, Tables } from './schema.ts'
import { isStorageFault, lockFile, sqliteForKysely } from './sqlite.ts'

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
  /** The size of the file, in bytes. */
  size(): number
  close(): Promise<void>
}

/** Says why a database cannot be opened, in one sentence for the operator. */
export class DatabaseProblem extends Error {
  override readonly name = 'DatabaseProblem'
}

/**
 * Opens the SQLite file `file`: makes its folder if it is missing, makes the file private, locks it for this process,
 * and brings its tables up to date. Throws `DatabaseProblem`.
 */
export async function openDatabase(file: string): Promise<Database> {
  const path = resolve(file)
  const folder = dirname(path)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
    if (existsSync(path)) accessSync(path, constants.W_OK)
    for (const name of [path, `${path}.lock`]) closeSync(openSync(name, 'a', 0o600))
    for (const suffix of ['', '.lock', '-wal', '-shm']) keepFromOthers(path + suffix)
  } catch {
    throw new DatabaseProblem(
      `The database ${path} cannot be written: check that the folder exists and is yours.`,
    )
  }
  const lock = lockFile(`${path}.lock`)
  if (!lock)
    throw new DatabaseProblem(
      `Another process is using the database ${path}. Stop it first, or set DATABASE_URL.`,
    )
  try {
    return await open(path, lock)
  } catch (error) {
    lock.close()
    const reason = error instanceof Error ? error.message : String(error)
    throw new DatabaseProblem(`The database ${path} cannot be opened: ${reason}.`)
  }
}

/**
 * Makes a file readable only by its owner, because an earlier version may have left it open to others. SQLite gives its
 * new files the rights of the database. A file of another user stays as it is, because only that user can change its
 * rights.
 */
function keepFromOthers(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats && stats.uid === process.getuid?.() && stats.mode & 0o077) chmodSync(path, 0o600)
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

async function open(path: string, lock: DatabaseSync): Promise<Database> {
  const sqlite = new DatabaseSync(path)
  sqlite.exec('pragma journal_mode = wal')
  // By default a savepoint of more than 16 pages goes to a file, which takes a tenth of the work for a reply.
  sqlite.exec('pragma temp_store = memory')
  // SQLite overwrites what is deleted, so that no erased text stays in the file.
  sqlite.exec('pragma secure_delete = on')
  const queries = new Kysely<Tables>({ dialect: new Dialect({ database: sqliteForKysely(sqlite) }) })

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

  const transact = createTransactor(sqlite, queries)
  const group = createGroupCommit({ isFatal: isStorageFault, transact })
  return {
    queries,
    write: group.write,
    ...createFileUpkeep({ path, sqlite, queries, transact, alone: group.alone }),
    size: () => statSync(path).size,
    async close() {
      await group.written()
      await queries.destroy()
      lock.close()
    },
  }
}

/** Makes the function that does `work` in one transaction of this durability. */
function createTransactor(sqlite: DatabaseSync, queries: Queries): GroupCommitOptions['transact'] {
  let synchronous: Durability | undefined
  return (durability, work) =>
    queries.connection().execute(async connection => {
      if (synchronous !== durability) {
        sqlite.exec(`pragma synchronous = ${durability === 'power' ? 'full' : 'normal'}`)
        synchronous = durability
      }
      try {
        await connection.transaction().execute(work)
      } catch (cause) {
        if (isStorageFault(cause))
          throw new RiachoError('STORAGE_UNAVAILABLE', 'database write failed', { cause })
        throw cause
      }
    })
}
