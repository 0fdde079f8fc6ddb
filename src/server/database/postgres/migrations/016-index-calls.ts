import { type Kysely, sql } from 'kysely'
import { dialectOf } from '../../dialect.ts'
import type { Queries } from '../../schema.ts'

/** How many numbers of messages one statement looks at. A statement that takes some seconds is cancelled. */
const SLICE = 1000

/**
 * Makes findable what calls of tools show. A node of an earlier version that still runs makes findable the texts alone of
 * what it writes after this.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const queries = db as Queries
  const { rows } = await sql<{ last: number | null }>`select max(number) as last from messages`.execute(db)
  const last = rows[0]?.last ?? 0
  for (let from = 1; from <= last; from += SLICE)
    for (const number of await withCalls(queries, from))
      await dialectOf(queries).reindexOwner(queries, [number])
}

async function withCalls(queries: Queries, from: number): Promise<number[]> {
  const rows = await queries
    .selectFrom('messages')
    .select('number')
    .where('number', '>=', from)
    .where('number', '<', from + SLICE)
    .where('role', '=', 'ASSISTANT')
    .where(sql<boolean>`strpos(parts, '"type":"tool"') > 0`)
    .execute()
  return rows.map(({ number }) => number)
}
