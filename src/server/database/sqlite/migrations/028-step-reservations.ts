import { type Kysely, sql } from 'kysely'

/**
 * What a run that asks several times holds: what the provider has counted of its requests, and how much output there was when the
 * first request began that is not counted. `null`: none had begun before.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table spending_reservations add column counted_tokens bigint not null default 0`,
  `alter table spending_reservations add column counted_micros bigint not null default 0`,
  `alter table spending_reservations add column written bigint`,
]
