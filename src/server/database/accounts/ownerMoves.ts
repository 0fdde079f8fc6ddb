import { sql } from 'kysely'
import { dialectOf } from '../dialect.ts'
import { moveMessageFiles } from '../files/messageFiles.ts'
import type { Queries } from '../schema.ts'
import type { OwnerMoveRow } from './accountRows.ts'

/** `deleted_at` of a conversation while it moves. Nobody finds it, and no sweep erases it. */
const MOVING = -2
/** `deleted_at` of a copy that is being made, as `conversations.ts` has it. It moves once it is complete. */
const UNFINISHED = -1

/** Stores that what `from` has goes to `to`. Once is enough. */
export async function insertMove(queries: Queries, row: OwnerMoveRow): Promise<void> {
  await queries
    .insertInto('owner_moves')
    .values(row)
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

export function listMoves(queries: Queries): Promise<OwnerMoveRow[]> {
  return queries
    .selectFrom('owner_moves')
    .select(['from_owner_id', 'to_owner_id', 'begun_at'])
    .orderBy('begun_at')
    .execute()
}

/** The owners whose things go to this one. */
export async function listMovesTo(queries: Queries, ownerId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('owner_moves')
    .select('from_owner_id')
    .where('to_owner_id', '=', ownerId)
    .execute()
  return rows.map(({ from_owner_id }) => from_owner_id)
}

export async function deleteMove(queries: Queries, from: string): Promise<void> {
  await queries.deleteFrom('owner_moves').where('from_owner_id', '=', from).execute()
}

/** A conversation that is to move next: one of `from` without an active run. */
export async function findMovable(queries: Queries, from: string): Promise<string | undefined> {
  const row = await queries
    .selectFrom('conversations')
    .select('id')
    .where('owner_id', '=', from)
    .where('deleted_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('runs')
            .select('runs.id')
            .whereRef('runs.conversation_id', '=', 'conversations.id')
            .where('status', '=', 'active'),
        ),
      ),
    )
    .orderBy('position')
    .executeTakeFirst()
  return row?.id
}

/** Whether something of `from` still has to move: a conversation, or a copy that is being made. */
export async function isLeft(queries: Queries, from: string): Promise<boolean> {
  const row = await queries
    .selectFrom('conversations')
    .select('id')
    .where('owner_id', '=', from)
    .where(({ eb, or }) => or([eb('deleted_at', 'is', null), eb('deleted_at', '=', UNFINISHED)]))
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Begins to move a conversation: from now on it is that of `to`, and hidden. False if a run of it has begun meanwhile.
 * Call it in a turn of `from`, because a run begins in one.
 */
export async function beginMove(
  queries: Queries,
  { id, from, to }: { id: string; from: string; to: string },
): Promise<boolean> {
  const active = await queries
    .selectFrom('runs')
    .select('id')
    .where('conversation_id', '=', id)
    .where('status', '=', 'active')
    .executeTakeFirst()
  if (active) return false
  const { numUpdatedRows } = await queries
    .updateTable('conversations')
    .set({ owner_id: to, deleted_at: MOVING })
    .where('id', '=', id)
    .where('owner_id', '=', from)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** A conversation that a slice has begun to move to this owner. */
export async function findMoving(queries: Queries, to: string): Promise<string | undefined> {
  const row = await queries
    .selectFrom('conversations')
    .select('id')
    .where('owner_id', '=', to)
    .where('deleted_at', '=', MOVING)
    .executeTakeFirst()
  return row?.id
}

/** How many messages one slice moves, and about how many bytes of parts. */
const SLICE = 50
const SLICE_BYTES = 64 * 1024

/**
 * Moves the next messages after number `after` to the owner of the conversation. Gives the number of the last one.
 * `undefined` if there was none.
 */
export async function moveSomeMessages(
  queries: Queries,
  { id, to, after }: { id: string; to: string; after: number },
): Promise<number | undefined> {
  const { rows } = await sql<{ number: number; size: number }>`
    select number, octet_length(parts) as size from messages
    where conversation_id = ${id} and number > ${after} and owner_id <> ${to} order by number limit ${SLICE}`.execute(
    queries,
  )
  const numbers: number[] = []
  let bytes = 0
  for (const { number, size } of rows) {
    if (numbers.length > 0 && bytes + size > SLICE_BYTES) break
    numbers.push(number)
    bytes += size
  }
  if (numbers.length === 0) return undefined
  await queries
    .updateTable('messages')
    .set({
      owner_id: to,
      // The owner may have sent a message with the same id. A repeat of this one is then a new message.
      client_message_id: sql`case when exists (select 1 from messages as others
        where others.owner_id = ${to} and others.client_message_id = messages.client_message_id)
        then null else client_message_id end`,
    })
    .where('number', 'in', numbers)
    // Another node may move the same ones.
    .where('owner_id', '!=', to)
    .execute()
  await dialectOf(queries).reindexOwner(queries, numbers)
  return numbers.at(-1)
}

/** Moves what is left of a conversation besides its messages, and shows it to its new owner. */
export async function endMove(queries: Queries, { id, to }: { id: string; to: string }): Promise<void> {
  await queries
    .updateTable('runs')
    .set({
      owner_id: to,
      client_run_id: sql`case when exists (select 1 from runs as others
        where others.owner_id = ${to} and others.client_run_id = runs.client_run_id)
        then null else client_run_id end`,
    })
    .where('conversation_id', '=', id)
    .where('owner_id', '!=', to)
    .execute()
  await moveMessageFiles(queries, { conversationId: id, to })
  await queries.updateTable('shares').set({ owner_id: to }).where('conversation_id', '=', id).execute()
  // The owner may have imported the same one. This one is then forgotten to be an import.
  await sql`delete from imports where conversation_id = ${id} and owner_id <> ${to} and exists (
    select 1 from imports as others where others.owner_id = ${to}
      and others.source = imports.source and others.source_id = imports.source_id)`.execute(queries)
  await queries.updateTable('imports').set({ owner_id: to }).where('conversation_id', '=', id).execute()
  await queries
    .updateTable('conversations')
    .set({ deleted_at: null })
    .where('id', '=', id)
    .where('deleted_at', '=', MOVING)
    .execute()
}
