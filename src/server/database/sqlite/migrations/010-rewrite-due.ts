import { type Kysely, sql } from 'kysely'

/** A file that was in use may hold parts of what earlier versions erased, so it is rewritten once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into settings (key, value)
      select 'rewrite_due_since', cast(unixepoch() * 1000 as text)
      where exists (select 1 from settings) or exists (select 1 from conversations)`.execute(db)
}
