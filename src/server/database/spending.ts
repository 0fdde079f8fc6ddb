import { type ExpressionBuilder, sql } from 'kysely'
import type { Usage } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { partsOf } from './messages.ts'
import {
  type Queries,
  RUN_COLUMNS,
  type RunRow,
  type SpendingReservationRow,
  type SpendingSumRow,
  type Tables,
} from './schema.ts'

/** The scope of the sums of all owners. */
export const ALL = 'all'

export function scopeOf(ownerId: string): string {
  return `owner:${ownerId}`
}

/** The beginning of the scopes of groups. */
const GROUP = 'group:'

export function groupScopeOf(groupId: string): string {
  return GROUP + groupId
}

export function isOfGroup({ scope }: Pick<SpendingSumRow, 'scope'>): boolean {
  return scope.startsWith(GROUP)
}

/**
 * Adds to sums, and gives what they are then. Each of them stays locked until the transaction ends, so that what another
 * transaction adds comes before or after. Whoever adds to several gives them in the order of `inOrder`, or two could
 * wait for each other.
 */
export async function addToSums(
  queries: Queries,
  added: readonly SpendingSumRow[],
): Promise<SpendingSumRow[]> {
  if (added.length === 0) return []
  return queries
    .insertInto('spending_sums')
    .values([...added])
    .onConflict(conflict =>
      conflict.columns(['scope', 'period']).doUpdateSet({
        messages: sql`spending_sums.messages + excluded.messages`,
        tokens: sql`spending_sums.tokens + excluded.tokens`,
        micros: sql`spending_sums.micros + excluded.micros`,
        reserved_tokens: sql`spending_sums.reserved_tokens + excluded.reserved_tokens`,
        reserved_micros: sql`spending_sums.reserved_micros + excluded.reserved_micros`,
      }),
    )
    .returningAll()
    .execute()
}

/** The one order of sums: those for which more people wait come later. */
export function inOrder(a: Pick<SpendingSumRow, 'scope' | 'period'>, b: typeof a): number {
  const rank = (sum: typeof a) => (sum.scope === ALL ? 2 : isOfGroup(sum) ? 1 : 0)
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  const [left, right] = [`${a.scope} ${a.period}`, `${b.scope} ${b.period}`]
  return left < right ? -1 : left > right ? 1 : 0
}

/** The sums of these scopes and periods that there are. */
export async function readSums(
  queries: Queries,
  keys: readonly Pick<SpendingSumRow, 'scope' | 'period'>[],
): Promise<SpendingSumRow[]> {
  if (keys.length === 0) return []
  return queries
    .selectFrom('spending_sums')
    .selectAll()
    .where(({ and, eb, or }) =>
      or(keys.map(({ scope, period }) => and([eb('scope', '=', scope), eb('period', '=', period)]))),
    )
    .execute()
}

/** What each group used in a period, by the ids of groups. Who used nothing is not in the map. */
export async function readGroupSums(queries: Queries, period: string): Promise<Map<string, SpendingSumRow>> {
  const rows = await queries
    .selectFrom('spending_sums')
    .selectAll()
    .where('period', '=', period)
    .where('scope', '>=', GROUP)
    // The character after the colon.
    .where('scope', '<', GROUP.replace(':', ';'))
    .execute()
  return new Map(rows.map(row => [row.scope.slice(GROUP.length), row]))
}

export async function insertReservation(queries: Queries, row: SpendingReservationRow): Promise<void> {
  await queries.insertInto('spending_reservations').values(row).execute()
}

/** What a run holds. `undefined` if it reserves nothing. */
export function findReservation(
  queries: Queries,
  runId: string,
): Promise<SpendingReservationRow | undefined> {
  return queries
    .selectFrom('spending_reservations')
    .selectAll()
    .where('run_id', '=', runId)
    .executeTakeFirst()
}

/** Changes what a run holds, in the transaction that changes its sums. */
export async function changeReservation(
  queries: Queries,
  {
    run_id,
    ...changed
  }: Pick<
    SpendingReservationRow,
    'run_id' | 'tokens' | 'micros' | 'input_tokens' | 'counted_tokens' | 'counted_micros' | 'written'
  >,
): Promise<void> {
  await queries.updateTable('spending_reservations').set(changed).where('run_id', '=', run_id).execute()
}

type Reservations = ExpressionBuilder<Tables, 'spending_reservations'>

/** Whether no process writes the run of a reservation any more. An erased run has no row. */
const hasEnded = ({ not, exists, selectFrom }: Reservations) =>
  not(
    exists(
      selectFrom('runs')
        .select('runs.id')
        .whereRef('runs.id', '=', 'spending_reservations.run_id')
        .where('status', '=', 'active'),
    ),
  )

/** Runs that have ended and whose reservations are still there, in one order. At most `limit`. */
export async function listEndedReservations(
  queries: Queries,
  { limit, ownerId }: { limit: number; ownerId?: string },
): Promise<string[]> {
  const rows = await queries
    .selectFrom('spending_reservations')
    .select('run_id')
    .where(hasEnded)
    .$if(ownerId !== undefined, query => query.where('owner_id', '=', ownerId ?? ''))
    .orderBy('run_id')
    .limit(limit)
    .execute()
  return rows.map(({ run_id }) => run_id)
}

/** Removes the reservation of a run that has ended, and gives it. `undefined` if somebody else has removed it. */
export function takeReservation(
  queries: Queries,
  runId: string,
): Promise<SpendingReservationRow | undefined> {
  return queries
    .deleteFrom('spending_reservations')
    .where('run_id', '=', runId)
    .where(hasEnded)
    .returningAll()
    .executeTakeFirst()
}

/** A run that has ended. */
export interface SpentRun {
  run: RunRow
  /** Of all its requests. `null` if the provider did not count the last one. */
  usage: Usage | null
  /** What it wrote, after what it continued. Empty if the provider counted. */
  parts: Part[]
  continuedParts: Part[]
}

/** A run that has ended, with what it wrote. `undefined` if it was erased. */
export async function readSpentRun(
  queries: Queries,
  { run_id, counted_tokens }: Pick<SpendingReservationRow, 'run_id' | 'counted_tokens'>,
): Promise<SpentRun | undefined> {
  const run = await queries.selectFrom('runs').select(RUN_COLUMNS).where('id', '=', run_id).executeTakeFirst()
  if (!run) return undefined
  const usage: Usage | null = run.usage === null ? null : JSON.parse(run.usage)
  const isCounted = usage !== null && usage.inputTokens + usage.outputTokens > counted_tokens
  if (isCounted) return { run, usage, parts: [], continuedParts: [] }
  return {
    run,
    usage: null,
    parts: await partsOfMessage(queries, run.message_id),
    continuedParts: run.continued_message_id ? await partsOfMessage(queries, run.continued_message_id) : [],
  }
}

async function partsOfMessage(queries: Queries, id: string): Promise<Part[]> {
  const row = await queries
    .selectFrom('messages')
    .select(['id', 'parts'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? partsOf(row) : []
}

/** How many runs of an owner are active. */
export async function countActiveRuns(queries: Queries, ownerId: string): Promise<number> {
  const { active } = await queries
    .selectFrom('runs')
    .select(({ fn }) => fn.countAll<number>().as('active'))
    .where('owner_id', '=', ownerId)
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow()
  return active
}

/** Deletes what names an owner. No run of the owner may have a reservation any more. */
export async function deleteSumsOfOwner(queries: Queries, ownerId: string): Promise<void> {
  await queries.deleteFrom('spending_sums').where('scope', '=', scopeOf(ownerId)).execute()
}

/** Deletes the sums of owners that are about days before `day` or months before `month`. */
export async function deleteOldSums(
  queries: Queries,
  { day, month }: { day: string; month: string },
): Promise<void> {
  await queries
    .deleteFrom('spending_sums')
    .where('scope', '<>', ALL)
    // A run that is settled late still changes its sum.
    .where('reserved_tokens', '=', 0)
    .where('reserved_micros', '=', 0)
    .where(({ and, eb, or }) =>
      or([
        and([sql<boolean>`length(period) = 10`, eb('period', '<', day)]),
        and([sql<boolean>`length(period) = 7`, eb('period', '<', month)]),
      ]),
    )
    .execute()
}
