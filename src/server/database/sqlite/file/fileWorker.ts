import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { FileWork, FileWorkAnswer, LogState } from './fileThread.ts'

/** How much free space a rewriting needs, as a factor of the file: a temporary copy, and the write-ahead log. */
const SPACE = 2.2
/** How long to wait until nobody reads any more, in milliseconds. */
const READERS_WAIT = 200
/** How long to wait for Riacho's own reads, in milliseconds. A read holds the log for some milliseconds at most. */
const OWN_READS_WAIT = 20
/** The bytes that the log has beside the page in each frame. */
const FRAME_HEADER = 24

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
  const timeout = work.what === 'restart-log' && !work.waits ? OWN_READS_WAIT : READERS_WAIT
  const sqlite = new DatabaseSync(file, { timeout })
  try {
    sqlite.exec('pragma wal_autocheckpoint = 0')
    sqlite.exec('pragma secure_delete = on')
    switch (work.what) {
      case 'move-log':
        return moveLog(sqlite, 'passive')
      case 'restart-log':
        return moveLog(sqlite, work.truncates ? 'truncate' : 'restart')
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

function moveLog(sqlite: DatabaseSync, mode: 'passive' | 'restart' | 'truncate'): LogState {
  const { busy, log, checkpointed } = sqlite.prepare(`pragma wal_checkpoint(${mode})`).get() ?? {}
  const frames = Number(log)
  const isHeld = busy !== 0 || Number(checkpointed) < frames
  // SQLite counts -1 frames while another process moves the log. Then the file is the best guess.
  if (frames < 0) return { bytes: statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0, isHeld }
  const { page_size } = sqlite.prepare('pragma page_size').get() ?? {}
  return { bytes: frames * (Number(page_size) + FRAME_HEADER), isHeld }
}

function truncateLog(sqlite: DatabaseSync): void {
  if (moveLog(sqlite, 'truncate').isHeld) throw new Error('another process reads the database')
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
