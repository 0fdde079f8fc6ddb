import { sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { lexemesOf, listMatches } from './messageIndex.ts'

export const postgresDialect: SqlDialect = {
  nextPosition: sql`nextval('conversation_positions')`,
  titleContains: text => sql`strpos(folded_title, ${text}) > 0`,
  async insertMessage(queries, row) {
    const { number } = await queries
      .insertInto('messages')
      .values(row)
      .returning('number')
      .executeTakeFirstOrThrow()
    const words = lexemesOf(row)
    await sql`insert into message_index (number, words) values (${number}, array_to_tsvector(${words}::text[]))`.execute(
      queries,
    )
  },
  listMatches,
  locksRows: true,
}
