import type { AdminLimit, AdminLimitsResponse } from '../../protocol/admin/adminResponses.ts'
import {
  LIMIT_SETTINGS,
  type LimitName,
  SPENDING_ROLES,
  type SpendingLimits,
} from '../config/spendingLimits.ts'
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

const IN_MONEY: readonly LimitName[] = ['budget', 'personBudget']

/** The limits that are set. Those of all owners come with what is used of them. */
export function createLimitsInUse({ limits, currency, database, settled, steadyTime }: LimitsInUseOptions) {
  return async (): Promise<AdminLimitsResponse> => {
    await settled()
    const now = steadyTime()
    const [sum] = await readSums(database.queries, [{ scope: ALL, period: monthOf(now) }])
    const ofAll: Partial<Record<LimitName, Pick<AdminLimit, 'used' | 'reserved'>>> = {
      budget: { used: moneyOf(sum?.micros ?? 0), reserved: moneyOf(sum?.reserved_micros ?? 0) },
      tokenBudget: { used: sum?.tokens ?? 0, reserved: sum?.reserved_tokens ?? 0 },
    }
    const names = Object.keys(LIMIT_SETTINGS) as LimitName[]
    return {
      limits: names.flatMap(name =>
        valuesByBounds(limits, name).map(({ bounds, limit }): AdminLimit => {
          const all = ofAll[name]
          return {
            setting: LIMIT_SETTINGS[name],
            bounds,
            limit,
            used: all?.used ?? null,
            reserved: all?.reserved ?? null,
            resetsAt: all ? nextMonth(now) : null,
            ...(IN_MONEY.includes(name) && { currency }),
          }
        }),
      ),
    }
  }
}

/** The value of a limit for everybody, and for each role that has another one. */
function valuesByBounds(limits: SpendingLimits, name: LimitName): Pick<AdminLimit, 'bounds' | 'limit'>[] {
  const everybody = limits[name]
  if (name === 'budget' || name === 'tokenBudget')
    return everybody === undefined ? [] : [{ bounds: 'all', limit: everybody }]
  const ofRoles = SPENDING_ROLES.map(role => ({ bounds: role, limit: limits.roles?.[role][name] }))
  return [{ bounds: 'person' as const, limit: everybody }, ...ofRoles].flatMap(({ bounds, limit }) =>
    limit === undefined ? [] : [{ bounds, limit }],
  )
}
