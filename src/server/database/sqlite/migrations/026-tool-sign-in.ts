import { type Kysely, sql } from 'kysely'

/** At which servers of tools people have signed in, and what running calls ask them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table tool_tokens (
    owner_id text not null,
    server text not null,
    sealed text not null,
    created_at bigint not null,
    primary key (owner_id, server))`,
  `create table tool_sign_ins (
    key text primary key not null,
    owner_id text not null,
    session_id text,
    server text not null,
    sealed text not null,
    expires_at bigint not null)`,
  `create index tool_sign_ins_by_owner on tool_sign_ins (owner_id)`,
  `create table tool_clients (
    server text not null,
    issuer text not null,
    redirect_uri text not null,
    sealed text not null,
    primary key (server, issuer, redirect_uri))`,
  `create table live_questions (
    id text primary key not null,
    run_id text not null,
    conversation_id text not null,
    question text not null,
    answer text)`,
  `create index live_questions_by_conversation on live_questions (conversation_id)`,
]
