import { type Kysely, sql } from 'kysely'
import { indexStoredPassages } from '../../files/indexStoredPassages.ts'

/** The tables of migration 027 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db)
  await cutTexts(db)
  for (const statement of COLUMNS) await sql.raw(statement).execute(db)
  await indexStoredPassages(db)
}

/** File by file, because a statement that takes some seconds is cancelled. */
async function cutTexts(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ id: string }>`select id from files where text is not null`.execute(db)
  for (const { id } of rows)
    await sql`insert into passages (file_id, place, text)
      select id, place, substr(text, (place - 1) * 2000 + 1, 2000)
      from files, generate_series(1, (length(text) + 1999) / 2000) as place
      where id = ${id}`.execute(db)
}

const TABLES = [
  `create table passages (
    file_id text collate "C" not null,
    place integer not null,
    page integer,
    section text,
    text text not null,
    primary key (file_id, place))`,
  `create table passage_words (
    file_id text collate "C" not null,
    beginning text collate "C" not null,
    words text not null,
    primary key (file_id, beginning))`,
]
const COLUMNS = [`alter table files drop column text`, `alter table runs add column documents text`]
