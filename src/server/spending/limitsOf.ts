import type { Limit } from '../../protocol/responses.ts'
import type { SpendingLimits } from '../config/spendingLimits.ts'
import type { Queries } from '../database/schema.ts'
import { countActiveRuns, groupScopeOf, isOfGroup, readSums, scopeOf } from '../database/spending.ts'
import { boundsOf } from './boundsOf.ts'
import { moneyOf } from './estimates.ts'
import { dayOf, monthOf, nextDay, nextMonth } from './periods.ts'
import { countedBy } from './reserve.ts'

export interface LimitsOfOptions {
  limits: SpendingLimits
  /** Of the budgets in money. */
  currency: string
  /** The time that all nodes share. */
  now: number
}

const NOTHING = { messages: 0, tokens: 0, micros: 0 }

/** The limits of an owner that are set. What active runs use counts once they have ended. */
export async function limitsOf(
  queries: Queries,
  ownerId: string | undefined,
  { limits, currency, now }: LimitsOfOptions,
): Promise<Limit[]> {
  const bounds = await boundsOf(queries, ownerId, limits)
  const { runsAtOnce, messagesPerDay, tokensPerDay, personBudget, personTokenBudget, group } = bounds
  const counted = countedBy(bounds)
  const periods = [...(counted.day ? [dayOf(now)] : []), ...(counted.month ? [monthOf(now)] : [])]
  const keys = ownerId === undefined ? [] : periods.map(period => ({ scope: scopeOf(ownerId), period }))
  if (group) keys.push({ scope: groupScopeOf(group.id), period: monthOf(now) })
  const sums = await readSums(queries, keys)
  const used = (period: string) => sums.find(sum => sum.period === period && !isOfGroup(sum)) ?? NOTHING
  const ofGroup = sums.find(isOfGroup) ?? NOTHING
  const [day, month] = [used(dayOf(now)), used(monthOf(now))]
  const [dayEnd, monthEnd] = [nextDay(now), nextMonth(now)]
  const active =
    ownerId === undefined || runsAtOnce === undefined ? 0 : await countActiveRuns(queries, ownerId)
  const all: (Omit<Limit, 'limit'> & { limit: number | undefined })[] = [
    { kind: 'runs', limit: runsAtOnce, used: active, resetsAt: null },
    { kind: 'messages', limit: messagesPerDay, used: day.messages, resetsAt: dayEnd },
    { kind: 'tokens', limit: tokensPerDay, used: day.tokens, resetsAt: dayEnd },
    { kind: 'budget', limit: personBudget, used: moneyOf(month.micros), resetsAt: monthEnd, currency },
    { kind: 'tokenBudget', limit: personTokenBudget, used: month.tokens, resetsAt: monthEnd },
    {
      kind: 'groupBudget',
      limit: group?.budget,
      used: moneyOf(ofGroup.micros),
      resetsAt: monthEnd,
      currency,
    },
    { kind: 'groupTokenBudget', limit: group?.tokenBudget, used: ofGroup.tokens, resetsAt: monthEnd },
  ]
  return all.flatMap(({ limit, ...rest }) => (limit === undefined ? [] : [{ ...rest, limit }]))
}
