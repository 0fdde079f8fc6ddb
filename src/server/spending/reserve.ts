import type { SpendingLimits } from '../config/spendingLimits.ts'
import type { Queries, SpendingSumRow } from '../database/schema.ts'
import { ALL, addToSums, countActiveRuns, insertReservation, scopeOf } from '../database/spending.ts'
import type { ProviderRequest } from '../generation/provider.ts'
import type { Estimates } from './estimates.ts'
import { dayOf, monthOf } from './periods.ts'
import { requireWithin, tooManyRuns } from './requireWithin.ts'

/** A run that is being accepted. Its row is stored in the same transaction. */
export interface AcceptedRun {
  runId: string
  ownerId: string
  request: ProviderRequest
}

/** Throws `TOO_MANY_RUNS`, `LIMIT_REACHED`, `BUDGET_REACHED`. */
export type Reserve = (queries: Queries, run: AcceptedRun) => Promise<void>

export interface ReserveOptions {
  limits: SpendingLimits
  estimates: Pick<Estimates, 'before'>
  /** The time that all nodes share. It decides the day and the month. */
  steadyTime: () => number
}

/** Which sums the limits need. */
export function countedBy(limits: SpendingLimits) {
  const month = limits.personBudget !== undefined || limits.personTokenBudget !== undefined
  const all = limits.budget !== undefined || limits.tokenBudget !== undefined
  return {
    /** Of each owner in a day. */
    day: limits.messagesPerDay !== undefined || limits.tokensPerDay !== undefined,
    /** Of each owner in a month. */
    month,
    /** Of all owners in a month. */
    all,
    /** Whether runs reserve. Messages are counted at once. */
    reserves: limits.tokensPerDay !== undefined || month || all,
  }
}

const NOTHING = { inputTokens: 0, tokens: 0, micros: 0 }

/**
 * Makes the function that reserves what a run may use. It is called last in the transaction that accepts the run, because
 * others wait for the sums until the commit. Without limits no statement runs.
 */
export function createReserve({ limits, estimates, steadyTime }: ReserveOptions): Reserve {
  const { runsAtOnce } = limits
  const counted = countedBy(limits)
  return async (queries, { runId, ownerId, request }) => {
    if (runsAtOnce !== undefined && (await countActiveRuns(queries, ownerId)) > runsAtOnce)
      throw tooManyRuns()
    if (!counted.day && !counted.reserves) return
    const now = steadyTime()
    const periods = {
      owner_day: counted.day ? dayOf(now) : null,
      owner_month: counted.month ? monthOf(now) : null,
      all_month: counted.all ? monthOf(now) : null,
    }
    const { inputTokens, ...own } = counted.reserves ? estimates.before(request) : NOTHING
    const added = {
      messages: 1,
      tokens: 0,
      micros: 0,
      reserved_tokens: own.tokens,
      reserved_micros: own.micros,
    }
    const sums = await addToSums(queries, sumsOf(ownerId, periods, added))
    // Whoever has reached both hears of the month, because the next day changes nothing.
    for (const sum of sums.toSorted((a, b) => a.period.length - b.period.length))
      requireWithin(limits, { sum, own, now })
    if (!counted.reserves) return
    const row = { run_id: runId, owner_id: ownerId, ...periods, input_tokens: inputTokens, ...own }
    await insertReservation(queries, row)
  }
}

/** The periods in which a run counts. `null`: it does not count in it. */
export interface RunPeriods {
  owner_day: string | null
  owner_month: string | null
  all_month: string | null
}

/** What a run adds to each of its sums, in the order in which sums are changed. */
export function sumsOf(
  ownerId: string,
  { owner_day, owner_month, all_month }: RunPeriods,
  added: Omit<SpendingSumRow, 'scope' | 'period'>,
): SpendingSumRow[] {
  const keys = [
    { scope: scopeOf(ownerId), period: owner_month },
    { scope: scopeOf(ownerId), period: owner_day },
    { scope: ALL, period: all_month },
  ]
  return keys.flatMap(({ scope, period }) => (period === null ? [] : [{ scope, period, ...added }]))
}
