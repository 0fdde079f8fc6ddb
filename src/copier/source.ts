import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Logger } from 'pino'
import { createSteadyTime, systemClock } from '../server/clock.ts'
import { giveUpCopies } from '../server/database/conversations.ts'
import { DatabaseProblem } from '../server/database/databaseProblem.ts'
import { openSqlite } from '../server/database/sqlite/open.ts'
import { claimSetting } from '../server/database/storedSettings.ts'
import { openSqliteRunStore } from '../server/log/sqliteRunStore.ts'
import { COLUMNS_OF_THE_FILE, type CopiedTable, OF_THE_FILE, type Row, SOURCE_ID } from './tables.ts'

/** What PostgreSQL takes in no text. U+FFFD is put in its place. */
export interface Replaced {
  /** Texts with a NUL. */
  nul: number
  /** Texts with bytes that are no UTF-8, such as half of a surrogate pair. */
  broken: number
}

export interface SourceRow {
  /** Grows from row to row. */
  position: number
  row: Row
  /** Of all its texts, in bytes. */
  size: number
}

/** The file of SQLite that is copied. Nobody else has it meanwhile. */
export interface Source {
  /** Always the same for this installation. */
  readonly id: string
  /** Those that are copied. */
  columns(table: CopiedTable): readonly string[]
  count(table: CopiedTable): number
  /** Rows after this position, in the order in which they were stored. What is replaced is counted. */
  rows(table: CopiedTable, options: RowsOptions): Generator<SourceRow>
  close(): Promise<void>
}

export interface RowsOptions {
  columns: readonly string[]
  after: number
  replaced: Replaced
}

/**
 * Takes the lock of the file as a server does, brings its tables up to date, and settles what a killed process left in its
 * journal. Throws `DatabaseProblem`.
 */
export async function openSource(file: string, logger: Logger): Promise<Source> {
  if (!existsSync(file)) throw new DatabaseProblem(`There is no database ${file}.`)
  const database = await openSqlite(file, logger)
  try {
    const steadyTime = createSteadyTime(systemClock)
    await openSqliteRunStore({ database, now: systemClock.now, steadyTime })
    await database.write('process', queries =>
      giveUpCopies(queries, { begunBefore: Number.MAX_SAFE_INTEGER }),
    )
    const value = randomUUID()
    const id = await database.write('power', queries => claimSetting(queries, { key: SOURCE_ID, value }))
    const reading = new DatabaseSync(realpathSync(file), { readOnly: true })
    return {
      id,
      ...readerOf(reading),
      async close() {
        reading.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

function readerOf(reading: DatabaseSync): Omit<Source, 'id' | 'close'> {
  return {
    columns: table =>
      reading
        .prepare('select name from pragma_table_info(?)')
        .all(table)
        .map(({ name }) => String(name))
        .filter(name => !COLUMNS_OF_THE_FILE.includes(name)),
    count: table =>
      Number(reading.prepare(`select count(*) as rows from ${table} where ${keptOf(table)}`).get()?.['rows']),
    *rows(table, { columns, after, replaced }) {
      // As bytes, because only these tell what is no text for PostgreSQL. A number becomes its digits.
      const values = columns.map(column => `cast("${column}" as blob)`).join(', ')
      const statement = reading.prepare(
        `select rowid, ${values} from ${table} where rowid > ? and ${keptOf(table)} order by rowid`,
      )
      statement.setReturnArrays(true)
      for (const read of statement.iterate(after)) {
        const [position, ...cells] = read as unknown as [number, ...(Uint8Array | null)[]]
        const size = cells.reduce((sum, cell) => sum + (cell?.byteLength ?? 0), 0)
        yield { position, size, row: cells.map(cell => cell && textOf(cell, replaced)) }
      }
    },
  }
}

function keptOf(table: CopiedTable): string {
  return table === 'settings' ? `key not in (${OF_THE_FILE.map(key => `'${key}'`).join(', ')})` : 'true'
}

function textOf(cell: Uint8Array, replaced: Replaced): string {
  const bytes = Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength)
  if (!isUtf8(bytes)) replaced.broken += 1
  const text = bytes.toString('utf8')
  if (!bytes.includes(0)) return text
  replaced.nul += 1
  return text.replaceAll('\0', '\uFFFD')
}
