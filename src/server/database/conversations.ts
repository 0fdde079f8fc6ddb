import { type Insertable, type RawBuilder, sql, type Updateable } from 'kysely'
import { RiachoError } from '../../protocol/errors.ts'
import { folded } from '../../protocol/folded.ts'
import type { Conversation } from '../../protocol/responses.ts'
import { isErased } from './owners.ts'
import type { ConversationRow, Queries } from './schema.ts'

/** Everything that an owner has begins with a conversation. Throws `NOT_FOUND` for an owner that was erased. */
export async function insertConversation(queries: Queries, row: Insertable<ConversationRow>): Promise<void> {
  if (await isErased(queries, row.owner_id)) throw new RiachoError('NOT_FOUND', 'the owner was erased')
  await queries.insertInto('conversations').values(row).execute()
}

export function findConversation(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
): Promise<ConversationRow | undefined> {
  return queries
    .selectFrom('conversations')
    .selectAll()
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}

/** Holds for what belongs to a conversation that is not deleted; `column` has its id. */
export function notDeleted(
  column: 'messages.conversation_id' | 'runs.conversation_id' | 'shares.conversation_id',
): RawBuilder<boolean> {
  return sql`exists (select 1 from conversations where id = ${sql.ref(column)} and deleted_at is null)`
}

export interface ConversationPage {
  ownerId: string
  /** Absent, archived ones and others. */
  archived?: boolean
  limit: number
  /** The title has all of its words, whatever their case and accents. */
  search?: string | undefined
  /** The last row of the page before. */
  before?: { pinned: 0 | 1; updatedAt: number; id: string } | undefined
}

/** Pinned ones first, then newest; one row more than `limit` when there is another page. */
export function listConversations(queries: Queries, page: ConversationPage): Promise<ConversationRow[]> {
  let query = queries
    .selectFrom('conversations')
    .selectAll()
    .where('owner_id', '=', page.ownerId)
    .where('deleted_at', 'is', null)
    .orderBy('pinned', 'desc')
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  const { archived, before, search = '' } = page
  if (archived !== undefined) query = query.where('archived', '=', archived ? 1 : 0)
  if (before) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('pinned', 'updated_at', 'id'), '<', tuple(before.pinned, before.updatedAt, before.id)),
    )
  }
  for (const word of folded(search).split(/\s+/)) {
    if (word !== '') query = query.where(sql<boolean>`instr(folded(title), ${word}) > 0`)
  }
  return query.execute()
}

export async function updateConversation(
  queries: Queries,
  { id, change }: { id: string; change: Updateable<ConversationRow> },
): Promise<void> {
  await queries.updateTable('conversations').set(change).where('id', '=', id).execute()
}

/**
 * Makes a title final: `title`, or without one the first words. False when it was final already: a person has given it.
 */
export async function settleTitle(
  queries: Queries,
  { id, title }: { id: string; title?: string | undefined },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('conversations')
    .set({ title_final: 1, ...(title !== undefined && { title }) })
    .where('id', '=', id)
    .where('title_final', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Moves the head from `from` to its new child; somebody who went to another branch meanwhile stays there. */
export async function advanceHead(
  queries: Queries,
  { id, from, to, at }: { id: string; from: string; to: string; at: number },
): Promise<void> {
  await queries
    .updateTable('conversations')
    .set(({ ref, case: when }) => ({
      head_message_id: when().when('head_message_id', '=', from).then(to).else(ref('head_message_id')).end(),
      updated_at: at,
    }))
    .where('id', '=', id)
    .execute()
}

/** Every conversation of an owner, deleted ones not. */
export async function listConversationIds(queries: Queries, ownerId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('conversations')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .execute()
  return rows.map(({ id }) => id)
}

/** Brings back what was deleted after `deletedAfter`; false when there is none to bring back. */
export async function restoreConversation(
  queries: Queries,
  { id, ownerId, deletedAfter }: { id: string; ownerId: string; deletedAfter: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('conversations')
    .set({ deleted_at: null })
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where(({ or, eb }) => or([eb('deleted_at', 'is', null), eb('deleted_at', '>', deletedAfter)]))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Deletes all that an owner has, so that nothing can bring it back. */
export async function deleteConversationsOfOwner(queries: Queries, ownerId: string): Promise<void> {
  await queries.updateTable('conversations').set({ deleted_at: 0 }).where('owner_id', '=', ownerId).execute()
}

/** One that was deleted at `deletedBefore` or earlier. */
export async function findErasable(
  queries: Queries,
  { deletedBefore, ownerId }: { deletedBefore: number; ownerId?: string | undefined },
): Promise<string | undefined> {
  let query = queries.selectFrom('conversations').select('id').where('deleted_at', '<=', deletedBefore)
  if (ownerId !== undefined) query = query.where('owner_id', '=', ownerId)
  return (await query.executeTakeFirst())?.id
}

/** Erases a conversation with its messages, their words in the index, runs, events and shares. */
export async function eraseConversation(queries: Queries, id: string): Promise<void> {
  await queries.deleteFrom('conversations').where('id', '=', id).execute()
}

export function toConversation(row: ConversationRow): Conversation {
  return {
    id: row.id,
    title: row.title,
    status: row.status,
    archived: row.archived === 1,
    pinned: row.pinned === 1,
    titleStatus: row.title_final === 1 ? 'final' : 'provisional',
    assistant: row.assistant,
    headMessageId: row.head_message_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
