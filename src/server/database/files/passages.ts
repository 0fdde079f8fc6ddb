import { dialectOf } from '../dialect.ts'
import type { Queries } from '../schema.ts'
import type { PassageRow, PassageWordsRow } from './fileRows.ts'

interface OwnedFiles {
  ids: readonly string[]
  ownerId: string
}

/** What one transaction deletes at most. A passage has about 2,000 characters, and a row of words about as many. */
const SLICE = 32

/**
 * Does `work` if the file is not settled yet. Who deletes it comes before, or after. False if it is settled or gone.
 */
export async function whileRead(
  queries: Queries,
  fileId: string,
  work: () => Promise<void>,
): Promise<boolean> {
  let reading = queries
    .selectFrom('files')
    .select('id')
    .where('id', '=', fileId)
    .where('state', '=', 'uploading')
  if (dialectOf(queries).locksRows) reading = reading.forUpdate()
  if (!(await reading.executeTakeFirst())) return false
  await work()
  return true
}

/** Stores passages. Those that are there stay. */
export async function insertPassages(queries: Queries, rows: readonly PassageRow[]): Promise<void> {
  await queries
    .insertInto('passages')
    .values(rows)
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

/** Stores words of passages. Those that are there stay. */
export async function insertWords(queries: Queries, rows: readonly PassageWordsRow[]): Promise<void> {
  await queries
    .insertInto('passage_words')
    .values(rows)
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

/** Deletes some passages of a file, and then their words. False if nothing is left. */
export async function deletePassages(queries: Queries, fileId: string): Promise<boolean> {
  const passages = await queries
    .selectFrom('passages')
    .select('place')
    .where('file_id', '=', fileId)
    .limit(SLICE)
    .execute()
  if (passages.length > 0) {
    const places = passages.map(({ place }) => place)
    await queries.deleteFrom('passages').where('file_id', '=', fileId).where('place', 'in', places).execute()
  }
  if (passages.length === SLICE) return true
  const words = await queries
    .selectFrom('passage_words')
    .select('beginning')
    .where('file_id', '=', fileId)
    .limit(SLICE)
    .execute()
  if (words.length > 0) {
    const beginnings = words.map(({ beginning }) => beginning)
    await queries
      .deleteFrom('passage_words')
      .where('file_id', '=', fileId)
      .where('beginning', 'in', beginnings)
      .execute()
  }
  return words.length === SLICE
}

/** The words of these files that begin so, by the ids of the files. */
export async function wordsBeginning(
  queries: Queries,
  { beginning, ...files }: OwnedFiles & { beginning: string },
): Promise<Pick<PassageWordsRow, 'file_id' | 'words'>[]> {
  return queries
    .selectFrom('passage_words')
    .innerJoin('files', 'files.id', 'file_id')
    .select(['file_id', 'words'])
    .where('file_id', 'in', files.ids)
    .where('beginning', '=', beginning)
    .where('owner_id', '=', files.ownerId)
    .where('state', '=', 'ready')
    .execute()
}

/** The texts of these files, by their ids. Those of other owners are left out. */
export async function textsOf(queries: Queries, files: OwnedFiles): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  if (files.ids.length === 0) return texts
  const rows = await owned(queries, files)
    .select(['file_id', 'text'])
    .orderBy('file_id')
    .orderBy('place')
    .execute()
  for (const { file_id, text } of rows) texts.set(file_id, (texts.get(file_id) ?? '') + text)
  return texts
}

/** These passages of a file, if it is the owner's. */
export function findPassages(
  queries: Queries,
  { id, ownerId, places }: { id: string; ownerId: string; places: readonly number[] },
): Promise<PassageRow[]> {
  return owned(queries, { ids: [id], ownerId })
    .select(COLUMNS)
    .where('place', 'in', places)
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
    .select(COLUMNS)
    .where('place', '>=', from)
  if (page !== undefined) found = found.where('page', '>=', page)
  return found.orderBy('place').limit(limit).execute()
}

/** How many passages each of these files has. Those of other owners are left out. */
export async function countPassages(queries: Queries, files: OwnedFiles): Promise<Map<string, number>> {
  const rows = await owned(queries, files)
    .select(({ fn }) => ['file_id', fn.max('place').as('last')])
    .groupBy('file_id')
    .execute()
  return new Map(rows.map(({ file_id, last }) => [file_id, Number(last)]))
}

const COLUMNS = ['file_id', 'place', 'page', 'section', 'text'] as const

function owned(queries: Queries, { ids, ownerId }: OwnedFiles) {
  return queries
    .selectFrom('passages')
    .innerJoin('files', 'files.id', 'file_id')
    .where('file_id', 'in', ids)
    .where('owner_id', '=', ownerId)
    .where('state', '=', 'ready')
}
