import { type Kysely, sql } from 'kysely'

/** Usage without counts was kept as it came, with a cost that nobody could have counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    update runs set usage = null, cost = null
      where (usage ->> 'inputTokens') is null or (usage ->> 'outputTokens') is null
        or (cost is not null and (cost ->> 'amount') is null)`.execute(db)
}
