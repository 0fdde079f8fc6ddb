import { type Kysely, sql } from 'kysely'

/** By itself the index keeps the words of a deleted message until it is merged, with a note that they are deleted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`insert into message_index (message_index, rank) values ('secure-delete', 1)`.execute(db)
  await sql`insert into message_index (message_index) values ('optimize')`.execute(db)
}
