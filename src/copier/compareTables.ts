import { add, type Checksum, checksumOf, isSame, NO_ROWS } from './checksum.ts'
import type { Source } from './source.ts'
import type { CopiedTable } from './tables.ts'
import { type CopyState, stateOf, type Target } from './target.ts'

export interface TableVerdict {
  table: CopiedTable
  inFile: number
  inPostgres: number
  refused: number
  isSame: boolean
}

export interface TableComparison {
  source: Source
  target: Target
  table: CopiedTable
  columns: readonly string[]
  state: CopyState
  onRow(): void
}

/** Reads a table anew on both sides. The refused rows have to be all that is missing in PostgreSQL. */
export async function compareTable(comparison: TableComparison): Promise<TableVerdict> {
  const { source, target, table, columns, state, onRow } = comparison
  let inFile: Checksum = NO_ROWS
  const replaced = { nul: 0, broken: 0 }
  for (const { row } of source.rows(table, { columns, after: 0, replaced })) {
    inFile = add(inFile, checksumOf(row))
    onRow()
  }
  const inPostgres = await target.checksum(table, columns)
  const { refused } = stateOf(state, table)
  return {
    table,
    inFile: inFile.rows,
    inPostgres: inPostgres.rows,
    refused: refused.rows,
    isSame: isSame(inFile, add(inPostgres, refused)),
  }
}

/** A table for the operator. */
export function drawVerdicts(verdicts: readonly TableVerdict[]): string {
  const line = (cells: readonly [string, string, string, string]) =>
    `${cells[0].padEnd(14)}${cells[1].padStart(14)}${cells[2].padStart(16)}  ${cells[3]}`
  return [
    line(['table', 'in the file', 'in PostgreSQL', '']).trimEnd(),
    ...verdicts.map(({ table, inFile, inPostgres, refused, isSame }) => {
      const verdict = isSame ? (refused > 0 ? `${refused} not taken` : 'same') : 'DIFFERS'
      return line([table, inFile.toLocaleString('en'), inPostgres.toLocaleString('en'), verdict])
    }),
  ].join('\n')
}
