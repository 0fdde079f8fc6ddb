import { sql } from 'kysely'
import type { Queries } from '../schema.ts'

export interface AttemptRate {
  /** How often it is allowed, in milliseconds from one to the next. */
  interval: number
  /** How many are allowed at once. */
  burst: number
}

/**
 * Counts one try under a key, unless there were too many. The time at which the next one would be allowed is one number
 * (the generic cell rate algorithm), so that one statement decides, on whichever node. Gives how long to wait, in
 * milliseconds, or 0.
 */
export async function takeAttempt(
  queries: Queries,
  { key, rate, now }: { key: string; rate: AttemptRate; now: number },
): Promise<number> {
  const from = sql<number>`case when attempts.free_at > ${now} then attempts.free_at else ${now} end`
  const taken = await queries
    .insertInto('attempts')
    .values({ key, free_at: now + rate.interval })
    .onConflict(conflict =>
      conflict
        .column('key')
        .doUpdateSet({ free_at: sql`${from} + ${rate.interval}` })
        .where(sql<boolean>`${from} + ${rate.interval} <= ${now + rate.interval * rate.burst}`),
    )
    .returning('free_at')
    .executeTakeFirst()
  if (taken) return 0
  const row = await queries.selectFrom('attempts').select('free_at').where('key', '=', key).executeTakeFirst()
  return Math.max(1, (row?.free_at ?? 0) - now - rate.interval * (rate.burst - 1))
}

/** Forgets a try that was right. */
export async function giveBackAttempt(
  queries: Queries,
  { key, rate }: { key: string; rate: AttemptRate },
): Promise<void> {
  await queries
    .updateTable('attempts')
    .set(({ eb }) => ({ free_at: eb('free_at', '-', rate.interval) }))
    .where('key', '=', key)
    .execute()
}

/** Deletes what says nothing any more. */
export async function deleteOldAttempts(queries: Queries, now: number): Promise<void> {
  await queries.deleteFrom('attempts').where('free_at', '<', now).execute()
}
