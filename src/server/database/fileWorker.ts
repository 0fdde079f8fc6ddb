import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import type { FileWork } from './fileWork.ts'

/** How much free space a rewriting needs, as a factor of the file: a temporary copy, and the write-ahead log. */
const SPACE = 2.2
/** How long to wait until nobody reads any more, in milliseconds. Riacho's own reads take less. */
const READERS_WAIT = 200

/** Does one work on the file of a database, in a thread and on a connection of its own. Throws if it cannot. */
const { file, what } = workerData as FileWork
const sqlite = new DatabaseSync(file, { timeout: READERS_WAIT })
try {
  // Also before a rewriting, because a reader would keep the whole new file in the log.
  truncateLog()
  if (what === 'rewrite') rewrite()
} finally {
  sqlite.close()
}

function truncateLog(): void {
  const [result] = sqlite.prepare('pragma wal_checkpoint(truncate)').all()
  if (result?.['busy'] !== 0) throw new Error('another process reads the database')
}

function rewrite(): void {
  const folder = dirname(file)
  const needed = statSync(file).size * SPACE
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < needed)
    throw new Error(`rewriting the database needs ${Math.ceil(needed / 1e6)} MB of free space in ${folder}`)
  // Other folders for temporary files may be small, in memory, or missing. SQLite unlinks the file when it opens it.
  sqlite.exec(`pragma temp_store_directory = '${folder.replaceAll("'", "''")}'`)
  sqlite.exec('pragma temp_store = file')
  sqlite.exec('pragma secure_delete = on')
  sqlite.exec('pragma wal_autocheckpoint = 0')
  try {
    sqlite.exec('vacuum')
  } finally {
    // The folder holds for the whole process, and not for this connection alone.
    sqlite.exec("pragma temp_store_directory = ''")
    truncateLog()
  }
}
