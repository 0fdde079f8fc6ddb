import type { Kysely } from 'kysely'
import type { Queries } from '../schema.ts'
import { insertWords } from './passages.ts'
import { wordsOfPassages } from './passageWords.ts'

/** Makes the words of all stored passages findable. Migrations call it, before anything else can. */
export async function indexStoredPassages(db: Kysely<unknown>): Promise<void> {
  const queries = db as Queries
  const files = await queries.selectFrom('passages').select('file_id').distinct().execute()
  for (const { file_id } of files) {
    const passages = await queries
      .selectFrom('passages')
      .select(['place', 'text'])
      .where('file_id', '=', file_id)
      .execute()
    for (const words of wordsOfPassages(passages)) await insertWords(queries, [{ file_id, ...words }])
  }
}
