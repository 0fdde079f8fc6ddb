import { type Kysely, sql } from 'kysely'

/** The columns of migration 028 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table spending_reservations add column counted_tokens bigint not null default 0`,
  `alter table spending_reservations add column counted_micros bigint not null default 0`,
  `alter table spending_reservations add column written bigint`,
]
