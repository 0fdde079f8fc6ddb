import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { PassageRow } from '../files/fileRows.ts'
import type { PassageMatches, StoredPassage } from '../files/passages.ts'
import type { Queries } from '../schema.ts'
import { tokensOf } from '../searchText.ts'

/** A word is cut here in the index and in a query, in UTF-16 units, because PostgreSQL takes no longer one. */
const MAX_WORD = 64

/** Makes the words of these passages findable. */
export async function indexPassages(queries: Queries, passages: readonly StoredPassage[]): Promise<void> {
  for (const passage of passages)
    await sql`insert into passage_index (number, words)
      values (${passage.number}, array_to_tsvector(${wordsOfPassage(passage)}::text[]))`.execute(queries)
}

/**
 * The words of a passage as the index has them. Each begins with a mark of its file, so that a search reads no other file's
 * entries.
 */
export function wordsOfPassage({ file_id, text }: Pick<PassageRow, 'file_id' | 'text'>): string[] {
  const mark = markOf(file_id)
  const words = new Set<string>()
  for (const { folded } of tokensOf(text)) if (folded !== '') words.add(mark + folded.slice(0, MAX_WORD))
  return [...words]
}

export async function listPassagesWith(
  queries: Queries,
  { fileIds, word, limit }: PassageMatches,
): Promise<number[]> {
  const { text, isBeginning } = word
  // A word has letters, digits and marks only, so that nothing in it ends the quotes.
  const lexemes = fileIds.map(id => `'${markOf(id)}${text.slice(0, MAX_WORD)}'${isBeginning ? ':*' : ''}`)
  const { rows } = await sql<{ number: number }>`
    select number from passage_index join passages using (number)
    where words @@ ${lexemes.join(' | ')}::tsquery and file_id in (${sql.join(fileIds)})
    order by number limit ${limit}`.execute(queries)
  return rows.map(({ number }) => number)
}

function markOf(fileId: string): string {
  return createHash('sha256').update(fileId).digest('hex').slice(0, 8)
}
