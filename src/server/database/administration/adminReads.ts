import { CONVERSATION_COLUMNS, type ConversationRow, type Queries } from '../schema.ts'

/** A conversation of whichever owner. Only administrators may ask for it. */
export function findConversationOfAnybody(
  queries: Queries,
  id: string,
): Promise<ConversationRow | undefined> {
  return queries
    .selectFrom('conversations')
    .select(CONVERSATION_COLUMNS)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}

/** Notes that an administrator reads a conversation. False if its owner has it no more. */
export async function noteRead(
  queries: Queries,
  { id, ownerId, at }: { id: string; ownerId: string; at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('conversations')
    .set({ read_by_admin_at: at })
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The owner has seen that an administrator read the conversation at `at`. A later time stays. */
export async function forgetRead(
  queries: Queries,
  { id, ownerId, at }: { id: string; ownerId: string; at: number },
): Promise<void> {
  await queries
    .updateTable('conversations')
    .set({ read_by_admin_at: null })
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where('read_by_admin_at', '<=', at)
    .execute()
}
