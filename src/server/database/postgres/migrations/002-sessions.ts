import { type Kysely, sql } from 'kysely'

/** The table of SQLite as its migration 015 makes it. Nodes also ask for the rows that changed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table sessions (
    token_hash text collate "C" primary key,
    id text collate "C" not null,
    owner_id text collate "C" not null,
    replaced_hash text collate "C",
    is_confirmed integer not null,
    is_kept integer not null,
    device text not null,
    created_at bigint not null,
    issued_at bigint not null,
    used_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint,
    changed_at bigint)`,
  `create index sessions_by_owner on sessions (owner_id)`,
  `create index sessions_by_expiry on sessions (expires_at) where is_kept = 0`,
  `create index sessions_by_use on sessions (used_at, token_hash) where is_kept = 0`,
  `create index sessions_by_change on sessions (changed_at) where changed_at is not null`,
]
