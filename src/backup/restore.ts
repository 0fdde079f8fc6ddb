import { constants } from 'node:fs'
import { chmod, copyFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { lockFile } from '../server/database/sqlite/driver.ts'
import { prepareFile } from '../server/database/sqlite/file/databaseFile.ts'
import type { BlobStore } from '../server/files/blobStore.ts'
import { backUp, sync } from './backUp.ts'
import { BackupProblem } from './backupProblem.ts'
import { copyFiles, namesIn, releaseUnknown } from './fileCopies.ts'
import { hashOf, verify } from './verify.ts'

export interface RestoreOptions {
  /** The database that is replaced. No server may use it. */
  file: string
  /** The copy. */
  from: string
  now: Date
  /** Where the bytes of files are copied from, and the store of the server. If absent, they are not restored. */
  stores?: { from: BlobStore; to: BlobStore } | undefined
}

/**
 * Puts a copy in place of a database. Before that, it verifies the copy and makes one of what is there. A process that
 * is killed in the middle leaves the old database or the new one, never a part of one. Resolves with the copy of what was
 * there, if there was something. Throws `BackupProblem` and `DatabaseProblem`.
 */
export async function restore({
  file,
  from,
  now,
  stores,
}: RestoreOptions): Promise<{ before: string | undefined }> {
  await verify(from)
  const path = prepareFile(file)
  const lock = lockFile(`${path}.lock`)
  if (!lock) throw new BackupProblem(`Riacho is using ${path}. Stop it first.`)
  try {
    const before = isEmpty(path)
      ? undefined
      : await backUp({ file: path, folder: dirname(path), prefix: 'before-restore', now })
    const next = `${path}.restoring`
    await rm(next, { force: true })
    await copyFile(from, next, constants.COPYFILE_FICLONE)
    await chmod(next, 0o600)
    if ((await hashOf(next)) !== (await hashOf(from))) throw new BackupProblem(`${from} could not be copied.`)
    if (stores) {
      // Before the database, so that it names nothing that is not there.
      await copyFiles(namesIn(next), stores)
      await releaseUnknown(next, stores.to, now.getTime())
    }
    await sync(next)
    closeLog(path)
    await rename(next, path)
    await sync(dirname(path))
    return { before: before?.path }
  } finally {
    lock.close()
  }
}

function isEmpty(path: string): boolean {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return database.prepare('select count(*) as n from sqlite_schema').get()?.['n'] === 0
  } finally {
    database.close()
  }
}

/**
 * Moves the write-ahead log to the database and removes it. SQLite would play the log of the old database into the new
 * one.
 */
function closeLog(path: string): void {
  const database = new DatabaseSync(path)
  try {
    const [done] = database.prepare('pragma wal_checkpoint(truncate)').all()
    if (done?.['busy'] !== 0) throw new BackupProblem(`Another process reads ${path}. End it first.`)
  } finally {
    database.close()
  }
}
