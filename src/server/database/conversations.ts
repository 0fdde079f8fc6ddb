import { type Insertable, type RawBuilder, sql, type Updateable } from 'kysely'
import { RiachoError } from '../../protocol/errors.ts'
import type { Conversation } from '../../protocol/responses.ts'
import { withoutCaseAndAccents } from '../../protocol/withoutCaseAndAccents.ts'
import { compiled } from './compiled.ts'
import { dialectOf, type TitledConversations } from './dialect.ts'
import { isErased } from './owners.ts'
import { expiresAt, type RetentionRules } from './retention.ts'
import { CONVERSATION_COLUMNS, type ConversationRow, type Queries } from './schema.ts'

export type NewConversationRow = Insertable<Omit<ConversationRow, 'temporary'>> &
  Partial<Pick<ConversationRow, 'temporary'>>

/**
 * Throws `NOT_FOUND` if the owner was erased. Everything of an owner begins here, so that no other insert has to ask.
 */
export async function insertConversation(queries: Queries, row: NewConversationRow): Promise<void> {
  if (await isErased(queries, row.owner_id)) throw new RiachoError('NOT_FOUND', 'the owner was erased')
  await insertRow(queries, withFolded(row))
}

const insertRow = compiled((queries, row: ReturnType<typeof withFolded<NewConversationRow>>) =>
  queries.insertInto('conversations').values({ ...row, position: dialectOf(queries).nextPosition }),
)

/** Every write of a title also stores it folded, because a search that folds every title would be slow. */
function withFolded<Change extends { title?: string | undefined }>(change: Change) {
  return {
    ...change,
    ...(change.title !== undefined && { folded_title: withoutCaseAndAccents(change.title) }),
  }
}

/** `isLocked`: no run can end in it before the transaction does. */
export async function findConversation(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
  { isLocked = false } = {},
): Promise<ConversationRow | undefined> {
  const select = isLocked && dialectOf(queries).locksRows ? selectLocked : selectConversation
  const { rows } = await select(queries, { id, ownerId })
  return rows[0]
}

const conversationOf = (queries: Queries, { id, ownerId }: { id: string; ownerId: string }) =>
  queries
    .selectFrom('conversations')
    .select(CONVERSATION_COLUMNS)
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
const selectConversation = compiled(conversationOf)
const selectLocked = compiled((queries, key: { id: string; ownerId: string }) =>
  conversationOf(queries, key).forUpdate(),
)

/** Whether a row belongs to a conversation that is not deleted. `column` has the id of the conversation. */
export function notDeleted(
  column: 'messages.conversation_id' | 'runs.conversation_id' | 'shares.conversation_id',
): RawBuilder<boolean> {
  return sql`exists (select 1 from conversations where id = ${sql.ref(column)} and deleted_at is null)`
}

export type ListedConversation = ConversationRow & { position: number }

export interface ConversationPage {
  ownerId: string
  /** If absent, both archived conversations and others. */
  archived?: boolean
  limit: number
  /** All of its words are in the title. Case and accents do not count. */
  search?: string | undefined
  /** The last row of the previous page. */
  before?: { pinned: 0 | 1; position: number } | undefined
}

const ALL: TitledConversations = sql`conversations`

/**
 * The conversations that are not temporary. Pinned ones come first, then the one that was written in last. If there is another page, there is one row
 * more than `limit`.
 */
export async function listConversations(
  queries: Queries,
  page: ConversationPage,
): Promise<ListedConversation[]> {
  const { archived, before, search = '' } = page
  const dialect = dialectOf(queries)
  const words = withoutCaseAndAccents(search)
    .split(/\s+/)
    .filter(word => word !== '')
  const titled = words.length > 0 ? await dialect.narrowTitles(queries, { ...page, words }) : undefined
  let query = queries
    .selectFrom((titled ?? ALL).as('conversations'))
    .select([...CONVERSATION_COLUMNS, 'position'])
    .where('owner_id', '=', page.ownerId)
    .where('deleted_at', 'is', null)
    .where('temporary', '=', 0)
    .orderBy('pinned', 'desc')
    .orderBy('position', 'desc')
    .limit(page.limit + 1)
  if (archived !== undefined) {
    // The plus keeps SQLite from using `conversations_by_owner`, which lacks the folded titles.
    const column = words.length > 0 ? sql<number>`+archived` : sql.ref<number>('archived')
    query = query.where(column, '=', archived ? 1 : 0)
  }
  if (before) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('pinned', 'position'), '<', tuple(before.pinned, before.position)),
    )
  }
  for (const word of words) query = query.where(dialect.titleContains(word))
  return query.execute()
}

export async function updateConversation(
  queries: Queries,
  { id, change }: { id: string; change: Updateable<ConversationRow> },
): Promise<void> {
  await queries.updateTable('conversations').set(withFolded(change)).where('id', '=', id).execute()
}

/** Makes `title` final. Without `title`, makes the present title final. False if a person has made it final already. */
export async function makeTitleFinal(
  queries: Queries,
  { id, title }: { id: string; title?: string | undefined },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('conversations')
    .set(withFolded({ title_final: 1 as const, title }))
    .where('id', '=', id)
    .where('title_final', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Makes `messageId` the head, because somebody wrote it at `at` or asks for another reply to it. */
export async function moveHead(
  queries: Queries,
  head: { id: string; messageId: string; at: number; touchedAt: number },
): Promise<void> {
  await updateHead(queries, head)
}

const updateHead = compiled((queries, { id, messageId, at, touchedAt }: Parameters<typeof moveHead>[1]) =>
  queries
    .updateTable('conversations')
    .set({
      head_message_id: messageId,
      updated_at: at,
      touched_at: touchedAt,
      position: dialectOf(queries).nextPosition,
    })
    .where('id', '=', id),
)

/** Moves the head from `from` to its new child `to`. If the person has gone to another branch, the head stays there. */
export async function advanceHead(
  queries: Queries,
  head: { id: string; from: string; to: string; at: number; touchedAt: number },
): Promise<void> {
  await updateHeadFrom(queries, head)
}

const updateHeadFrom = compiled(
  (queries, { id, from, to, at, touchedAt }: Parameters<typeof advanceHead>[1]) =>
    queries
      .updateTable('conversations')
      .set(({ ref, case: when }) => ({
        head_message_id: when()
          .when('head_message_id', '=', from)
          .then(to)
          .else(ref('head_message_id'))
          .end(),
        updated_at: at,
        touched_at: touchedAt,
        position: dialectOf(queries).nextPosition,
      }))
      .where('id', '=', id),
)

/** All conversations of an owner that are neither deleted nor temporary. */
export async function listConversationIds(queries: Queries, ownerId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('conversations')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .where('temporary', '=', 0)
    .orderBy('position')
    .execute()
  return rows.map(({ id }) => id)
}

/** Restores a conversation that was deleted after `deletedAfter`, and touches it. False if there is none. */
export async function restoreConversation(
  queries: Queries,
  { id, ownerId, deletedAfter, at }: { id: string; ownerId: string; deletedAfter: number; at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('conversations')
    .set(({ ref, case: when }) => ({
      deleted_at: null,
      touched_at: when().when('deleted_at', 'is', null).then(ref('touched_at')).else(at).end(),
    }))
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where(({ or, eb }) => or([eb('deleted_at', 'is', null), eb('deleted_at', '>', deletedAfter)]))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** `deleted_at` of a copy that is being made. Nobody finds it, and no sweep erases it. */
const UNFINISHED = -1

/** Stores a conversation that nobody finds until `showCopy`. */
export async function insertHidden(queries: Queries, row: NewConversationRow): Promise<void> {
  await insertConversation(queries, { ...row, deleted_at: UNFINISHED })
}

/** Whether a copy is still being made. If its owner was erased meanwhile, it is not. */
export async function isUnfinished(queries: Queries, id: string): Promise<boolean> {
  const row = await queries
    .selectFrom('conversations')
    .select('id')
    .where('id', '=', id)
    .where('deleted_at', '=', UNFINISHED)
    .executeTakeFirst()
  return row !== undefined
}

/** Lets its owner find a copy that is complete. */
export async function showCopy(
  queries: Queries,
  { id, headMessageId }: { id: string; headMessageId: string | null },
): Promise<void> {
  await queries
    .updateTable('conversations')
    .set({ deleted_at: null, head_message_id: headMessageId })
    .where('id', '=', id)
    .execute()
}

/** The lowest id that is made at a time. Ids begin with their time (UUID version 7), in milliseconds of 48 bits. */
function firstIdAt(time: number): string {
  const digits = Math.min(time, 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}`
}

/**
 * Gives up the copy `id`, or those that were begun before `begunBefore`, because a dead process left them. The next
 * sweep erases what is there of them.
 */
export async function giveUpCopies(
  queries: Queries,
  which: { id: string } | { begunBefore: number },
): Promise<void> {
  const query = queries
    .updateTable('conversations')
    .set({ deleted_at: 0 })
    .where('deleted_at', '=', UNFINISHED)
  await ('id' in which
    ? query.where('id', '=', which.id)
    : query.where('id', '<', firstIdAt(which.begunBefore))
  ).execute()
}

/**
 * Counts every deletion that seems to come after `now` as one of now, because the time of day was set back since.
 * Otherwise the conversation would be kept until that time comes again.
 */
export async function clampDeletions(queries: Queries, now: number): Promise<void> {
  await queries.updateTable('conversations').set({ deleted_at: now }).where('deleted_at', '>', now).execute()
}

/** Deletes all conversations of an owner. They cannot be restored. */
export async function deleteConversationsOfOwner(queries: Queries, ownerId: string): Promise<void> {
  await queries.updateTable('conversations').set({ deleted_at: 0 }).where('owner_id', '=', ownerId).execute()
}

/** A conversation that was deleted at `deletedBefore` or earlier. */
export async function findErasable(
  queries: Queries,
  { deletedBefore, ownerId }: { deletedBefore: number; ownerId?: string | undefined },
): Promise<string | undefined> {
  let query = queries
    .selectFrom('conversations')
    .select('id')
    .where('deleted_at', '>', UNFINISHED)
    .where('deleted_at', '<=', deletedBefore)
  if (ownerId !== undefined) query = query.where('owner_id', '=', ownerId)
  return (await query.executeTakeFirst())?.id
}

/** `rules`: those that count for its owner. */
export function toConversation(row: ConversationRow, rules: RetentionRules): Conversation {
  return {
    id: row.id,
    title: row.title,
    status: row.status,
    archived: row.archived === 1,
    pinned: row.pinned === 1,
    titleStatus: row.title_final === 1 ? 'final' : 'provisional',
    assistant: row.assistant,
    headMessageId: row.head_message_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    temporary: row.temporary === 1,
    expiresAt: expiresAt(row, rules),
    readByAdminAt: row.read_by_admin_at,
  }
}
