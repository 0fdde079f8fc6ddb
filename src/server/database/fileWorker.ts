import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { FileWork, FileWorkAnswer, LogState } from './fileThread.ts'

/** How much free space a rewriting needs, as a factor of the file: a temporary copy, and the write-ahead log. */
const SPACE = 2.2
/** How long to wait until nobody reads any more, in milliseconds. Riacho's own reads take less. */
const READERS_WAIT = 200

const file = workerData as string

parentPort?.on('message', async (work: FileWork) => {
  let answer: FileWorkAnswer
  try {
    answer = { result: await doWork(work) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    answer = { message, errcode: error instanceof Error && 'errcode' in error ? error.errcode : undefined }
  }
  parentPort?.postMessage(answer)
})

/** Each work has a connection of its own, so that it finds no setting and no lock of the work before it. */
async function doWork(work: FileWork): Promise<unknown> {
  const sqlite = new DatabaseSync(file, { timeout: READERS_WAIT })
  try {
    sqlite.exec('pragma wal_autocheckpoint = 0')
    sqlite.exec('pragma secure_delete = on')
    switch (work.what) {
      case 'move-log':
        return moveLog(sqlite, 'passive')
      case 'restart-log':
        return moveLog(sqlite, 'restart')
      case 'truncate-log':
        return truncateLog(sqlite)
      case 'rewrite':
        return rewrite(sqlite)
      case 'erase': {
        // Loaded only then, because a thread that just moves the log starts three times as fast without it.
        const { eraseOnThread } = await import('./eraseOnThread.ts')
        return await eraseOnThread(sqlite, work)
      }
      default:
        work satisfies never
    }
  } finally {
    sqlite.close()
  }
}

function moveLog(sqlite: DatabaseSync, mode: 'passive' | 'restart'): LogState {
  const { log, checkpointed } = sqlite.prepare(`pragma wal_checkpoint(${mode})`).get() ?? {}
  return { frames: Number(log), moved: Number(checkpointed) }
}

function truncateLog(sqlite: DatabaseSync): void {
  const result = sqlite.prepare('pragma wal_checkpoint(truncate)').get()
  if (result?.['busy'] !== 0) throw new Error('another process reads the database')
}

function rewrite(sqlite: DatabaseSync): void {
  // Before the rewriting too, because a reader would keep the whole new file in the log.
  truncateLog(sqlite)
  const folder = dirname(file)
  const needed = statSync(file).size * SPACE
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < needed)
    throw new Error(`rewriting the database needs ${Math.ceil(needed / 1e6)} MB of free space in ${folder}`)
  // Other folders for temporary files may be small, in memory, or missing. SQLite unlinks the file when it opens it.
  sqlite.exec(`pragma temp_store_directory = '${folder.replaceAll("'", "''")}'`)
  sqlite.exec('pragma temp_store = file')
  try {
    sqlite.exec('vacuum')
  } finally {
    // The folder holds for the whole process, and not for this connection alone.
    sqlite.exec("pragma temp_store_directory = ''")
    truncateLog(sqlite)
  }
}
