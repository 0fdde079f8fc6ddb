import { type Output, Progress } from '../importer/progress.ts'
import { DatabaseProblem } from '../server/database/databaseProblem.ts'
import { compareTable, drawVerdicts, type TableVerdict } from './compareTables.ts'
import { copyTable } from './copyTable.ts'
import { finishCopy, prepareForNodes } from './finishCopy.ts'
import type { Source } from './source.ts'
import { COPIED_TABLES, type CopiedTable } from './tables.ts'
import { type CopyState, stateOf, type Target } from './target.ts'
import { buildWordIndex, dropWordIndex } from './wordIndex.ts'

export interface CopyReport {
  /** Whether PostgreSQL has every row of the file. */
  isWhole: boolean
  /** What the operator reads. */
  text: string
}

type ColumnsByTable = ReadonlyMap<CopiedTable, ReadonlyMap<string, string>>

/** Copies what is still missing, and compares both sides. Throws `DatabaseProblem`. */
export async function runCopy(source: Source, target: Target, output: Output): Promise<CopyReport> {
  const { client, state } = target
  if (!state)
    return { isWhole: true, text: 'This file was copied into this database before. Nothing was done.' }
  const columns = await columnsOf(source, target)
  await dropWordIndex(client, state)
  await copyAll({ source, target, state, columns, output })
  await buildWordIndex(client, state)
  await prepareForNodes(client, state)
  const verdicts = await compareAll({ source, target, state, columns, output })
  if (verdicts.every(({ isSame }) => isSame)) {
    await target.requireUnused()
    await finishCopy(client, state)
  }
  return reportOf(verdicts, state)
}

/** The columns of the file, and the row ids that PostgreSQL keeps as a column. */
async function columnsOf(source: Source, target: Target): Promise<ColumnsByTable> {
  const found = new Map<CopiedTable, ReadonlyMap<string, string>>()
  for (const table of COPIED_TABLES) {
    const types = await target.columns(table)
    const names = [...source.columns(table), ...(types.has('rowid') ? ['rowid'] : [])]
    found.set(table, new Map(names.map(name => [name, typeOf(types, table, name)])))
  }
  return found
}

function typeOf(types: ReadonlyMap<string, string>, table: CopiedTable, name: string): string {
  const type = types.get(name)
  if (type === undefined)
    throw new DatabaseProblem(`The target has no column ${name} in ${table}: use the db:copy of its version.`)
  return type
}

interface Copying {
  source: Source
  target: Target
  state: CopyState
  columns: ColumnsByTable
  output: Output
}

async function copyAll({ source, target, state, columns, output }: Copying): Promise<void> {
  const progress = new Progress(output, { label: 'Copying', total: rowsIn(source) })
  try {
    for (const table of COPIED_TABLES) {
      const { copied, refused } = stateOf(state, table)
      progress.add(copied + refused.rows)
      await copyTable({
        source,
        client: target.client,
        table,
        columns: columns.get(table) ?? new Map(),
        state,
        onRows: count => progress.add(count),
      })
    }
  } finally {
    progress.end()
  }
}

async function compareAll({ source, target, state, columns, output }: Copying): Promise<TableVerdict[]> {
  const progress = new Progress(output, { label: 'Comparing', total: rowsIn(source) })
  const verdicts: TableVerdict[] = []
  try {
    for (const table of COPIED_TABLES)
      verdicts.push(
        await compareTable({
          source,
          target,
          table,
          columns: [...(columns.get(table)?.keys() ?? [])],
          state,
          onRow: () => progress.add(1),
        }),
      )
  } finally {
    progress.end()
  }
  return verdicts
}

function rowsIn(source: Source): number {
  return COPIED_TABLES.reduce((sum, table) => sum + source.count(table), 0)
}

function reportOf(verdicts: readonly TableVerdict[], state: CopyState): CopyReport {
  const isSame = verdicts.every(verdict => verdict.isSame)
  const refused = verdicts.reduce((sum, verdict) => sum + verdict.refused, 0)
  const lines = [drawVerdicts(verdicts), '']
  if (state.replaced.nul > 0)
    lines.push(
      `${state.replaced.nul} texts had a NUL, which PostgreSQL does not take. U+FFFD is in its place.`,
    )
  if (state.replaced.broken > 0)
    lines.push(`${state.replaced.broken} texts were no UTF-8. U+FFFD is in place of what was broken.`)
  if (refused > 0)
    lines.push(
      `PostgreSQL did not take ${refused} rows, such as:`,
      ...state.reasons.map(reason => `  ${reason}`),
    )
  lines.push(isSame ? DONE : DIFFERENT)
  return { isWhole: isSame && refused === 0, text: lines.join('\n') }
}

const DONE =
  'Both sides were read anew, and have the same rows. Set DATABASE_URL to the copy, and start Riacho.'
const DIFFERENT =
  'The copy differs from the file: a server used one of them meanwhile. Drop the database in PostgreSQL, create it anew, and copy again.'
