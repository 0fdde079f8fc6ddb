import { type Kysely, sql } from 'kysely'

/** The tables of migration 024 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table files (
    id text collate "C" primary key,
    owner_id text collate "C" not null,
    name text not null,
    media_type text not null,
    size bigint not null,
    state text not null,
    received bigint not null,
    attempts integer not null,
    looked_at bigint,
    code text,
    stored_as text collate "C",
    width integer,
    height integer,
    pages integer,
    tokens integer,
    created_at bigint not null,
    due_at bigint,
    text text,
    text_bytes bigint not null)`,
  `create index files_by_owner on files (owner_id, id, size, text_bytes)`,
  `create index files_by_content on files (stored_as) where stored_as is not null`,
  `create index files_by_due on files (due_at) where due_at is not null`,
  `create index files_complete on files (created_at) where state = 'uploading' and received = size`,
  `create table message_files (
    message_id text collate "C" not null references messages (id) on delete cascade,
    file_id text collate "C" not null,
    primary key (message_id, file_id))`,
  `create index message_files_by_file on message_files (file_id)`,
  `create function release_message_file() returns trigger language plpgsql as $$ begin
    update files set due_at = 0 where id = old.file_id;
    return null;
  end $$`,
  `create trigger message_file_released after delete on message_files for each row
    execute function release_message_file()`,
  `create table file_pieces (
    file_id text collate "C" not null,
    position bigint not null,
    stored_as text collate "C" not null,
    size bigint not null,
    primary key (file_id, position))`,
  `create table file_trash (
    stored_as text collate "C" primary key,
    due_at bigint not null,
    ends_at bigint not null)`,
  `create index file_trash_by_due on file_trash (due_at)`,
]
