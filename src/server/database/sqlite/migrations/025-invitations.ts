import { type Kysely, sql } from 'kysely'

/** Who made an invitation, and for whom. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table account_tokens add column id text`,
  `alter table account_tokens add column role text`,
  `alter table account_tokens add column invited_by text`,
  `alter table account_tokens add column revoked_at bigint`,
  `create unique index account_tokens_by_id on account_tokens (id) where id is not null`,
]
