import { sql } from 'kysely'
import type { MessageRow, Queries } from './schema.ts'

export interface MatchPage {
  ownerId: string
  /** A match has all of these words. The last one may be the beginning of a word. */
  words: readonly string[]
  limit: number
  /** `number` of the last row of the previous page. */
  before?: number | undefined
}

export interface Match extends Pick<MessageRow, 'id' | 'conversation_id' | 'role' | 'created_at'> {
  number: number
  title: string
  archived: 0 | 1
}

/**
 * The messages of an owner with these words, newest first. If there is another page, one row more than `limit`. The
 * owner is a term of the index, so that SQLite reads no other owner's messages. The index has the wanted order, so that
 * SQLite stops at the end of the page.
 */
export async function listMatches(queries: Queries, page: MatchPage): Promise<Match[]> {
  const { ownerId, words, limit, before = Number.MAX_SAFE_INTEGER } = page
  const { rows } = await sql<Match>`
    select number, messages.id, conversation_id, role, messages.created_at, title, archived
    from message_index
    cross join messages on number = message_index.rowid
    cross join conversations on conversations.id = conversation_id
    where message_index match ${expressionOf(ownerId, words)} and message_index.rowid < ${before}
      and messages.owner_id = ${ownerId} and deleted_at is null
    order by message_index.rowid desc
    limit ${limit + 1}`.execute(queries)
  return rows
}

/** The parts of a match. `undefined` if it was erased since. */
export async function partsOfMatch(queries: Queries, number: number): Promise<string | undefined> {
  const row = await queries
    .selectFrom('messages')
    .select('parts')
    .where('number', '=', number)
    .executeTakeFirst()
  return row?.parts
}

/** Words are quoted, so that nothing in them is an operator. A NUL is replaced, because it would end the expression. */
function expressionOf(ownerId: string, words: readonly string[]): string {
  const quoted = words.map(word => `"${word.replace(/["\0]/g, ' ')}"`)
  return `owner : "${Buffer.from(ownerId).toString('hex')}" AND text : (${quoted.join(' AND ')} *)`
}
