import type { SpendingLimits } from '../config/spendingLimits.ts'
import type { Queries, SpendingReservationRow, SpendingSumRow } from '../database/schema.ts'
import {
  ALL,
  addToSums,
  countActiveRuns,
  groupScopeOf,
  insertReservation,
  isOfGroup,
  scopeOf,
} from '../database/spending.ts'
import type { ProviderRequest } from '../generation/provider.ts'
import { type Bounds, boundsOf, type GroupBounds } from './boundsOf.ts'
import type { Estimates } from './estimates.ts'
import { dayOf, monthOf } from './periods.ts'
import { requireWithin, tooManyRuns } from './requireWithin.ts'

/** A run that is being accepted. Its row is stored in the same transaction. */
export interface AcceptedRun {
  runId: string
  ownerId: string
  request: ProviderRequest
}

/** Throws `TOO_MANY_RUNS`, `LIMIT_REACHED`, `BUDGET_REACHED`, `GROUP_BUDGET_REACHED`. */
export type Reserve = (queries: Queries, run: AcceptedRun) => Promise<void>

export interface ReserveOptions {
  limits: SpendingLimits
  estimates: Pick<Estimates, 'before'>
  /** The time that all nodes share. It decides the day and the month. */
  steadyTime: () => number
  /** Learns that a run reserves. */
  onReserve: () => void
  /** Learns what a group uses. */
  onGroupSum: (group: GroupBounds, sum: SpendingSumRow) => void
}

/** Which sums the bounds of an owner need. */
export function countedBy(bounds: Bounds) {
  const month = bounds.personBudget !== undefined || bounds.personTokenBudget !== undefined
  const all = bounds.budget !== undefined || bounds.tokenBudget !== undefined
  const group = bounds.group?.id
  return {
    /** Of the owner in a day. */
    day: bounds.messagesPerDay !== undefined || bounds.tokensPerDay !== undefined,
    /** Of the owner in a month. */
    month,
    /** Of the group with this id in a month. */
    group,
    /** Of all owners in a month. */
    all,
    /** Whether runs reserve. Messages are counted at once. */
    reserves: bounds.tokensPerDay !== undefined || month || group !== undefined || all,
  }
}

const NOTHING = { inputTokens: 0, tokens: 0, micros: 0 }

/**
 * Makes the function that reserves what a run may use. It is called last in the transaction that accepts the run, because
 * others wait for the sums until the commit. Without limits nothing is written.
 */
export function createReserve({
  limits,
  estimates,
  steadyTime,
  onReserve,
  onGroupSum,
}: ReserveOptions): Reserve {
  return async (queries, { runId, ownerId, request }) => {
    const bounds = await boundsOf(queries, ownerId, limits)
    const { runsAtOnce, group } = bounds
    if (runsAtOnce !== undefined && (await countActiveRuns(queries, ownerId)) > runsAtOnce)
      throw tooManyRuns()
    const counted = countedBy(bounds)
    if (!counted.day && !counted.reserves) return
    const now = steadyTime()
    const periods = {
      owner_day: counted.day ? dayOf(now) : null,
      owner_month: counted.month ? monthOf(now) : null,
      group_id: counted.group ?? null,
      group_month: counted.group === undefined ? null : monthOf(now),
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
    const ofGroup = sums.find(isOfGroup)
    if (group && ofGroup) onGroupSum(group, ofGroup)
    // Whoever has reached both hears of the month, because the next day changes nothing.
    for (const sum of sums.toSorted((a, b) => a.period.length - b.period.length))
      requireWithin(bounds, { sum, own, now })
    if (!counted.reserves) return
    onReserve()
    const nothing = { counted_tokens: 0, counted_micros: 0, written: null }
    const row = {
      run_id: runId,
      owner_id: ownerId,
      ...periods,
      input_tokens: inputTokens,
      ...nothing,
      ...own,
    }
    await insertReservation(queries, row)
  }
}

/** The periods in which a run counts. `null`: it does not count in it. */
export type RunPeriods = Pick<
  SpendingReservationRow,
  'owner_day' | 'owner_month' | 'group_id' | 'group_month' | 'all_month'
>

/** What a run adds to each of its sums, in the order in which sums are changed. */
export function sumsOf(
  ownerId: string,
  { owner_day, owner_month, group_id, group_month, all_month }: RunPeriods,
  added: Omit<SpendingSumRow, 'scope' | 'period'>,
): SpendingSumRow[] {
  const keys = [
    { scope: scopeOf(ownerId), period: owner_month },
    { scope: scopeOf(ownerId), period: owner_day },
    { scope: groupScopeOf(group_id ?? ''), period: group_month },
    { scope: ALL, period: all_month },
  ]
  return keys.flatMap(({ scope, period }) => (period === null ? [] : [{ scope, period, ...added }]))
}
