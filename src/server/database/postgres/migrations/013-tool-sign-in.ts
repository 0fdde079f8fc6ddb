import { type Kysely, sql } from 'kysely'

/** The tables of migration 026 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table tool_tokens (
    owner_id text collate "C" not null,
    server text collate "C" not null,
    sealed text not null,
    created_at bigint not null,
    primary key (owner_id, server))`,
  `create table tool_sign_ins (
    key text collate "C" primary key,
    owner_id text collate "C" not null,
    session_id text collate "C",
    server text collate "C" not null,
    sealed text not null,
    expires_at bigint not null)`,
  `create index tool_sign_ins_by_owner on tool_sign_ins (owner_id)`,
  `create table tool_clients (
    server text collate "C" not null,
    issuer text collate "C" not null,
    redirect_uri text collate "C" not null,
    sealed text not null,
    primary key (server, issuer, redirect_uri))`,
  `create table live_questions (
    id text collate "C" primary key,
    run_id text collate "C" not null,
    conversation_id text collate "C" not null,
    question text not null,
    answer text)`,
  `create index live_questions_by_conversation on live_questions (conversation_id)`,
]
