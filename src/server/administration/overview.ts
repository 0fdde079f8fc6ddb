import type { AdminNode, AdminOverviewResponse } from '../../protocol/admin/adminResponses.ts'
import type { RunErrorCode } from '../../protocol/errors.ts'
import type { EndStatus } from '../../protocol/events.ts'
import type { DayFigureRow } from '../database/administration/administrationRows.ts'
import { readDays } from '../database/administration/runFigures.ts'
import type { Database } from '../database/database.ts'
import { moneyOf } from '../spending/estimates.ts'
import { dayOf } from '../spending/periods.ts'
import { afterPrefix, FIGURES, middleOf } from './figureNames.ts'

const DAY = 86_400_000
/** What a restart cut counts as interrupted, and is no failure that somebody has to look into. */
const INTERRUPTED: RunErrorCode = 'REPLY_INTERRUPTED'

export interface OverviewOptions {
  database: Pick<Database, 'queries'>
  /** Puts what has ended into the figures. */
  count: () => Promise<void>
  currency: string
  /** The time that all nodes share. */
  steadyTime: () => number
  /** Of this node. */
  active: () => { runs: number; readers: number }
  /** Absent where there is one process alone. */
  nodes?: (() => Promise<AdminNode[]>) | undefined
}

/** Tells what the runs of the last days did. */
export function createOverview(options: OverviewOptions) {
  const { database, count, currency, steadyTime, active, nodes } = options
  /** `days`: how many, today included. */
  return async (days: number): Promise<AdminOverviewResponse> => {
    await count()
    const today = steadyTime()
    const range = Array.from({ length: days }, (_, index) => dayOf(today - (days - 1 - index) * DAY))
    const rows = await readDays(database.queries, range[0] ?? dayOf(today))
    return {
      ...figuresOf(rows, { range, currency }),
      active: active(),
      nodes: (await nodes?.()) ?? [],
    }
  }
}

/** What the figures of days say. `range`: the days, oldest first. */
export function figuresOf(
  rows: readonly DayFigureRow[],
  { range, currency }: { range: readonly string[]; currency: string },
): Omit<AdminOverviewResponse, 'active' | 'nodes'> {
  const runs: Record<EndStatus, number> = { completed: 0, paused: 0, stopped: 0, failed: 0, interrupted: 0 }
  const runsOf = new Map(range.map(day => [day, 0]))
  const failures = new Map<string, number>()
  const buckets = new Map<number, number>()
  const sums = new Map<string, number>()
  for (const { day, name, amount } of rows) {
    const status = afterPrefix(name, 'runs') as EndStatus | undefined
    const code = afterPrefix(name, 'failures')
    const bucket = afterPrefix(name, 'first')
    if (status !== undefined) {
      runs[status] += amount
      runsOf.set(day, (runsOf.get(day) ?? 0) + amount)
    } else if (code !== undefined) failures.set(code, (failures.get(code) ?? 0) + amount)
    else if (bucket !== undefined) buckets.set(Number(bucket), (buckets.get(Number(bucket)) ?? 0) + amount)
    else sums.set(name, (sums.get(name) ?? 0) + amount)
  }
  return {
    runs,
    failures: [...failures]
      .filter(([code]) => code !== INTERRUPTED)
      .map(([code, count]) => ({ code, runs: count }))
      .sort((a, b) => b.runs - a.runs || (a.code < b.code ? -1 : 1)),
    tokens: {
      input: sums.get(FIGURES.inputTokens) ?? 0,
      output: sums.get(FIGURES.outputTokens) ?? 0,
    },
    cost: { amount: moneyOf(sums.get(FIGURES.micros) ?? 0), currency },
    firstToken: percentilesOf(buckets),
    days: range.map(day => ({ day, runs: runsOf.get(day) ?? 0 })),
  }
}

function percentilesOf(buckets: ReadonlyMap<number, number>): { p50: number; p95: number } | null {
  const sorted = [...buckets].sort(([one], [other]) => one - other)
  const all = sorted.reduce((sum, [, runs]) => sum + runs, 0)
  if (all === 0) return null
  const at = (share: number) => {
    let before = 0
    const found = sorted.find(([, runs]) => {
      before += runs
      return before >= all * share
    })
    return middleOf(found?.[0] ?? 0)
  }
  return { p50: at(0.5), p95: at(0.95) }
}
