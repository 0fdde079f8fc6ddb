import { sql } from 'kysely'
import type { TitledConversations, TitleSearch } from '../dialect.ts'
import type { Queries } from '../schema.ts'

/** How many bytes of a folded title make one term of the index. */
const TERM_BYTES = 3
/** The most titles that are read one by one. Of more, a list finds a page sooner in its own order. */
const MAX_TITLES = 200

/** The index has parts of words, without their places. So a title that it finds may lack the words. */
export async function narrowTitles(
  queries: Queries,
  { ownerId, words }: TitleSearch,
): Promise<TitledConversations | undefined> {
  const parts = words.flatMap(partsOf)
  if (parts.length === 0) return undefined
  const terms = [`x${Buffer.from(ownerId).toString('hex')}`, ...parts]
  const { rows } = await sql<{ rowid: number }>`
    select rowid from title_index where title_index match ${terms.join(' AND ')} limit ${MAX_TITLES + 1}`.execute(
    queries,
  )
  if (rows.length > MAX_TITLES) return undefined
  const numbers = JSON.stringify(rows.map(({ rowid }) => rowid))
  // By itself SQLite would look for these numbers among all titles of the owner.
  return sql`(select conversations.* from json_each(${numbers}) cross join conversations on title_number = value)`
}

/** A word that is shorter than a term has none. */
function partsOf(word: string): string[] {
  const bytes = Buffer.from(word)
  return Array.from({ length: Math.max(0, bytes.length - TERM_BYTES + 1) }, (_, at) =>
    bytes.toString('hex', at, at + TERM_BYTES),
  )
}
