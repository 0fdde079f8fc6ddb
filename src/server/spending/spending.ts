import type { Logger } from 'pino'
import type { Limit } from '../../protocol/responses.ts'
import type { SpendingLimits } from '../config/spendingLimits.ts'
import type { Database } from '../database/database.ts'
import type { NextRequest } from '../generation/runOptions.ts'
import { type BudgetWatch, createBudgetWatch } from './budgetWatch.ts'
import type { Estimates } from './estimates.ts'
import { limitsOf } from './limitsOf.ts'
import { createReserve, type Reserve } from './reserve.ts'
import { createReserveRequest } from './reserveRequest.ts'
import { Settler } from './settler.ts'

export interface SpendingOptions {
  limits: SpendingLimits
  database: Database
  estimates: Estimates
  /** Of the budgets in money. */
  currency: string
  /** The time that all nodes share. It decides the day and the month. */
  steadyTime: () => number
  logger: Logger
}

/**
 * Keeps people within their limits, and everybody within the budget. A run is
 *   reserved   from the transaction that accepts it: what it may use counts
 *              Before each further request it holds what it has used, and what that may use.
 *   settled    soon after its end: what it used counts in its place, once, because the transaction that counts it takes
 *              the reservation away
 * If the process dies in between, the next one settles it, or another node does. Without a limit nothing is stored.
 */
export interface Spending {
  readonly reserve: Reserve
  /** As `createReserveRequest` makes it. */
  readonly reserveRequest: (next: NextRequest) => Promise<void>
  readonly settler: Settler
  readonly budgetRatios: BudgetWatch['ratios']
  /** The limits that are set. Who is nobody yet has used nothing. */
  limitsOf(ownerId: string | undefined): Promise<Limit[]>
}

export function createSpending(options: SpendingOptions): Spending {
  const { limits, database, currency, steadyTime } = options
  const watch = createBudgetWatch(options)
  const settler = new Settler({ ...options, onSum: watch.learn })
  return {
    reserve: createReserve({
      ...options,
      onReserve: settler.noteReservation,
      onGroupSum: watch.learnGroup,
    }),
    reserveRequest: createReserveRequest(options),
    settler,
    budgetRatios: watch.ratios,
    async limitsOf(ownerId) {
      // Whoever has seen the end of a reply finds it counted.
      await settler.batches()
      return limitsOf(database.queries, ownerId, { limits, currency, now: steadyTime() })
    },
  }
}
