import type { Queries } from '../schema.ts'
import type { FileTrashRow } from './fileRows.ts'

/** Says what goes from the store, and when. What is there already is replaced. */
export async function insertTrash(queries: Queries, row: FileTrashRow): Promise<void> {
  await queries
    .insertInto('file_trash')
    .values(row)
    .onConflict(conflict =>
      conflict.column('stored_as').doUpdateSet({ due_at: row.due_at, ends_at: row.ends_at }),
    )
    .execute()
}

/** Brings forward when something goes. It stays on the list until its end. */
export async function hastenTrash(queries: Queries, storedAs: string): Promise<void> {
  await queries.updateTable('file_trash').set({ due_at: 0 }).where('stored_as', '=', storedAs).execute()
}

/** Says when the store is asked again to remove something. */
export async function postponeTrash(queries: Queries, storedAs: string, dueAt: number): Promise<void> {
  await queries.updateTable('file_trash').set({ due_at: dueAt }).where('stored_as', '=', storedAs).execute()
}

export async function removeTrash(queries: Queries, storedAs: string): Promise<void> {
  await queries.deleteFrom('file_trash').where('stored_as', '=', storedAs).execute()
}

export function listDueTrash(
  queries: Queries,
  page: { now: number; limit: number },
): Promise<FileTrashRow[]> {
  return queries
    .selectFrom('file_trash')
    .selectAll()
    .where('due_at', '<=', page.now)
    .orderBy('due_at')
    .limit(page.limit)
    .execute()
}

/** Says that the store has nothing of it any more, and looks again at its end, if that is to come. */
export async function emptiedTrash(queries: Queries, row: FileTrashRow, now: number): Promise<void> {
  if (row.ends_at > now)
    await queries
      .updateTable('file_trash')
      .set({ due_at: row.ends_at })
      .where('stored_as', '=', row.stored_as)
      .execute()
  else await removeTrash(queries, row.stored_as)
}
