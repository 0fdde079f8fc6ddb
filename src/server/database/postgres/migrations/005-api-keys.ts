import { type Kysely, sql } from 'kysely'

/** The table of migration 018 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table api_keys (
    token_hash text collate "C" primary key,
    id text collate "C" not null,
    owner_id text collate "C" not null,
    name text not null,
    scope text collate "C" not null,
    created_at bigint not null,
    used_at bigint,
    expires_at bigint not null,
    revoked_at bigint)`,
  `create index api_keys_by_owner on api_keys (owner_id)`,
  `create index api_keys_by_expiry on api_keys (expires_at)`,
  `create index api_keys_by_revocation on api_keys (revoked_at) where revoked_at is not null`,
]
