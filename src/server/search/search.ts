import { setImmediate } from 'node:timers/promises'
import type { SearchQuery } from '../../protocol/requests.ts'
import type { Conversation, SearchHit, SearchResponse } from '../../protocol/responses.ts'
import { decodeCursor, encodeCursor } from '../conversations/pageCursor.ts'
import { listConversations, toConversation } from '../database/conversations.ts'
import { listMatches, type Match } from '../database/messageIndex.ts'
import { partsOf } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import { excerptOf, queryWords, searchableText } from './excerpt.ts'

/** The number of the last message of a page. */
const CURSOR = /^(\d{1,15})$/
/** Most conversations that are found by their titles. */
const MAX_TITLED = 10

/** How an owner finds conversations and messages again. */
export function createSearchService({ database }: { database: Database }) {
  /**
   * The messages that have every word of `query`, the last one as the beginning of a word; those stored last come first.
   * With the first page, the conversations whose titles have them. A query without letters or digits finds nothing. Throws
   * `INVALID_REQUEST` for a cursor that is none of ours.
   */
  async function search(ownerId: string, { query, limit, cursor }: SearchQuery): Promise<SearchResponse> {
    const before = cursor === undefined ? undefined : Number(decodeCursor(cursor, CURSOR)[0])
    const words = queryWords(query)
    if (words.length === 0) return { conversations: [], hits: [], nextCursor: null }
    const matches = await listMatches(database.queries, { ownerId, words, limit, before })
    const page = matches.slice(0, limit)
    const last = page.at(-1)
    const hits: SearchHit[] = []
    for (const match of page) {
      hits.push(toHit(match, words))
      // Others have their turn between two hits, since messages may be long.
      await setImmediate()
    }
    return {
      conversations: cursor === undefined ? await listTitled(ownerId, query) : [],
      hits,
      nextCursor: matches.length > limit && last ? encodeCursor([last.number]) : null,
    }
  }

  async function listTitled(ownerId: string, search: string): Promise<Conversation[]> {
    const rows = await listConversations(database.queries, { ownerId, search, limit: MAX_TITLED })
    return rows.slice(0, MAX_TITLED).map(toConversation)
  }

  return { search }
}

function toHit(match: Match, words: readonly string[]): SearchHit {
  return {
    conversationId: match.conversation_id,
    title: match.title,
    archived: match.archived === 1,
    messageId: match.id,
    role: match.role,
    excerpt: excerptOf(searchableText(partsOf(match)), words),
    createdAt: match.created_at,
  }
}
