import { type Kysely, sql } from 'kysely'

/** The tables of migration 017 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  for (const [table, bytes] of COUNTED)
    for (const statement of moveTriggerOf(table, bytes)) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table accounts (
    id text collate "C" primary key,
    owner_id text collate "C" not null unique,
    email text collate "C" not null unique,
    password_hash text,
    name text not null,
    role text not null,
    created_at bigint not null,
    confirmed_at bigint,
    disabled_at bigint,
    signed_in_at bigint)`,
  `create table account_tokens (
    token_hash text collate "C" primary key,
    purpose text not null,
    account_id text collate "C",
    email text collate "C",
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint)`,
  `create index account_tokens_by_account on account_tokens (account_id)`,
  `create table attempts (key text collate "C" primary key, free_at bigint not null)`,
  `create table owner_moves (
    from_owner_id text collate "C" primary key,
    to_owner_id text collate "C" not null,
    begun_at bigint not null)`,
  `create index owner_moves_by_target on owner_moves (to_owner_id)`,
  `alter table sessions add column account_id text collate "C"`,
]

/** As migration 001 counts. */
const COUNTED: readonly [string, string][] = [
  ['conversations', '1000'],
  ['messages', '1000 + octet_length(new.parts)'],
  ['shares', '1000 + octet_length(new.conversation)'],
]

function moveTriggerOf(table: string, bytes: string): string[] {
  return [
    `create function ${table}_moved() returns trigger language plpgsql as $$ begin
      insert into owner_storage_changes (owner_id, bytes)
        values (old.owner_id, -(${bytes})), (new.owner_id, ${bytes});
      return null;
    end $$`,
    `create trigger ${table}_moved after update of owner_id on ${table}
      for each row when (old.owner_id <> new.owner_id) execute function ${table}_moved()`,
  ]
}
