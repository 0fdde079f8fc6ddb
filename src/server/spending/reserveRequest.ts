import type { SpendingLimits } from '../config/spendingLimits.ts'
import type { Database } from '../database/database.ts'
import type { SpendingReservationRow } from '../database/schema.ts'
import { addToSums, changeReservation, findReservation } from '../database/spending.ts'
import type { NextRequest } from '../generation/runOptions.ts'
import { boundsOf } from './boundsOf.ts'
import { type Amount, type Estimates, outputLength, sumOf, tokensIn } from './estimates.ts'
import { requireWithin } from './requireWithin.ts'
import { sumsOf } from './reserve.ts'

export interface ReserveRequestOptions {
  limits: SpendingLimits
  database: Database
  estimates: Pick<Estimates, 'before' | 'amountOf' | 'counted'>
  /** The time that all nodes share. */
  steadyTime: () => number
}

/**
 * Makes the function that reserves a further request of a run. Then the run holds what it has used, and what the request may use. It
 * throws `TOO_MANY_RUNS`, `LIMIT_REACHED`, `BUDGET_REACHED` and `GROUP_BUDGET_REACHED`, and what the run held before stays. A run
 * that reserves nothing costs one read.
 */
export function createReserveRequest({ limits, database, estimates, steadyTime }: ReserveRequestOptions) {
  return async function reserveRequest(next: NextRequest): Promise<void> {
    if (!(await findReservation(database.queries, next.runId))) return
    await database.write('process', async queries => {
      const held = await findReservation(queries, next.runId)
      if (!held) return
      const changed = changedBy(held, next, estimates)
      const { tokens, micros } = changed
      const added = {
        messages: 0,
        tokens: 0,
        micros: 0,
        reserved_tokens: tokens - held.tokens,
        reserved_micros: micros - held.micros,
      }
      const bounds = await boundsOf(queries, held.owner_id, limits)
      const sums = await addToSums(queries, sumsOf(held.owner_id, held, added))
      const now = steadyTime()
      // The message was accepted, whatever the number of messages is now.
      const ofTokens = { ...bounds, messagesPerDay: undefined }
      for (const sum of sums.toSorted((a, b) => a.period.length - b.period.length))
        requireWithin(ofTokens, { sum, own: { tokens, micros }, now })
      await changeReservation(queries, changed)
    })
  }
}

/** What the run holds with its next request. */
function changedBy(
  held: SpendingReservationRow,
  { runId, request, counted, parts }: NextRequest,
  { before, amountOf, counted: amountCounted }: ReserveRequestOptions['estimates'],
) {
  const { inputTokens, ...may } = before(request)
  const { model } = request
  const own = { run_id: runId, input_tokens: inputTokens, written: outputLength(parts) }
  if (counted) {
    const used: Amount = counted.usage
      ? amountCounted(model, { usage: counted.usage, cost: counted.cost })
      : { tokens: 0, micros: 0 }
    return { ...own, counted_tokens: used.tokens, counted_micros: used.micros, ...sumOf(used, may) }
  }
  const { counted_tokens, counted_micros, written } = held
  const outputTokens = tokensIn(Math.max(0, own.written - (written ?? outputLength(request.partial ?? []))))
  const uncounted = amountOf(model, { inputTokens: held.input_tokens, outputTokens })
  const used = sumOf({ tokens: counted_tokens, micros: counted_micros }, uncounted)
  const input_tokens = held.input_tokens + inputTokens
  return { ...own, input_tokens, written, counted_tokens, counted_micros, ...sumOf(used, may) }
}
