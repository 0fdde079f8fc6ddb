import { type Kysely, sql } from 'kysely'
import type { StoredPassage } from '../../files/passages.ts'
import type { Queries } from '../../schema.ts'
import { indexPassages } from '../passageIndex.ts'

const PAGE = 500

/** The tables of migration 025 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  for (let last = 0; ; ) {
    const { rows } = await sql<StoredPassage>`
      select number, file_id, text from passages where number > ${last} order by number limit ${PAGE}`.execute(
      db,
    )
    await indexPassages(db as Queries, rows)
    if (rows.length < PAGE) return
    last = rows.at(-1)?.number ?? last
  }
}

const STATEMENTS = [
  `create table passages (
    number bigint generated always as identity primary key,
    file_id text collate "C" not null,
    place integer not null,
    page integer,
    section text,
    text text not null)`,
  `create unique index passages_by_file on passages (file_id, place)`,
  `create table passage_index (
    number bigint primary key references passages (number) on delete cascade,
    words tsvector not null)`,
  `create index passage_index_by_word on passage_index using gin (words) with (fastupdate = off)`,
  `insert into passages (file_id, place, text)
    select id, place, substr(text, (place - 1) * 2000 + 1, 2000)
    from files, generate_series(1, (length(text) + 1999) / 2000) as place
    where text is not null
    order by id, place`,
  `alter table files drop column text`,
  `alter table runs add column documents text`,
]
