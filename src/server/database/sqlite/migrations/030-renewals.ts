import { type Kysely, sql } from 'kysely'

/** Until when a node renews the tokens of a person at a server of tools, and all others wait for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table tool_tokens add column renewing_until bigint').execute(db)
}
