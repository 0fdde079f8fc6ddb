import { setImmediate } from 'node:timers/promises'
import type { Cost, Timing, Usage } from '../../protocol/events.ts'
import type { DayFigureRow, OwnerMonthRow } from '../database/administration/administrationRows.ts'
import {
  addToDays,
  addToOwnerMonths,
  deleteOldMonths,
  type EndedRun,
  takeEndedRuns,
} from '../database/administration/runFigures.ts'
import type { Database } from '../database/database.ts'
import { microsOf } from '../spending/estimates.ts'
import { dayOf, monthOf } from '../spending/periods.ts'
import { FIGURES } from './figureNames.ts'

/** The most runs that one transaction counts. */
const SLICE = 500

export interface RunFiguresOptions {
  database: Pick<Database, 'write'>
  /** The time that all nodes share. */
  steadyTime: () => number
}

/**
 * Counts runs that have ended, by the day and by the owner. A run is
 *   ended     from the transaction of its end: a trigger has put what it used beside the figures
 *   counted   within about a minute, or when an administrator looks: the transaction that adds it to the figures takes
 *             it away, so that it counts once
 * The figures are not changed at the end itself, because the ends of all nodes would then wait for one row.
 */
export function createRunFigures({ database, steadyTime }: RunFiguresOptions) {
  let forgottenIn = ''

  /** Counts what has ended. Slice by slice, with other work in between. */
  async function count(): Promise<void> {
    while ((await database.write('process', countSlice)) === SLICE) await setImmediate()
  }

  /** Also forgets what owners used in months that have passed. */
  async function sweep(): Promise<void> {
    await count()
    const month = monthOf(steadyTime())
    if (forgottenIn === month) return
    while (await database.write('process', queries => deleteOldMonths(queries, { month, limit: SLICE })))
      await setImmediate()
    forgottenIn = month
  }

  return { count, sweep }
}

async function countSlice(queries: Parameters<typeof takeEndedRuns>[0]): Promise<number> {
  const runs = await takeEndedRuns(queries, SLICE)
  await addToDays(queries, dayFiguresOf(runs))
  await addToOwnerMonths(queries, ownerMonthsOf(runs))
  return runs.length
}

/** In the order of their keys. */
export function dayFiguresOf(runs: readonly EndedRun[]): DayFigureRow[] {
  const figures = new Map<string, DayFigureRow>()
  for (const run of runs) {
    const day = dayOf(run.ended_at)
    const { usage, cost, timing } = valuesOf(run)
    const firstToken = timing?.firstTokenMs ?? null
    const added: [string, number][] = [
      [FIGURES.runs(run.status), 1],
      ...(run.code ? [[FIGURES.failures(run.code), 1] as [string, number]] : []),
      [FIGURES.inputTokens, usage?.inputTokens ?? 0],
      [FIGURES.outputTokens, usage?.outputTokens ?? 0],
      [FIGURES.micros, microsOf(cost?.amount ?? 0)],
      ...(firstToken === null ? [] : [[FIGURES.firstToken(firstToken), 1] as [string, number]]),
    ]
    for (const [name, amount] of added) {
      if (amount === 0) continue
      const key = `${day} ${name}`
      const row = figures.get(key) ?? { day, name, amount: 0 }
      figures.set(key, { ...row, amount: row.amount + amount })
    }
  }
  return inOrder(figures)
}

/** In the order of their keys. */
export function ownerMonthsOf(runs: readonly EndedRun[]): OwnerMonthRow[] {
  const months = new Map<string, OwnerMonthRow>()
  for (const run of runs) {
    const { owner_id } = run
    if (owner_id === null) continue
    const month = monthOf(run.ended_at)
    const { usage, cost } = valuesOf(run)
    const key = `${owner_id} ${month}`
    const row = months.get(key) ?? { owner_id, month, runs: 0, tokens: 0, micros: 0 }
    months.set(key, {
      ...row,
      runs: row.runs + 1,
      tokens: row.tokens + (usage ? usage.inputTokens + usage.outputTokens : 0),
      micros: row.micros + microsOf(cost?.amount ?? 0),
    })
  }
  return inOrder(months)
}

function valuesOf({ usage, cost, timing }: EndedRun) {
  return {
    usage: usage === null ? null : (JSON.parse(usage) as Usage),
    cost: cost === null ? null : (JSON.parse(cost) as Cost),
    timing: timing === null ? null : (JSON.parse(timing) as Timing),
  }
}

function inOrder<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
}
