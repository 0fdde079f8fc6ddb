import { dialectOf } from '../dialect.ts'
import type { Queries } from '../schema.ts'
import type { PassageRow } from './fileRows.ts'

/** A passage with its number in the index of words. */
export interface StoredPassage extends PassageRow {
  number: number
}

/** A word of a query, without case and accents. */
export interface QueryWord {
  text: string
  /** Whether it may be the beginning of a longer word. */
  isBeginning: boolean
}

export interface PassageMatches {
  fileIds: readonly string[]
  word: QueryWord
  limit: number
}

interface OwnedFiles {
  ids: readonly string[]
  ownerId: string
}

/** What one transaction deletes at most of passages: rows, because each has about 2,000 characters. */
const SLICE = 32

/**
 * Stores passages of a file that is not ready yet, and makes their words findable. Those that are there stay. False if the file is
 * settled or gone.
 */
export async function insertPassages(
  queries: Queries,
  { fileId, rows }: { fileId: string; rows: readonly PassageRow[] },
): Promise<boolean> {
  let reading = queries
    .selectFrom('files')
    .select('id')
    .where('id', '=', fileId)
    .where('state', '=', 'uploading')
  // So that whoever deletes the file comes before, or after.
  if (dialectOf(queries).locksRows) reading = reading.forUpdate()
  if (!(await reading.executeTakeFirst())) return false
  const stored = await queries
    .insertInto('passages')
    .values(rows)
    .onConflict(conflict => conflict.columns(['file_id', 'place']).doNothing())
    .returning(['number', 'file_id', 'place', 'page', 'section', 'text'])
    .execute()
  await dialectOf(queries).indexPassages(queries, stored)
  return true
}

/** Deletes some passages of a file with their words in the index. False if none is left. */
export async function deletePassages(queries: Queries, fileId: string): Promise<boolean> {
  const rows = await queries
    .selectFrom('passages')
    .select('number')
    .where('file_id', '=', fileId)
    .limit(SLICE + 1)
    .execute()
  const numbers = rows.slice(0, SLICE).map(({ number }) => number)
  if (numbers.length > 0) await queries.deleteFrom('passages').where('number', 'in', numbers).execute()
  return rows.length > SLICE
}

/** The numbers of passages that have a word. */
export function listPassagesWith(queries: Queries, matches: PassageMatches): Promise<number[]> {
  return dialectOf(queries).listPassagesWith(queries, matches)
}

/** The texts of these files, by their ids. Those of other owners are left out. */
export async function textsOf(queries: Queries, files: OwnedFiles): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  if (files.ids.length === 0) return texts
  const rows = await owned(queries, files)
    .select(['file_id', 'passages.text'])
    .orderBy('file_id')
    .orderBy('place')
    .execute()
  for (const { file_id, text } of rows) texts.set(file_id, (texts.get(file_id) ?? '') + text)
  return texts
}

/** These passages, if they are of files of the owner. */
export function findPassages(
  queries: Queries,
  { numbers, ...files }: OwnedFiles & { numbers: readonly number[] },
): Promise<StoredPassage[]> {
  return owned(queries, files)
    .select(['number', 'file_id', 'place', 'page', 'section', 'passages.text'])
    .where('number', 'in', numbers)
    .execute()
}

/** Passages of a file in their order: from a place, or from the first one that is on a page or after it. */
export function listPassages(
  queries: Queries,
  {
    id,
    ownerId,
    from,
    page,
    limit,
  }: { id: string; ownerId: string; from: number; page?: number; limit: number },
): Promise<PassageRow[]> {
  let found = owned(queries, { ids: [id], ownerId })
    .select(['file_id', 'place', 'page', 'section', 'passages.text'])
    .where('place', '>=', from)
  if (page !== undefined) found = found.where('page', '>=', page)
  return found.orderBy('place').limit(limit).execute()
}

/** How many passages each of these files has. */
export async function countPassages(queries: Queries, files: OwnedFiles): Promise<Map<string, number>> {
  const rows = await owned(queries, files)
    .select(({ fn }) => ['file_id', fn.max('place').as('last')])
    .groupBy('file_id')
    .execute()
  return new Map(rows.map(({ file_id, last }) => [file_id, Number(last)]))
}

function owned(queries: Queries, { ids, ownerId }: OwnedFiles) {
  return queries
    .selectFrom('passages')
    .innerJoin('files', 'files.id', 'passages.file_id')
    .where('file_id', 'in', ids)
    .where('owner_id', '=', ownerId)
    .where('state', '=', 'ready')
}
