import { dialectOf, type Match, type MatchPage } from './dialect.ts'
import type { Queries } from './schema.ts'

/** The messages of an owner with these words, newest first. If there is another page, one row more than `limit`. */
export function listMatches(queries: Queries, page: MatchPage): Promise<Match[]> {
  return dialectOf(queries).listMatches(queries, page)
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
