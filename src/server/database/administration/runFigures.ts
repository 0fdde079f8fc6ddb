import { sql } from 'kysely'
import { dialectOf } from '../dialect.ts'
import type { Queries } from '../schema.ts'
import type { DayFigureRow, EndedRunFigureRow, OwnerMonthRow } from './administrationRows.ts'

/** A run that has ended and is in no figure yet. */
export type EndedRun = Omit<EndedRunFigureRow, 'number'>

/** Takes at most `limit` of the runs that are in no figure yet. No other transaction gets them. */
export async function takeEndedRuns(queries: Queries, limit: number): Promise<EndedRun[]> {
  const { locksRows } = dialectOf(queries)
  return queries
    .deleteFrom('ended_runs')
    .where('number', 'in', eb =>
      eb
        .selectFrom('ended_runs')
        .select('number')
        .orderBy('number')
        .limit(limit)
        .$if(locksRows, query => query.forUpdate().skipLocked()),
    )
    .returning(['owner_id', 'status', 'code', 'usage', 'timing', 'cost', 'ended_at'])
    .execute()
}

/** Adds to figures of days. They are given in one order, or two nodes could wait for each other. */
export async function addToDays(queries: Queries, added: readonly DayFigureRow[]): Promise<void> {
  if (added.length === 0) return
  await queries
    .insertInto('day_figures')
    .values([...added])
    .onConflict(conflict =>
      conflict.columns(['day', 'name']).doUpdateSet({ amount: sql`day_figures.amount + excluded.amount` }),
    )
    .execute()
}

/** As `addToDays`. */
export async function addToOwnerMonths(queries: Queries, added: readonly OwnerMonthRow[]): Promise<void> {
  if (added.length === 0) return
  await queries
    .insertInto('owner_months')
    .values([...added])
    .onConflict(conflict =>
      conflict.columns(['owner_id', 'month']).doUpdateSet({
        runs: sql`owner_months.runs + excluded.runs`,
        tokens: sql`owner_months.tokens + excluded.tokens`,
        micros: sql`owner_months.micros + excluded.micros`,
      }),
    )
    .execute()
}

/** The figures of the days from `from` on. A day has less than 250 of them. */
export function readDays(queries: Queries, from: string): Promise<DayFigureRow[]> {
  return queries
    .selectFrom('day_figures')
    .select(['day', 'name', 'amount'])
    .where('day', '>=', from)
    .orderBy('day')
    .execute()
}

export async function readOwnerMonths(
  queries: Queries,
  { ownerIds, month }: { ownerIds: readonly string[]; month: string },
): Promise<OwnerMonthRow[]> {
  if (ownerIds.length === 0) return []
  return queries
    .selectFrom('owner_months')
    .select(['owner_id', 'month', 'runs', 'tokens', 'micros'])
    .where('owner_id', 'in', [...ownerIds])
    .where('month', '=', month)
    .execute()
}

/** Deletes at most `limit` of the months before `month`. False if there were none. */
export async function deleteOldMonths(
  queries: Queries,
  { month, limit }: { month: string; limit: number },
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('owner_months')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('owner_id', 'month'),
        'in',
        selectFrom('owner_months')
          .select(['owner_months.owner_id', 'owner_months.month'])
          .where('owner_months.month', '<', month)
          .limit(limit)
          .$asTuple('owner_id', 'month'),
      ),
    )
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Leaves nothing that names an owner. What the owner's runs used stays in the figures of days, which name nobody. */
export async function forgetOwnerFigures(queries: Queries, ownerId: string): Promise<void> {
  await queries.updateTable('ended_runs').set({ owner_id: null }).where('owner_id', '=', ownerId).execute()
  await queries.deleteFrom('owner_months').where('owner_id', '=', ownerId).execute()
}

/** Adds what an owner used to what another one used, because everything of the one goes to the other. */
export async function moveOwnerFigures(
  queries: Queries,
  { from, to }: { from: string; to: string },
): Promise<void> {
  await queries.updateTable('ended_runs').set({ owner_id: to }).where('owner_id', '=', from).execute()
  const months = await queries
    .deleteFrom('owner_months')
    .where('owner_id', '=', from)
    .returning(['owner_id', 'month', 'runs', 'tokens', 'micros'])
    .execute()
  await addToOwnerMonths(
    queries,
    months.map(month => ({ ...month, owner_id: to })),
  )
}
