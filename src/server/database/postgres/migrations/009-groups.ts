import { type Kysely, sql } from 'kysely'

/** The tables of migration 022 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table account_groups (
    id text collate "C" primary key,
    name text collate "C" not null unique,
    created_at bigint not null,
    runs_at_once bigint,
    messages_per_day bigint,
    tokens_per_day bigint,
    person_micros bigint,
    person_tokens bigint,
    micros bigint,
    tokens bigint)`,
  `alter table accounts add column group_id text collate "C"`,
  `create index accounts_by_group on accounts (group_id) where group_id is not null`,
  `alter table spending_reservations add column group_id text collate "C"`,
  `alter table spending_reservations add column group_month text collate "C"`,
  `alter table conversations add column read_by_admin_at bigint`,
]
