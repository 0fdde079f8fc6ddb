import type { ListConversationsQuery } from '../../protocol/requests.ts'
import type { ConversationListResponse } from '../../protocol/responses.ts'
import {
  type ConversationPage,
  type ListedConversation,
  listConversations,
  toConversation,
} from '../database/conversations.ts'
import type { Queries } from '../database/schema.ts'
import { decodeCursor, encodeCursor } from './pageCursor.ts'
import type { RulesOf } from './retentionService.ts'

/** `pinned` and `position` of the last row of a page. */
const CURSOR = /^([01]):(\d{1,16})$/

/**
 * Pinned conversations come first, then the one that was written in last. Throws `INVALID_REQUEST` if the server did not
 * make the cursor.
 */
export async function listPage(
  queries: Queries,
  ownerId: string,
  { archived, limit, search, cursor }: ListConversationsQuery,
  rulesOf: RulesOf,
): Promise<ConversationListResponse> {
  const before = cursor === undefined ? undefined : placeOf(cursor)
  const rows = await listConversations(queries, { ownerId, archived, limit, search, before })
  const rules = await rulesOf(queries, ownerId)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    conversations: page.map(row => toConversation(row, rules)),
    nextCursor: rows.length > limit && last ? cursorOf(last) : null,
  }
}

function cursorOf({ pinned, position }: ListedConversation): string {
  return encodeCursor([pinned, position])
}

function placeOf(cursor: string): ConversationPage['before'] {
  const [pinned, position] = decodeCursor(cursor, CURSOR)
  return { pinned: pinned === '1' ? 1 : 0, position: Number(position) }
}
