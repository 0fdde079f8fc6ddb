import { type Kysely, sql } from 'kysely'

/** The columns and the table of migration 019 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table conversations add column touched_at bigint, add column temporary integer default 0 not null`,
  // What an earlier version stored has no `touched_at`, and then `updated_at` counts.
  `create index conversations_by_touch on conversations (coalesce(touched_at, updated_at))
    where deleted_at is null and pinned = 0`,
  `create index conversations_by_owner_touch on conversations (owner_id, coalesce(touched_at, updated_at))
    where deleted_at is null and pinned = 0`,
  `create index conversations_by_temporary on conversations (coalesce(touched_at, updated_at))
    where deleted_at is null and temporary = 1`,
  `create table owner_retention (
    owner_id text collate "C" primary key,
    days integer not null,
    since bigint not null,
    look_at bigint not null)`,
  `create index owner_retention_by_look on owner_retention (look_at)`,
]
