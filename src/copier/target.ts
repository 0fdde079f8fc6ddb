import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { UNFINISHED_COPY } from '../server/database/copyMark.ts'
import { DatabaseProblem } from '../server/database/databaseProblem.ts'
import { openPostgres, readAddress } from '../server/database/postgres/open.ts'
import { type Checksum, checksumSql, NO_ROWS, readChecksum } from './checksum.ts'
import type { Replaced } from './source.ts'
import { COPIED_FROM, COPIED_TABLES, type CopiedTable } from './tables.ts'

/** A living node may be silent for this long, in milliseconds. It beats every 5 s. */
const SILENCE = 12_000
const LOOK_INTERVAL = 500

/** How far one table is. */
export interface TableState {
  /** The position of the last row that was read. */
  after: number
  copied: number
  /** Rows that PostgreSQL did not take. */
  refused: Checksum
}

/** What a copy has done so far. It is stored with the rows, in the same transaction. */
export interface CopyState {
  /** The source. */
  id: string
  tables: Partial<Record<CopiedTable, TableState>>
  replaced: Replaced
  /** Says for some of the refused rows why. */
  reasons: string[]
  /** The definition of the index of words, while it is dropped. */
  wordIndex?: string
}

export interface Target {
  readonly client: Client
  /** `undefined` if everything was copied and compared before. */
  readonly state: CopyState | undefined
  /** The columns of a table, with their types. */
  columns(table: CopiedTable): Promise<ReadonlyMap<string, string>>
  checksum(table: CopiedTable, columns: readonly string[]): Promise<Checksum>
  /** Throws `DatabaseProblem` if a node has begun to use the database. */
  requireUnused(): Promise<void>
  close(): Promise<void>
}

/**
 * Brings the tables of the database up to date, and marks it as the copy of a source. Throws `DatabaseProblem` if a node uses
 * it, or if it is neither empty nor a copy of this source.
 */
export async function openTarget(
  url: string,
  { sourceId, say }: { sourceId: string; say(line: string): void },
): Promise<Target> {
  const migrated = await openPostgres(url)
  await migrated.close()
  const client = new Client({ ...readAddress(url).config, query_timeout: 0 })
  // Whoever asks hears of it.
  client.on('error', () => {})
  await client.connect()
  try {
    const dead = await requireNoNode(client, say)
    const state = await claim(client, sourceId)
    const requireUnused = () => requireOnly(client, dead)
    await requireUnused()
    return { client, state, requireUnused, ...readerOf(client), close: () => client.end() }
  } catch (error) {
    await client.end()
    throw error
  }
}

function readerOf(client: Client): Pick<Target, 'columns' | 'checksum'> {
  return {
    async columns(table) {
      const { rows } = await client.query<{ name: string; type: string }>(
        `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
          where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
        [table],
      )
      return new Map(rows.map(({ name, type }) => [name, type]))
    },
    async checksum(table, columns) {
      const where = table === 'settings' ? `where key <> '${UNFINISHED_COPY}'` : ''
      await beginLong(client)
      const { rows } = await client.query(checksumSql(table, columns, where))
      await client.query('commit')
      return readChecksum(rows[0] ?? {})
    },
  }
}

/**
 * Begins a transaction that may take its time. Its commit is not synced: what the server might lose of the rows, it loses
 * together with their position.
 */
export async function beginLong(client: Client): Promise<void> {
  await client.query('begin')
  await client.query('set local synchronous_commit = off')
  await client.query('set local statement_timeout = 0')
  await client.query('set local idle_in_transaction_session_timeout = 0')
}

/** Reads how far the copy is, or begins one. Throws `DatabaseProblem`. */
async function claim(client: Client, sourceId: string): Promise<CopyState | undefined> {
  const { rows } = await client.query<{ key: string; value: string }>(
    'select key, value from settings where key = any($1)',
    [[UNFINISHED_COPY, COPIED_FROM]],
  )
  const [mark] = rows
  if (mark) {
    const state: CopyState = JSON.parse(mark.value)
    if (state.id !== sourceId)
      throw new DatabaseProblem('The target has a copy of another file: name an empty database.')
    return mark.key === UNFINISHED_COPY ? state : undefined
  }
  for (const table of COPIED_TABLES) {
    const { rowCount } = await client.query(`select from ${table} limit 1`)
    if (rowCount) throw new DatabaseProblem(`The target is not empty (${table}): name an empty database.`)
  }
  const state: CopyState = { id: sourceId, tables: {}, replaced: { nul: 0, broken: 0 }, reasons: [] }
  await client.query('insert into settings (key, value) values ($1, $2)', [
    UNFINISHED_COPY,
    JSON.stringify(state),
  ])
  return state
}

export async function storeState(client: Client, state: CopyState): Promise<void> {
  await client.query('update settings set value = $2 where key = $1', [
    UNFINISHED_COPY,
    JSON.stringify(state),
  ])
}

export function stateOf(state: CopyState, table: CopiedTable): TableState {
  return state.tables[table] ?? { after: 0, copied: 0, refused: NO_ROWS }
}

type Beats = ReadonlyMap<string, string>

/** Resolves with the nodes that were killed. Their rows stay as they are. Throws `DatabaseProblem` if a node beats. */
async function requireNoNode(client: Client, say: (line: string) => void): Promise<Beats> {
  const first = await beatsOf(client)
  if (first.size > 0) say('Looking whether a server uses the target…')
  for (let waited = 0; first.size > 0 && waited < SILENCE; waited += LOOK_INTERVAL) {
    await setTimeout(LOOK_INTERVAL)
    await requireOnly(client, first)
  }
  return first
}

async function requireOnly(client: Client, known: Beats): Promise<void> {
  for (const [id, beat] of await beatsOf(client))
    if (known.get(id) !== beat)
      throw new DatabaseProblem('A server uses the target: stop it, or name an empty database.')
}

async function beatsOf(client: Client): Promise<Beats> {
  const { rows } = await client.query<{ id: string; beat: string }>(
    'select id, beat::text as beat from nodes where dead_at is null and not has_left',
  )
  return new Map(rows.map(({ id, beat }) => [id, beat]))
}
