import { RiachoError } from '../../protocol/errors.ts'
import type { SpendingSumRow } from '../database/schema.ts'
import { ALL, isOfGroup } from '../database/spending.ts'
import type { Bounds } from './boundsOf.ts'
import { type Amount, microsOf } from './estimates.ts'
import { isDay, nextDay, nextMonth } from './periods.ts'

/** Seconds after which another run may have ended. */
const WAIT_FOR_RUNS = 5

export function tooManyRuns(): RiachoError {
  return new RiachoError('TOO_MANY_RUNS', 'too many runs are active', { retryAfter: WAIT_FOR_RUNS })
}

interface Reserved {
  /** With what the run that is being accepted reserves. */
  sum: SpendingSumRow
  /** What that run reserves. */
  own: Amount
  now: number
}

/**
 * Throws if a sum goes over a limit: `LIMIT_REACHED` for a day, `BUDGET_REACHED` for a month, `GROUP_BUDGET_REACHED` for the
 * month of a group. If the run would fit once other runs have ended, `TOO_MANY_RUNS`, because these often use less than
 * they reserve.
 */
export function requireWithin(bounds: Bounds, { sum, own, now }: Reserved): void {
  const ofDay = isDay(sum.period)
  const ofMonth = isOfGroup(sum) ? 'GROUP_BUDGET_REACHED' : 'BUDGET_REACHED'
  const reached = () =>
    new RiachoError(ofDay ? 'LIMIT_REACHED' : ofMonth, 'a limit is reached', {
      retryAfter: Math.ceil(((ofDay ? nextDay(now) : nextMonth(now)) - now) / 1000),
    })
  for (const { limit, used, reserved, added } of checksOf(bounds, sum, own)) {
    if (limit === undefined || used + reserved <= limit) continue
    throw used + added > limit ? reached() : tooManyRuns()
  }
}

interface Check {
  limit: number | undefined
  used: number
  /** By all active runs, and by the one that is being accepted. */
  reserved: number
  /** By the one that is being accepted. */
  added: number
}

function checksOf(bounds: Bounds, sum: SpendingSumRow, own: Amount): Check[] {
  const tokens = { used: sum.tokens, reserved: sum.reserved_tokens, added: own.tokens }
  const micros = { used: sum.micros, reserved: sum.reserved_micros, added: own.micros }
  if (isDay(sum.period))
    return [
      { limit: bounds.messagesPerDay, used: sum.messages, reserved: 0, added: 0 },
      { limit: bounds.tokensPerDay, ...tokens },
    ]
  const { personBudget: budget, personTokenBudget: tokenBudget } = bounds
  const month = sum.scope === ALL ? bounds : isOfGroup(sum) ? bounds.group : { budget, tokenBudget }
  return [
    { limit: month?.budget === undefined ? undefined : microsOf(month.budget), ...micros },
    { limit: month?.tokenBudget, ...tokens },
  ]
}
