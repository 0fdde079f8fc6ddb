import type { Logger } from 'pino'
import { LIMIT_SETTINGS, type SpendingLimits } from '../config/spendingLimits.ts'
import type { SpendingSumRow } from '../database/schema.ts'
import { ALL } from '../database/spending.ts'
import type { GroupBounds } from './boundsOf.ts'
import { microsOf } from './estimates.ts'
import { monthOf } from './periods.ts'

/** The share of a budget from which the log warns. */
const WARNED_AT = 0.8

export interface BudgetWatchOptions {
  limits: SpendingLimits
  /** The time that all nodes share. */
  steadyTime: () => number
  logger: Logger
}

/** Which share of a budget is used. */
export interface BudgetRatio {
  /** The setting that sets the budget. */
  setting: string
  ratio: number
}

export interface BudgetWatch {
  /** Of each budget of all owners that is set, as far as this node knows. */
  ratios(): BudgetRatio[]
  learn(sum: SpendingSumRow): void
  /** Of a group the log alone tells, because there may be many. */
  learnGroup(group: GroupBounds, sum: SpendingSumRow): void
}

interface Used {
  period: string
  ratio: number
}

/** Remembers how much of the budgets of all owners is used, and warns once in each month. */
export function createBudgetWatch({ limits, steadyTime, logger }: BudgetWatchOptions): BudgetWatch {
  const { budget, tokenBudget } = limits
  let known = { period: '', micros: 0, tokens: 0 }
  const warnings = new Set<string>()

  function ratios(): BudgetRatio[] {
    const { micros, tokens } = known.period === monthOf(steadyTime()) ? known : { micros: 0, tokens: 0 }
    const ratios: BudgetRatio[] = []
    if (budget !== undefined)
      ratios.push({ setting: LIMIT_SETTINGS.budget, ratio: micros / microsOf(budget) })
    if (tokenBudget !== undefined)
      ratios.push({ setting: LIMIT_SETTINGS.tokenBudget, ratio: tokens / tokenBudget })
    return ratios
  }

  function warn(of: { setting: string } | { group: string }, key: string, { period, ratio }: Used): void {
    const warning = `${key} ${period}`
    if (ratio < WARNED_AT || warnings.has(warning)) return
    warnings.add(warning)
    const percent = Math.floor(ratio * 100)
    logger.warn({ ...of, month: period, percent }, 'most of the budget of this month is used')
  }

  return {
    ratios,
    learn(sum) {
      if (sum.scope !== ALL || sum.period < known.period) return
      known = sum
      for (const { setting, ratio } of ratios()) warn({ setting }, setting, { period: sum.period, ratio })
    },
    learnGroup({ id, name, budget, tokenBudget }, { period, micros, tokens }) {
      const ofMoney = budget === undefined ? 0 : micros / microsOf(budget)
      const ofTokens = tokenBudget === undefined ? 0 : tokens / tokenBudget
      warn({ group: name }, `group ${id}`, { period, ratio: Math.max(ofMoney, ofTokens) })
    },
  }
}
