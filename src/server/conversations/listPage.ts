import type { ListConversationsQuery } from '../../protocol/requests.ts'
import type { ConversationListResponse } from '../../protocol/responses.ts'
import { type ConversationPage, listConversations, toConversation } from '../database/conversations.ts'
import type { ConversationRow, Queries } from '../database/schema.ts'
import { decodeCursor, encodeCursor } from './pageCursor.ts'

/** `pinned`, `updated_at` and `id` of the last row of a page. */
const CURSOR = /^([01]):(\d{1,16}):([\da-f-]{36})$/

/** Pinned conversations come first, then the newest. Throws `INVALID_REQUEST` if the server did not make the cursor. */
export async function listPage(
  queries: Queries,
  ownerId: string,
  { archived, limit, search, cursor }: ListConversationsQuery,
): Promise<ConversationListResponse> {
  const before = cursor === undefined ? undefined : placeOf(cursor)
  const rows = await listConversations(queries, { ownerId, archived, limit, search, before })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    conversations: page.map(toConversation),
    nextCursor: rows.length > limit && last ? cursorOf(last) : null,
  }
}

function cursorOf({ pinned, updated_at, id }: ConversationRow): string {
  return encodeCursor([pinned, updated_at, id])
}

function placeOf(cursor: string): ConversationPage['before'] {
  const [pinned, updatedAt, id = ''] = decodeCursor(cursor, CURSOR)
  return { pinned: pinned === '1' ? 1 : 0, updatedAt: Number(updatedAt), id }
}
