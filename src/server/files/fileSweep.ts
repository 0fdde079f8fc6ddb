import type { Database } from '../database/database.ts'
import { hasContent } from '../database/files/files.ts'
import { emptiedTrash, hastenTrash, insertTrash, listDueTrash } from '../database/files/fileTrash.ts'
import { deleteDueFile, listDueFiles } from '../database/files/messageFiles.ts'
import type { Queries } from '../database/schema.ts'
import type { BlobStore } from './blobStore.ts'
import { piecesOf, prefixOfName } from './fileNames.ts'

/** How many rows are read at once. */
const PAGE = 100

export interface FileSweepOptions {
  database: Database
  store: Pick<BlobStore, 'remove'>
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
}

/** Erases files that are due, from the tables and from the store. Several nodes may do it at once. */
export function createFileSweep({ database, store, steadyTime }: FileSweepOptions) {
  async function hasDue(): Promise<boolean> {
    const one = { now: steadyTime(), limit: 1 }
    const files = await listDueFiles(database.queries, one)
    return files.length > 0 || (await listDueTrash(database.queries, one)).length > 0
  }

  /** Throws `STORAGE_UNAVAILABLE`. What is left then goes with the next call. */
  async function eraseDue(): Promise<void> {
    for (;;) {
      const now = steadyTime()
      const ids = await listDueFiles(database.queries, { now, limit: PAGE })
      for (const id of ids) await database.erase(now, queries => eraseFile(queries, id, now))
      if (ids.length < PAGE) break
    }
    await emptyTrash()
  }

  async function emptyTrash(): Promise<void> {
    for (;;) {
      const now = steadyTime()
      const rows = await listDueTrash(database.queries, { now, limit: PAGE })
      for (const row of rows) {
        await store.remove(row.stored_as)
        await database.write('process', queries => emptiedTrash(queries, row, now))
      }
      if (rows.length < PAGE) return
    }
  }

  return { hasDue, eraseDue, emptyTrash }
}

/** Deletes the row of a file, and says what goes from the store with it. */
async function eraseFile(queries: Queries, id: string, now: number): Promise<void> {
  const gone = await deleteDueFile(queries, { id, now })
  if (!gone) return
  await hastenTrash(queries, piecesOf(id))
  const { storedAs } = gone
  if (storedAs === null || (await hasContent(queries, { prefix: prefixOfName(storedAs), storedAs }))) return
  await insertTrash(queries, { stored_as: storedAs, due_at: now, ends_at: now })
}
