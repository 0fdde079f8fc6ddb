import { compiled } from './compiled.ts'
import type { Queries } from './schema.ts'

/** What each row counts besides its text, in bytes. The triggers that keep the sum count the same. */
const ROW_BYTES = 1000

/** Rows of conversations, messages or shares, with their text. */
export interface StoredRows {
  rows: number
  /** UTF-8 bytes of the parts of messages. */
  textBytes: number
}

/** What these rows add to `storedBytes`. */
export function countedBytes({ rows, textBytes }: StoredRows): number {
  return rows * ROW_BYTES + textBytes
}

/** Bytes that an owner stores. Triggers keep the sum. */
export async function storedBytes(queries: Queries, ownerId: string): Promise<number> {
  const { rows } = await selectBytes(queries, { ownerId })
  return rows[0]?.bytes ?? 0
}

const selectBytes = compiled((queries, { ownerId }: { ownerId: string }) =>
  queries.selectFrom('owner_storage').select('bytes').where('owner_id', '=', ownerId),
)
