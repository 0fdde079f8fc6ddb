import { type Insertable, sql } from 'kysely'
import { compiled } from '../compiled.ts'
import type { SqlDialect } from '../dialect.ts'
import type { MessageRow } from '../schema.ts'
import { lexemesOf, listMatches } from './messageIndex.ts'
import { codeOf } from './storageFaults.ts'

const insertMessage = compiled((queries, row: Insertable<MessageRow>) =>
  queries.insertInto('messages').values(row).returning('number'),
)

export const postgresDialect: SqlDialect = {
  execute: (queries, query) => queries.executeQuery(query),
  nextPosition: sql`nextval('conversation_positions')`,
  titleContains: text => sql`strpos(folded_title, ${text}) > 0`,
  narrowTitles: async () => undefined,
  async insertMessage(queries, row) {
    const { rows } = await insertMessage(queries, row)
    const number = rows[0]?.number
    const words = lexemesOf(row)
    await sql`insert into message_index (number, words) values (${number}, array_to_tsvector(${words}::text[]))`.execute(
      queries,
    )
  },
  async reindexOwner(queries, numbers) {
    const rows = await queries
      .selectFrom('messages')
      .select(['number', 'owner_id', 'parts'])
      .where('number', 'in', numbers)
      .execute()
    for (const row of rows)
      await sql`update message_index set words = array_to_tsvector(${lexemesOf(row)}::text[])
        where number = ${row.number}`.execute(queries)
  },
  listMatches,
  locksRows: true,
  async lock(queries, name) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 1))`.execute(queries)
  },
  isDuplicate: error => codeOf(error) === '23505',
}
