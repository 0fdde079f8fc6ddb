import { type Client, DatabaseError } from 'pg'
import { lexemesOf } from '../server/database/postgres/messageIndex.ts'
import { add, checksumOf } from './checksum.ts'
import type { Source, SourceRow } from './source.ts'
import type { CopiedTable } from './tables.ts'
import { beginLong, type CopyState, stateOf, storeState, type TableState } from './target.ts'

/** How much one transaction stores. */
const MAX_ROWS = 1000
const MAX_BYTES = 8_000_000
/** How many refused rows are named. */
const MAX_REASONS = 20

export interface TableCopy {
  source: Source
  client: Client
  table: CopiedTable
  /** The columns with their types in PostgreSQL. */
  columns: ReadonlyMap<string, string>
  state: CopyState
  /** Learns how many more rows have been read. */
  onRows(count: number): void
}

/**
 * Copies what is still missing of one table. A transaction stores some rows together with the position of the last, so that
 * a copy that was killed goes on where it was.
 */
export async function copyTable(copy: TableCopy): Promise<void> {
  const { source, table, columns, state } = copy
  const { after } = stateOf(state, table)
  const rows = source.rows(table, { columns: [...columns.keys()], after, replaced: state.replaced })
  for (const slice of slicesOf(rows)) {
    await copySlice(copy, slice)
    copy.onRows(slice.length)
  }
}

function* slicesOf(rows: Iterable<SourceRow>): Generator<SourceRow[]> {
  let slice: SourceRow[] = []
  let size = 0
  for (const row of rows) {
    slice.push(row)
    size += row.size
    if (slice.length < MAX_ROWS && size < MAX_BYTES) continue
    yield slice
    slice = []
    size = 0
  }
  if (slice.length > 0) yield slice
}

async function copySlice(copy: TableCopy, slice: readonly SourceRow[]): Promise<void> {
  const { client, table, state } = copy
  const done: TableState = { ...stateOf(state, table), after: slice.at(-1)?.position ?? 0 }
  await beginLong(client)
  await store(copy, slice, done)
  state.tables[table] = done
  await storeState(client, state)
  await client.query('commit')
}

/** Stores the rows that PostgreSQL takes. If it refuses one, the halves are tried apart, down to that row. */
async function store(copy: TableCopy, rows: readonly SourceRow[], done: TableState): Promise<void> {
  const { client, table, state } = copy
  await client.query('savepoint slice')
  try {
    await insert(copy, rows)
    await client.query('release savepoint slice')
    done.copied += rows.length
  } catch (error) {
    if (!isRefusedRow(error)) throw error
    await client.query('rollback to savepoint slice')
    const [first] = rows
    if (rows.length === 1 && first) {
      done.refused = add(done.refused, checksumOf(first.row))
      if (state.reasons.length < MAX_REASONS) state.reasons.push(`${table} ${first.row[0]}: ${error.message}`)
      return
    }
    const middle = rows.length / 2
    await store(copy, rows.slice(0, middle), done)
    await store(copy, rows.slice(middle), done)
  }
}

/** Whether the values of a row are at fault: their form, a rule that they break, or a limit of their size. */
function isRefusedRow(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && /^(22|23|54)/.test(error.code ?? '')
}

async function insert({ client, table, columns }: TableCopy, rows: readonly SourceRow[]): Promise<void> {
  const names = [...columns.keys()].map(name => `"${name}"`).join(', ')
  const arrays = [...columns.values()].map((type, index) => `$${index + 1}::${type}[]`).join(', ')
  await client.query(
    `insert into ${table} (${names}) overriding system value select ${names} from unnest(${arrays}) as copied (${names})`,
    [...columns.keys()].map((_, index) => rows.map(({ row }) => row[index] ?? null)),
  )
  if (table === 'messages') await index({ client, columns }, rows)
}

/** Makes the words of messages findable, as the store of PostgreSQL does. */
async function index(
  { client, columns }: Pick<TableCopy, 'client' | 'columns'>,
  rows: readonly SourceRow[],
): Promise<void> {
  const names = [...columns.keys()]
  const column = (name: string) => rows.map(({ row }) => row[names.indexOf(name)] ?? '')
  const [owners, parts] = [column('owner_id'), column('parts')]
  await client.query(
    `insert into message_index (number, words)
      select number, array_to_tsvector(string_to_array(words, ' ')) from unnest($1::bigint[], $2::text[]) as made (number, words)`,
    [
      column('number'),
      owners.map((owner_id, at) => lexemesOf({ owner_id, parts: parts[at] ?? '[]' }).join(' ')),
    ],
  )
}
