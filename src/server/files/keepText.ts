import type { Database } from '../database/database.ts'
import { insertPassages, insertWords, whileRead } from '../database/files/passages.ts'
import type { Queries } from '../database/schema.ts'
import type { ReadDocument } from './reading/readDocument.ts'

export type DocumentText = Pick<ReadDocument, 'passages' | 'words'>

/** How much of a text one transaction stores, in UTF-16 units. */
const SLICE = 32_000

/**
 * Stores the text of a file that is not settled yet, with its words. Until the file is ready nobody finds them. In slices, so that
 * other writes come between. Ends early if somebody else has settled the file, or `isClosed` says so: then it throws.
 */
export async function keepText(
  database: Database,
  { fileId, text, isClosed }: { fileId: string; text: DocumentText; isClosed: () => boolean },
): Promise<void> {
  const passages = text.passages.map(({ text, page = null, section = null }, index) => {
    return { file_id: fileId, place: index + 1, page, section, text }
  })
  const words = text.words.map(row => ({ file_id: fileId, ...row }))
  const inserts = [
    ...slicesOf(passages, ({ text }) => text.length).map(rows => (to: Queries) => insertPassages(to, rows)),
    ...slicesOf(words, ({ words }) => words.length).map(rows => (to: Queries) => insertWords(to, rows)),
  ]
  for (const insert of inserts) {
    if (isClosed()) throw new Error('closed')
    const isStored = await database.write('process', queries =>
      whileRead(queries, fileId, () => insert(queries)),
    )
    if (!isStored) return
  }
}

function slicesOf<Row>(rows: readonly Row[], lengthOf: (row: Row) => number): Row[][] {
  const slices: Row[][] = []
  let left = 0
  for (const row of rows) {
    if (left <= 0) {
      slices.push([])
      left = SLICE
    }
    slices.at(-1)?.push(row)
    // Many short rows cost as much as a long one.
    left -= lengthOf(row) + 200
  }
  return slices
}
