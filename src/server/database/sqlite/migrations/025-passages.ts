import { type Kysely, sql } from 'kysely'

/**
 * The texts of documents, cut into passages, and an index of their words. A text that an earlier version stored is cut after every
 * 2,000 characters.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table passages (
    number integer primary key,
    file_id text not null,
    place integer not null,
    page integer,
    section text,
    text text not null)`,
  `create unique index passages_by_file on passages (file_id, place)`,
  // The file is a term of the index, so that a search reads no other file's passages.
  `create virtual table passage_index using fts5(
    file, text, content = '', tokenize = 'unicode61 remove_diacritics 2')`,
  // Otherwise the index keeps the words of what is deleted.
  `insert into passage_index (passage_index, rank) values ('secure-delete', 1)`,
  `create trigger passage_stored after insert on passages begin
    insert into passage_index (rowid, file, text) values (new.number, hex(new.file_id), new.text);
  end`,
  `create trigger passage_deleted after delete on passages begin
    insert into passage_index (passage_index, rowid, file, text)
      values ('delete', old.number, hex(old.file_id), old.text);
  end`,
  `insert into passages (file_id, place, text)
    with recursive pieces (file_id, place, text, rest) as (
      select id, 1, substr(text, 1, 2000), substr(text, 2001) from files where text <> ''
      union all
      select file_id, place + 1, substr(rest, 1, 2000), substr(rest, 2001) from pieces where rest <> '')
    select file_id, place, text from pieces`,
  `alter table files drop column text`,
  `alter table runs add column documents text`,
]
