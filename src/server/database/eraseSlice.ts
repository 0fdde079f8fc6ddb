import { sql } from 'kysely'
import type { Queries } from './schema.ts'

/** How many rows one transaction erases, and about how many bytes. One row may be larger by itself. */
const MAX_ROWS = 100
const MAX_BYTES = 64 * 1024

/** What one transaction erased of a conversation. */
export interface ErasedSlice {
  /** Nothing is left of the conversation. */
  isDone: boolean
  /** The last checkpoints of the runs that were erased. */
  checkpoints: string[]
}

/**
 * Erases as much of a conversation as one transaction may: its messages with their words in the index, then events,
 * runs, shares, and at last the conversation. It cannot be restored from the first slice on.
 */
export async function eraseSlice(queries: Queries, id: string): Promise<ErasedSlice> {
  await queries.updateTable('conversations').set({ deleted_at: 0 }).where('id', '=', id).execute()
  const slice = new Slice(queries, id)
  await slice.erase('messages', sql`octet_length(parts)`)
  await slice.eraseEvents()
  const checkpoints = await slice.eraseRuns()
  await slice.erase('shares', sql`octet_length(conversation)`)
  if (slice.isFull) return { isDone: false, checkpoints }
  await queries.deleteFrom('conversations').where('id', '=', id).execute()
  return { isDone: true, checkpoints }
}

class Slice {
  isFull = false
  readonly #queries: Queries
  readonly #id: string
  #rows = 0
  #bytes = 0

  constructor(queries: Queries, id: string) {
    this.#queries = queries
    this.#id = id
  }

  async erase(table: 'messages' | 'shares', size: ReturnType<typeof sql>): Promise<void> {
    if (this.isFull) return
    const { rows } = await sql<Row>`
      select rowid as row, ${size} as size from ${sql.table(table)} where conversation_id = ${this.#id}
      limit ${this.#limit}`.execute(this.#queries)
    const taken = this.#take(rows)
    if (taken.length === 0) return
    await sql`delete from ${sql.table(table)} where rowid in (${sql.join(taken)})`.execute(this.#queries)
  }

  async eraseEvents(): Promise<void> {
    if (this.isFull) return
    const { rows } = await sql<Row>`
      select segments.rowid as row, octet_length(frames) as size
      from runs join segments on run_id = runs.id where conversation_id = ${this.#id}
      limit ${this.#limit}`.execute(this.#queries)
    const taken = this.#take(rows)
    if (taken.length === 0) return
    await sql`delete from segments where rowid in (${sql.join(taken)})`.execute(this.#queries)
  }

  async eraseRuns(): Promise<string[]> {
    if (this.isFull) return []
    const { rows } = await sql<Row & { checkpoint: string | null }>`
      select rowid as row, 0 as size, checkpoint from runs where conversation_id = ${this.#id}
      limit ${this.#limit}`.execute(this.#queries)
    const taken = this.#take(rows)
    if (taken.length === 0) return []
    await sql`delete from runs where rowid in (${sql.join(taken)})`.execute(this.#queries)
    return rows.slice(0, taken.length).flatMap(({ checkpoint }) => checkpoint ?? [])
  }

  /** One row more than fits, so that the slice learns that it is full. */
  get #limit(): number {
    return MAX_ROWS - this.#rows + 1
  }

  #take(rows: readonly Row[]): number[] {
    const taken: number[] = []
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
  row: number
  size: number
}
