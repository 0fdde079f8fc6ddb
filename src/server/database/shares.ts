import { sql } from 'kysely'
import { withPartIds } from '../../protocol/parts.ts'
import type { Share, SharedConversation } from '../../protocol/responses.ts'
import { notDeleted } from './conversations.ts'
import type { Queries, ShareRow } from './schema.ts'

export async function insertShare(queries: Queries, row: ShareRow): Promise<void> {
  await queries.insertInto('shares').values(row).execute()
}

/** The share of any owner. */
export function findShare(queries: Queries, id: string): Promise<ShareRow | undefined> {
  return queries
    .selectFrom('shares')
    .selectAll()
    .where('id', '=', id)
    .where(notDeleted('shares.conversation_id'))
    .executeTakeFirst()
}

/** The copy that an older version stored with a share. */
export function oldCopyOf({ conversation }: Pick<ShareRow, 'conversation'>): SharedConversation | undefined {
  if (conversation === '') return undefined
  const shared = JSON.parse(conversation) as SharedConversation
  return {
    ...shared,
    messages: shared.messages.map(message => ({ ...message, parts: withPartIds(message.parts) })),
  }
}

/** The shares of one conversation, or of all that are not deleted. The last one that was made comes first. */
export async function listShares(
  queries: Queries,
  { ownerId, conversationId }: { ownerId: string; conversationId?: string | undefined },
): Promise<Share[]> {
  let query = queries
    .selectFrom('shares')
    .select(['id', 'conversation_id as conversationId', 'title', 'created_at as createdAt'])
    .where('owner_id', '=', ownerId)
    .where(notDeleted('shares.conversation_id'))
    .orderBy(sql.ref('shares.rowid'), 'desc')
  if (conversationId !== undefined) query = query.where('conversation_id', '=', conversationId)
  return await query.execute()
}

/** False if the owner has no such share. */
export async function deleteShare(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('shares')
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where(notDeleted('shares.conversation_id'))
    .executeTakeFirst()
  return numDeletedRows === 1n
}
