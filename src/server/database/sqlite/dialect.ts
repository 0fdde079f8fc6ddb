import { type Insertable, sql } from 'kysely'
import { compiled } from '../compiled.ts'
import type { Match, MatchPage, SqlDialect } from '../dialect.ts'
import type { MessageRow, Queries } from '../schema.ts'
import { narrowTitles } from './titleIndex.ts'

/** `SQLITE_CONSTRAINT_UNIQUE` */
const CONSTRAINT_UNIQUE = 2067

const insertMessage = compiled((queries, row: Insertable<MessageRow>) =>
  queries.insertInto('messages').values(row),
)

/** Triggers keep the index of messages. */
export const sqliteDialect: SqlDialect = {
  execute: (queries, query) => queries.executeQuery(query),
  nextPosition: sql`(select coalesce(max(position), 0) + 1 from conversations)`,
  titleContains: text => sql`instr(folded_title, ${text}) > 0`,
  narrowTitles,
  async insertMessage(queries, row) {
    await insertMessage(queries, row)
  },
  // A trigger does it.
  async reindexOwner() {},
  listMatches,
  locksRows: false,
  // Every write waits for the one before it.
  async lock() {},
  isDuplicate: error => error instanceof Error && 'errcode' in error && error.errcode === CONSTRAINT_UNIQUE,
}

/**
 * The owner is a term of the index, so that SQLite reads no other owner's messages. The index has the wanted order, so
 * that SQLite stops at the end of the page.
 */
async function listMatches(queries: Queries, page: MatchPage): Promise<Match[]> {
  const { ownerId, words, limit, before = Number.MAX_SAFE_INTEGER } = page
  const { rows } = await sql<Match>`
    select number, messages.id, conversation_id, role, messages.created_at, title, archived
    from message_index
    cross join messages on number = message_index.rowid
    cross join conversations on conversations.id = conversation_id
    where message_index match ${expressionOf(ownerId, words)} and message_index.rowid < ${before}
      and messages.owner_id = ${ownerId} and deleted_at is null and temporary = 0
    order by message_index.rowid desc
    limit ${limit + 1}`.execute(queries)
  return rows
}

/** Words are quoted, so that nothing in them is an operator. A NUL is replaced, because it would end the expression. */
function expressionOf(ownerId: string, words: readonly string[]): string {
  const quoted = words.map(word => `"${word.replace(/["\0]/g, ' ')}"`)
  return `owner : "${Buffer.from(ownerId).toString('hex')}" AND text : (${quoted.join(' AND ')} *)`
}
