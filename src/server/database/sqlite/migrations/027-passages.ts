import { type Kysely, sql } from 'kysely'
import { indexStoredPassages } from '../../files/indexStoredPassages.ts'

/**
 * The texts of documents, cut into passages, and their words. A text that an earlier version stored is cut after every 2,000
 * characters.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  await indexStoredPassages(db)
}

const STATEMENTS = [
  `create table passages (
    file_id text not null,
    place integer not null,
    page integer,
    section text,
    text text not null,
    primary key (file_id, place))`,
  `create table passage_words (
    file_id text not null,
    beginning text not null,
    words text not null,
    primary key (file_id, beginning))`,
  `insert into passages (file_id, place, text)
    with recursive pieces (file_id, place, text, rest) as (
      select id, 1, substr(text, 1, 2000), substr(text, 2001) from files where text <> ''
      union all
      select file_id, place + 1, substr(rest, 1, 2000), substr(rest, 2001) from pieces where rest <> '')
    select file_id, place, text from pieces`,
  `alter table files drop column text`,
  `alter table runs add column documents text`,
]
