import { type Insertable, sql, type Updateable } from 'kysely'
import type { Conversation } from '../../protocol/responses.ts'
import type { ConversationRow, Queries } from './schema.ts'

export async function insertConversation(queries: Queries, row: Insertable<ConversationRow>): Promise<void> {
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

export interface ConversationPage {
  ownerId: string
  archived: boolean
  limit: number
  search?: string | undefined
  /** The last row of the page before. */
  before?: { updatedAt: number; id: string } | undefined
}

/** Newest first; one row more than `limit` when there is another page. */
export function listConversations(queries: Queries, page: ConversationPage): Promise<ConversationRow[]> {
  let query = queries
    .selectFrom('conversations')
    .selectAll()
    .where('owner_id', '=', page.ownerId)
    .where('archived', '=', page.archived ? 1 : 0)
    .where('deleted_at', 'is', null)
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  const { before, search } = page
  if (before) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('updated_at', 'id'), '<', tuple(before.updatedAt, before.id)),
    )
  }
  if (search) {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where(sql<boolean>`title like ${pattern} escape '\\'`)
  }
  return query.execute()
}

export async function updateConversation(
  queries: Queries,
  { id, change }: { id: string; change: Updateable<ConversationRow> },
): Promise<void> {
  await queries.updateTable('conversations').set(change).where('id', '=', id).execute()
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

export async function deleteConversation(queries: Queries, id: string): Promise<void> {
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
