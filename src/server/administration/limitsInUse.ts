import type { AdminLimit, AdminLimitsResponse } from '../../protocol/admin/adminResponses.ts'
import { LIMIT_SETTINGS, type SpendingLimits } from '../config/spendingLimits.ts'
import type { Database } from '../database/database.ts'
import { ALL, readSums } from '../database/spending.ts'
import { moneyOf } from '../spending/estimates.ts'
import { monthOf, nextMonth } from '../spending/periods.ts'

export interface LimitsInUseOptions {
  limits: SpendingLimits
  currency: string
  database: Pick<Database, 'queries'>
  /** Waits until what has ended is counted. */
  settled: () => Promise<void>
  /** The time that all nodes share. */
  steadyTime: () => number
}

const IN_MONEY: readonly (keyof SpendingLimits)[] = ['budget', 'personBudget']

/** The limits that are set. Those of all owners come with what is used of them. */
export function createLimitsInUse({ limits, currency, database, settled, steadyTime }: LimitsInUseOptions) {
  return async (): Promise<AdminLimitsResponse> => {
    await settled()
    const now = steadyTime()
    const [sum] = await readSums(database.queries, [{ scope: ALL, period: monthOf(now) }])
    const ofAll: Partial<Record<keyof SpendingLimits, Pick<AdminLimit, 'used' | 'reserved'>>> = {
      budget: { used: moneyOf(sum?.micros ?? 0), reserved: moneyOf(sum?.reserved_micros ?? 0) },
      tokenBudget: { used: sum?.tokens ?? 0, reserved: sum?.reserved_tokens ?? 0 },
    }
    const kinds = Object.keys(LIMIT_SETTINGS) as (keyof SpendingLimits)[]
    return {
      limits: kinds.flatMap((kind): AdminLimit[] => {
        const limit = limits[kind]
        if (limit === undefined) return []
        const all = ofAll[kind]
        return [
          {
            setting: LIMIT_SETTINGS[kind],
            bounds: all ? 'all' : 'person',
            limit,
            used: all?.used ?? null,
            reserved: all?.reserved ?? null,
            resetsAt: all ? nextMonth(now) : null,
            ...(IN_MONEY.includes(kind) && { currency }),
          },
        ]
      }),
    }
  }
}
