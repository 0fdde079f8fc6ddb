import { dialectOf } from '../dialect.ts'
import type { Queries } from '../schema.ts'

/** Keeps these files while a message has them. Gives the ids of those that are there, ready, and the owner's. */
export async function keepFiles(
  queries: Queries,
  { ids, ownerId }: { ids: readonly string[]; ownerId: string },
): Promise<string[]> {
  // It locks the rows, so that no sweep deletes them meanwhile.
  const kept = await queries
    .updateTable('files')
    .set({ due_at: null })
    .where('id', 'in', ids)
    .where('owner_id', '=', ownerId)
    .where('state', '=', 'ready')
    .returning('id')
    .execute()
  return kept.map(({ id }) => id)
}

export async function insertMessageFiles(
  queries: Queries,
  { messageId, fileIds }: { messageId: string; fileIds: readonly string[] },
): Promise<void> {
  await queries
    .insertInto('message_files')
    .values(fileIds.map(file_id => ({ message_id: messageId, file_id })))
    .execute()
}

/** Gives the copy of a message the files of its original. */
export async function copyMessageFiles(
  queries: Queries,
  { from, to, ownerId }: { from: string; to: string; ownerId: string },
): Promise<void> {
  const rows = await queries
    .selectFrom('message_files')
    .select('file_id')
    .where('message_id', '=', from)
    .execute()
  if (rows.length === 0) return
  const fileIds = await keepFiles(queries, { ids: rows.map(({ file_id }) => file_id), ownerId })
  if (fileIds.length > 0) await insertMessageFiles(queries, { messageId: to, fileIds })
}

/** Which of the messages with these numbers has the file, if one has. */
export async function isFileOf(
  queries: Queries,
  { fileId, numbers }: { fileId: string; numbers: ReadonlySet<number> },
): Promise<boolean> {
  const rows = await queries
    .selectFrom('message_files')
    .innerJoin('messages', 'messages.id', 'message_files.message_id')
    .select('messages.number')
    .where('file_id', '=', fileId)
    .execute()
  return rows.some(({ number }) => numbers.has(number))
}

/** Gives the files of a conversation to the owner of its messages. */
export async function moveMessageFiles(
  queries: Queries,
  { conversationId, to }: { conversationId: string; to: string },
): Promise<void> {
  await queries
    .updateTable('files')
    .set({ owner_id: to })
    .where('owner_id', '!=', to)
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('message_files')
        .innerJoin('messages', 'messages.id', 'message_files.message_id')
        .select('file_id')
        .where('conversation_id', '=', conversationId),
    )
    .execute()
}

/** Gives all files of an owner to another one. */
export async function moveFiles(queries: Queries, { from, to }: { from: string; to: string }): Promise<void> {
  await queries.updateTable('files').set({ owner_id: to }).where('owner_id', '=', from).execute()
}

/** Makes all files of an owner due. Those that a message still has stay until it goes. */
export async function releaseFiles(queries: Queries, ownerId: string): Promise<void> {
  await queries.updateTable('files').set({ due_at: 0 }).where('owner_id', '=', ownerId).execute()
}

export async function listDueFiles(
  queries: Queries,
  page: { now: number; limit: number },
): Promise<string[]> {
  const rows = await queries
    .selectFrom('files')
    .select('id')
    .where('due_at', '<=', page.now)
    .orderBy('due_at')
    .limit(page.limit)
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Gives where the bytes of a file are that is due and that no message has. From now on no message can take it. Any other file is
 * not due any more: `undefined`.
 */
export async function takeDueFile(
  queries: Queries,
  { id, now }: { id: string; now: number },
): Promise<{ storedAs: string | null } | undefined> {
  let due = queries
    .selectFrom('files')
    .select(['id', 'stored_as'])
    .where('id', '=', id)
    .where('due_at', '<=', now)
  // So that a message that takes the file or lets it go comes before, or after.
  if (dialectOf(queries).locksRows) due = due.forUpdate()
  const file = await due.executeTakeFirst()
  if (!file) return undefined
  const message = await queries
    .selectFrom('message_files')
    .select('message_id')
    .where('file_id', '=', id)
    .executeTakeFirst()
  if (message) {
    await queries.updateTable('files').set({ due_at: null }).where('id', '=', id).execute()
    return undefined
  }
  await queries.updateTable('files').set({ state: 'refused' }).where('id', '=', id).execute()
  return { storedAs: file.stored_as }
}

/** Deletes the row of a file. */
export async function deleteFile(queries: Queries, id: string): Promise<void> {
  await queries.deleteFrom('file_pieces').where('file_id', '=', id).execute()
  await queries.deleteFrom('files').where('id', '=', id).execute()
}

/** Makes a file of the owner due. `in-use`: a message has it. */
export async function releaseFile(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
): Promise<'released' | 'in-use' | 'unknown'> {
  const released = await queries
    .updateTable('files')
    .set({ due_at: 0 })
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .returning('id')
    .executeTakeFirst()
  if (!released) return 'unknown'
  const message = await queries
    .selectFrom('message_files')
    .select('message_id')
    .where('file_id', '=', id)
    .executeTakeFirst()
  return message ? 'in-use' : 'released'
}
