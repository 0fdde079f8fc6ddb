import { type RawBuilder, sql } from 'kysely'
import type { Queries } from './schema.ts'

/** How many rows one transaction erases, and about how many bytes. One row may be larger by itself. */
const MAX_ROWS = 100
const MAX_BYTES = 64 * 1024

/**
 * Erases as much of a conversation as one transaction may: its messages with their words in the index, then events,
 * runs, shares, and at last the conversation. It cannot be restored from the first slice on. A conversation that is not
 * deleted stays as it is.
 */
export async function eraseSlice(queries: Queries, id: string): Promise<void> {
  const { numUpdatedRows } = await queries
    .updateTable('conversations')
    .set({ deleted_at: 0 })
    .where('id', '=', id)
    .where('deleted_at', 'is not', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return
  const slice = new Slice(queries)
  await slice.erase(
    'messages',
    sql`select number as row, octet_length(parts) as size from messages where conversation_id = ${id}`,
  )
  await slice.erase(
    'segments',
    sql`select segments.rowid as row, octet_length(frames) as size
      from runs join segments on run_id = runs.id where conversation_id = ${id}`,
  )
  await slice.erase('runs', sql`select id as row, 0 as size from runs where conversation_id = ${id}`)
  await slice.erase(
    'shares',
    sql`select id as row, octet_length(conversation) as size from shares where conversation_id = ${id}`,
  )
  if (slice.isFull) return
  for (const table of ['pauses', 'tool_grants', 'live_questions'] as const)
    await queries.deleteFrom(table).where('conversation_id', '=', id).execute()
  await queries.deleteFrom('conversations').where('id', '=', id).execute()
}

/** What tells one row from another. */
const KEYS = { messages: 'number', segments: 'rowid', runs: 'id', shares: 'id' } as const

class Slice {
  isFull = false
  readonly #queries: Queries
  #rows = 0
  #bytes = 0

  constructor(queries: Queries) {
    this.#queries = queries
  }

  /** Erases those rows of `table` that `query` finds and that fit. */
  async erase(table: keyof typeof KEYS, query: RawBuilder<unknown>): Promise<void> {
    if (this.isFull) return
    // One row more than fits, so that the slice learns that it is full.
    const limit = MAX_ROWS - this.#rows + 1
    const { rows } = await sql<Row>`${query} limit ${limit}`.execute(this.#queries)
    const taken = this.#take(rows)
    if (taken.length === 0) return
    const key = sql.ref(KEYS[table])
    await sql`delete from ${sql.table(table)} where ${key} in (${sql.join(taken)})`.execute(this.#queries)
  }

  #take(rows: readonly Row[]): Row['row'][] {
    const taken: Row['row'][] = []
    for (const { row, size } of rows) {
      if (this.#rows === MAX_ROWS || (this.#rows > 0 && this.#bytes + size > MAX_BYTES)) {
        this.isFull = true
        break
      }
      taken.push(row)
      this.#rows += 1
      this.#bytes += size
    }
    return taken
  }
}

interface Row {
  /** Its key. */
  row: number | string
  size: number
}
