import { setImmediate } from 'node:timers/promises'
import type { SearchQuery } from '../../protocol/requests.ts'
import type { Conversation, SearchHit, SearchResponse } from '../../protocol/responses.ts'
import { decodeCursor, encodeCursor } from '../conversations/pageCursor.ts'
import type { RulesOf } from '../conversations/retentionService.ts'
import { listConversations, toConversation } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import type { Match } from '../database/dialect.ts'
import { listMatches, partsOfMatch } from '../database/messageIndex.ts'
import { partsOf } from '../database/messages.ts'
import { searchableText } from '../database/searchText.ts'
import { type Excerpt, excerptOf, queryWords, sectionsOf, withoutMarks } from './excerpt.ts'

/** The number of the last message of a page. */
const CURSOR = /^(\d{1,15})$/
/** The most conversations that are found by title. */
const MAX_TITLED = 10

/** Finds conversations and messages of an owner. */
export function createSearchService({ database, rulesOf }: { database: Database; rulesOf: RulesOf }) {
  /**
   * The messages that have every word of `query`. The last word may be the beginning of a word. The messages stored
   * last come first. The first page also has the conversations whose titles have the words. A query without letters or
   * digits finds nothing. Throws `INVALID_REQUEST` if the server did not make the cursor.
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
      const parts = await partsOfMatch(database.queries, match.number)
      if (parts !== undefined) hits.push(await toHit({ ...match, parts }, words))
    }
    return {
      conversations: cursor === undefined ? await listTitled(ownerId, query) : [],
      hits,
      nextCursor: matches.length > limit && last ? encodeCursor([last.number]) : null,
    }
  }

  async function listTitled(ownerId: string, search: string): Promise<Conversation[]> {
    const rows = await listConversations(database.queries, { ownerId, search, limit: MAX_TITLED })
    const rules = await rulesOf(database.queries, ownerId)
    return rows.slice(0, MAX_TITLED).map(row => toConversation(row, rules))
  }

  return { search }
}

type Found = Match & { parts: string }

/**
 * Leaves out the marks of Markdown in a reply, unless a searched word is inside what they hide, for example an address.
 */
async function excerptIn(match: Found, words: readonly string[]): Promise<SearchHit['excerpt']> {
  const text = searchableText(partsOf(match))
  const plain = match.role === 'USER' ? undefined : await bestExcerpt(text, words, withoutMarks)
  const best = plain && plain.words > 0 ? plain : await bestExcerpt(text, words)
  return best.pieces
}

/** The excerpt with the most words, of the first section that has it. */
async function bestExcerpt(text: string, words: readonly string[], clean = (section: string) => section) {
  let best: Excerpt | undefined
  for (const section of sectionsOf(text)) {
    // Lets other requests run between two sections, because messages may be long.
    await setImmediate()
    const excerpt = excerptOf({ ...section, text: clean(section.text) }, words)
    if (!best || excerpt.words > best.words) best = excerpt
    if (best.words === words.length) break
  }
  return best ?? { pieces: [], words: 0 }
}

async function toHit(match: Found, words: readonly string[]): Promise<SearchHit> {
  return {
    conversationId: match.conversation_id,
    title: match.title,
    archived: match.archived === 1,
    messageId: match.id,
    role: match.role,
    excerpt: await excerptIn(match, words),
    createdAt: match.created_at,
  }
}
