import { type Kysely, sql } from 'kysely'

/** As migration 012 indexes, and the names of stored files. */
const INDEXED = `substr(
  (select group_concat(concat_ws(char(10), value ->> 'name', value ->> 'text'), char(10))
    from json_each(parts) where value ->> 'type' in ('text', 'refusal', 'file', 'image', 'document')), 1, 200000)`

/** Files that people upload, and which messages have them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const ADDED = `insert into message_index (rowid, owner, text)
  select number, hex(owner_id), ${INDEXED}
  from (select new.number as number, new.owner_id as owner_id, new.parts as parts);`
const REMOVED = `insert into message_index (message_index, rowid, owner, text)
  select 'delete', number, hex(owner_id), ${INDEXED}
  from (select old.number as number, old.owner_id as owner_id, old.parts as parts);`

const STATEMENTS = [
  `create table files (
    id text primary key,
    owner_id text not null,
    name text not null,
    media_type text not null,
    size bigint not null,
    state text not null,
    received bigint not null,
    attempts integer not null,
    looked_at bigint,
    code text,
    stored_as text,
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
    message_id text not null references messages (id) on delete cascade,
    file_id text not null,
    primary key (message_id, file_id))`,
  `create index message_files_by_file on message_files (file_id)`,
  // A trigger, so that no way of erasing a message can forget its files.
  `create trigger message_file_released after delete on message_files begin
    update files set due_at = 0 where id = old.file_id;
  end`,
  `create table file_pieces (
    file_id text not null,
    position bigint not null,
    stored_as text not null,
    size bigint not null,
    primary key (file_id, position))`,
  `create table file_trash (
    stored_as text primary key,
    due_at bigint not null,
    ends_at bigint not null)`,
  `create index file_trash_by_due on file_trash (due_at)`,
  `drop trigger message_stored`,
  `drop trigger message_deleted`,
  `drop trigger message_moved`,
  `create trigger message_stored after insert on messages begin ${ADDED} end`,
  `create trigger message_deleted after delete on messages begin ${REMOVED} end`,
  `create trigger message_moved after update of owner_id on messages when old.owner_id <> new.owner_id begin
    ${REMOVED} ${ADDED}
  end`,
]
