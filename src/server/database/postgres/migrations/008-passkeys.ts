import { type Kysely, sql } from 'kysely'

/** The table of migration 021 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table passkeys (
    id text collate "C" primary key,
    account_id text collate "C" not null,
    credential_id text collate "C" not null unique,
    public_key text not null,
    rp_id text collate "C" not null,
    counter bigint not null,
    name text not null,
    created_at bigint not null,
    used_at bigint)`,
  `create index passkeys_by_account on passkeys (account_id)`,
]
