import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'
import type { FileTrashRow } from '../database/files/fileRows.ts'
import { hasContent } from '../database/files/files.ts'
import {
  emptiedTrash,
  hastenTrash,
  insertTrash,
  listDueTrash,
  postponeTrash,
} from '../database/files/fileTrash.ts'
import { deleteFile, listDueFiles, takeDueFile } from '../database/files/messageFiles.ts'
import { deletePassages } from '../database/files/passages.ts'
import type { Queries } from '../database/schema.ts'
import { logFault } from '../logFault.ts'
import type { BlobStore } from './blobStore.ts'
import { piecesOf, prefixOfName } from './fileNames.ts'

/** How many rows are read at once. */
const PAGE = 100
/** How long a name waits that the store could not remove, in milliseconds. */
const PUT_OFF = 60_000

export interface FileSweepOptions {
  database: Database
  store: Pick<BlobStore, 'remove'>
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  logger: Logger
}

/** Erases files that are due, from the tables and from the store. Several nodes may do it at once. */
export function createFileSweep({ database, store, steadyTime, logger }: FileSweepOptions) {
  async function hasDue(): Promise<boolean> {
    const one = { now: steadyTime(), limit: 1 }
    const files = await listDueFiles(database.queries, one)
    return files.length > 0 || (await listDueTrash(database.queries, one)).length > 0
  }

  /**
   * Deletes the rows of all files that are due, then removes their bytes from the store. What the store cannot remove now goes
   * with a sweep. Throws `STORAGE_UNAVAILABLE` if the database cannot be used.
   */
  async function eraseDue(): Promise<void> {
    for (;;) {
      const now = steadyTime()
      const ids = await listDueFiles(database.queries, { now, limit: PAGE })
      for (const id of ids) while (!(await database.erase(now, queries => eraseFile(queries, id, now)))) {}
      if (ids.length < PAGE) break
    }
    await emptyTrash()
  }

  /** Removes from the store what is due to go. What cannot be removed is due again a minute later, and holds up nothing else. */
  async function emptyTrash(): Promise<void> {
    const now = steadyTime()
    for (;;) {
      const rows = await listDueTrash(database.queries, { now, limit: PAGE })
      for (const row of rows) await empty(row, now)
      if (rows.length < PAGE) return
    }
  }

  async function empty(row: FileTrashRow, now: number): Promise<void> {
    const { stored_as } = row
    try {
      await store.remove(stored_as)
    } catch (error) {
      logFault(logger, error, { message: 'bytes of a file could not be removed', stored_as })
      await database.write('process', queries => postponeTrash(queries, stored_as, now + PUT_OFF))
      return
    }
    await database.write('process', queries => emptiedTrash(queries, row, now))
  }

  return { hasDue, eraseDue, emptyTrash }
}

/**
 * Deletes some passages of a file. With the last of them, deletes its row, and says what goes from the store with it. False if
 * passages are left.
 */
async function eraseFile(queries: Queries, id: string, now: number): Promise<boolean> {
  const due = await takeDueFile(queries, { id, now })
  if (!due) return true
  if (await deletePassages(queries, id)) return false
  await deleteFile(queries, id)
  await hastenTrash(queries, piecesOf(id))
  const { storedAs } = due
  if (storedAs === null || (await hasContent(queries, { prefix: prefixOfName(storedAs), storedAs })))
    return true
  await insertTrash(queries, { stored_as: storedAs, due_at: now, ends_at: now })
  return true
}
