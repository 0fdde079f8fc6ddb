import { type Kysely, sql } from 'kysely'

/** The tables of migration 023 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table pauses (
    run_id text collate "C" primary key,
    conversation_id text collate "C" not null,
    requests text not null,
    kept text not null,
    answered_by text collate "C",
    declined integer default 0 not null)`,
  `create index pauses_by_conversation on pauses (conversation_id)`,
  `create table tool_grants (
    conversation_id text collate "C" not null,
    tool text collate "C" not null,
    digest text collate "C" not null,
    primary key (conversation_id, tool))`,
]
