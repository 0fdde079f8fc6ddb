import { type Kysely, sql } from 'kysely'

/**
 * What the index has of a conversation: its owner, and every three bytes of its folded title that follow each other. `row`
 * is a row of conversations.
 */
const termsOf = (row: string) => `
  'x' || hex(${row}.owner_id) || ' ' || coalesce((
    select group_concat(hex(substr(cast(${row}.folded_title as blob), key + 1, 3)), ' ')
    from json_each('[' || rtrim(replace(hex(zeroblob(
      max(length(cast(${row}.folded_title as blob)) - 2, 0))), '00', '0,'), ',') || ']')), '')`

const ADDED = (row: string) =>
  `insert into title_index (rowid, terms) values (${row}.title_number, ${termsOf(row)});`
const REMOVED = `insert into title_index (title_index, rowid, terms) values ('delete', old.title_number, ${termsOf('old')});`

/**
 * An index of titles by parts of words. Conversations have a number of their own, because SQLite's row ids change in a
 * `vacuum`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table conversations add column title_number integer`,
  `update conversations set title_number = rowid`,
  `create unique index conversations_by_title_number on conversations (title_number)`,
  `create virtual table title_index using fts5(terms, content = '', detail = none, tokenize = 'ascii')`,
  // By itself the index keeps what is deleted until it is merged.
  `insert into title_index (title_index, rank) values ('secure-delete', 1)`,
  `insert into title_index (rowid, terms) select title_number, ${termsOf('conversations')} from conversations`,
  `create trigger title_stored after insert on conversations begin
    update conversations set title_number = (select coalesce(max(title_number), 0) + 1 from conversations) where id = new.id;
    insert into title_index (rowid, terms)
      select title_number, ${termsOf('conversations')} from conversations where id = new.id;
  end`,
  `create trigger title_changed after update of folded_title, owner_id on conversations
    when old.folded_title <> new.folded_title or old.owner_id <> new.owner_id begin
    ${REMOVED}
    ${ADDED('new')}
  end`,
  `create trigger title_deleted after delete on conversations begin ${REMOVED} end`,
]
