import { type SelectQueryBuilder, sql } from 'kysely'
import { RETENTION_NOTICE_DAYS } from '../../protocol/limits.ts'
import { dialectOf } from './dialect.ts'
import type { ConversationRow, OwnerRetentionRow, Queries, Tables } from './schema.ts'
import { readSetting, writeSetting } from './storedSettings.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
const NOTICE = RETENTION_NOTICE_DAYS * DAY

/** Conversations that nobody has touched for `days` go. */
export interface RetentionRule {
  days: number
  /** When it began to count, by the steady time. It deletes nothing until the notice has passed. */
  since: number
}

/** What counts for the conversations of an owner. */
export interface RetentionRules {
  untouched: readonly RetentionRule[]
  /** How long after the last touch temporary conversations go. */
  temporaryHours: number
}

/** When a conversation is deleted by itself, unless somebody touches it before. */
export function expiresAt(
  {
    temporary,
    pinned,
    touched_at,
    updated_at,
  }: Pick<ConversationRow, 'temporary' | 'pinned' | 'touched_at' | 'updated_at'>,
  { untouched, temporaryHours }: RetentionRules,
): number | null {
  const touchedAt = touched_at ?? updated_at
  if (temporary === 1) return touchedAt + temporaryHours * HOUR
  if (pinned === 1 || untouched.length === 0) return null
  return Math.min(...untouched.map(({ days, since }) => Math.max(touchedAt + days * DAY, since + NOTICE)))
}

/** What was touched at this time or earlier is due at `now`. `undefined` until the notice of the rule has passed. */
export function dueBefore({ days, since }: RetentionRule, now: number): number | undefined {
  return now < since + NOTICE ? undefined : now - days * DAY
}

/** As the indexes have it. */
const TOUCHED_AT = sql<number>`coalesce(touched_at, updated_at)`

/**
 * Deletes up to `limit` conversations that nobody has touched since `touchedBefore`, those untouched for longest first. Pinned
 * ones and those with an active run stay. Resolves with how many it deleted. A row that another transaction has locked is
 * left to a later call, because somebody touches it, or another node deletes it.
 */
export async function deleteUntouched(
  queries: Queries,
  which: { touchedBefore: number; ownerId?: string | undefined; at: number; limit: number },
): Promise<number> {
  return deleteDue(queries, untouched(queries, which.ownerId), which)
}

/**
 * Deletes up to `limit` temporary conversations that nobody has touched since `touchedBefore`, as `deleteUntouched` does.
 * They cannot be restored.
 */
export async function deleteTemporary(
  queries: Queries,
  which: { touchedBefore: number; limit: number },
): Promise<number> {
  const temporary = queries
    .selectFrom('conversations')
    .where('deleted_at', 'is', null)
    .where('temporary', '=', sql.lit(1 as const))
    .orderBy(TOUCHED_AT)
  return deleteDue(queries, temporary, { ...which, at: 0 })
}

async function deleteDue(
  queries: Queries,
  candidates: SelectQueryBuilder<Tables, 'conversations', unknown>,
  { touchedBefore, at, limit }: { touchedBefore: number; at: number; limit: number },
): Promise<number> {
  const due = candidates
    .select('id')
    .where(TOUCHED_AT, '<=', touchedBefore)
    .where(
      sql<boolean>`not exists (select 1 from runs where conversation_id = conversations.id and status = 'active')`,
    )
    .limit(limit)
    .$if(dialectOf(queries).locksRows, query => query.forUpdate().skipLocked())
  const { numUpdatedRows } = await queries
    .updateTable('conversations')
    .set({ deleted_at: at })
    .where('id', 'in', due)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** When an owner touched that conversation last which is untouched for longest. */
export async function earliestTouch(queries: Queries, ownerId: string): Promise<number | undefined> {
  const row = await untouched(queries, ownerId).select(TOUCHED_AT.as('at')).limit(1).executeTakeFirst()
  return row?.at
}

/** Literals, because SQLite uses a partial index only if it sees the condition before it knows the parameters. */
function untouched(queries: Queries, ownerId: string | undefined) {
  return queries
    .selectFrom('conversations')
    .where('deleted_at', 'is', null)
    .where('pinned', '=', sql.lit(0 as const))
    .where('temporary', '=', 0)
    .$if(ownerId !== undefined, query => query.where('owner_id', '=', ownerId ?? ''))
    .orderBy(TOUCHED_AT)
}

/** The setting that says since when the rule of the installation counts. */
const RULE = 'retention_rule'

/**
 * Stores the rule of the installation and gives it. A rule that is new, or shorter than the stored one, begins to count
 * now. Without `days` there is none.
 */
export async function registerRule(
  queries: Queries,
  { days, now }: { days: number | undefined; now: number },
): Promise<RetentionRule | undefined> {
  const stored = await readSetting(queries, RULE)
  const before = stored === undefined ? null : (JSON.parse(stored) as RetentionRule | null)
  const rule = days === undefined ? null : { days, since: sinceOf(before, { days, now }) }
  if (rule || before) await writeSetting(queries, { key: RULE, value: JSON.stringify(rule) })
  return rule ?? undefined
}

/** A time in the future would hold the rule up, because the clock was set back since. */
function sinceOf(before: RetentionRule | null, { days, now }: { days: number; now: number }): number {
  return before && before.days <= days ? Math.min(before.since, now) : now
}

export function findOwnerRetention(
  queries: Queries,
  ownerId: string,
): Promise<OwnerRetentionRow | undefined> {
  return queries.selectFrom('owner_retention').selectAll().where('owner_id', '=', ownerId).executeTakeFirst()
}

/** Stores what an owner chose. To be called in a write for the owner. */
export async function chooseOwnerRetention(
  queries: Queries,
  { ownerId, days, now }: { ownerId: string; days: number; now: number },
): Promise<void> {
  const since = sinceOf((await findOwnerRetention(queries, ownerId)) ?? null, { days, now })
  const row = { owner_id: ownerId, days, since, look_at: since + NOTICE }
  const { owner_id: _, ...change } = row
  await queries
    .insertInto('owner_retention')
    .values(row)
    .onConflict(conflict => conflict.column('owner_id').doUpdateSet(change))
    .execute()
}

export async function forgetOwnerRetention(queries: Queries, ownerId: string): Promise<void> {
  await queries.deleteFrom('owner_retention').where('owner_id', '=', ownerId).execute()
}

/**
 * What `from` had is that of `to` now. The time that `from` chose goes: what `to` had before must not be deleted by it. The
 * owner is looked at soon, because what has come may be due before what was there.
 */
export async function moveOwnerRetention(
  queries: Queries,
  { from, to }: { from: string; to: string },
): Promise<void> {
  await forgetOwnerRetention(queries, from)
  await queries
    .updateTable('owner_retention')
    .set(({ eb }) => ({ look_at: eb('since', '+', NOTICE) }))
    .where('owner_id', '=', to)
    .execute()
}

/** An owner who may have conversations that are due. */
export function nextOwnerToLook(queries: Queries, now: number): Promise<OwnerRetentionRow | undefined> {
  return queries
    .selectFrom('owner_retention')
    .selectAll()
    .where('look_at', '<=', now)
    .orderBy('look_at')
    .limit(1)
    .executeTakeFirst()
}

/**
 * Says when to look at the owner again: when the first conversation is due, at `soonest` at the earliest. Touches only
 * put that off. If the owner has chosen anew meanwhile, nothing changes.
 */
export async function lookAgain(
  queries: Queries,
  { owner_id, days, since }: OwnerRetentionRow,
  { now, soonest }: { now: number; soonest: number },
): Promise<void> {
  const first = (await earliestTouch(queries, owner_id)) ?? now
  await queries
    .updateTable('owner_retention')
    .set({ look_at: Math.max(first + days * DAY, soonest) })
    .where('owner_id', '=', owner_id)
    .where('days', '=', days)
    .where('since', '=', since)
    .execute()
}
