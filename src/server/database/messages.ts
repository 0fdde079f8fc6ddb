import type { Insertable } from 'kysely'
import { RUN_ERRORS } from '../../protocol/errors.ts'
import type { EndStatus } from '../../protocol/events.ts'
import { type Part, type StoredPart, withPartIds } from '../../protocol/parts.ts'
import type { Feedback, Message } from '../../protocol/responses.ts'
import { compiled } from './compiled.ts'
import { notDeleted } from './conversations.ts'
import { dialectOf } from './dialect.ts'
import type { MessageRow, Queries, RunRow } from './schema.ts'

export function insertMessage(queries: Queries, row: Insertable<MessageRow>): Promise<void> {
  return dialectOf(queries).insertMessage(queries, row)
}

export async function findMessage(
  queries: Queries,
  key: { id: string; ownerId: string },
): Promise<MessageRow | undefined> {
  const { rows } = await selectMessage(queries, key)
  return rows[0]
}

const selectMessage = compiled((queries, { id, ownerId }: { id: string; ownerId: string }) =>
  queries
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where(notDeleted('messages.conversation_id')),
)

const selectByClientId = compiled(
  (queries, { clientMessageId, ownerId }: { clientMessageId: string; ownerId: string }) =>
    queries
      .selectFrom('messages')
      .select('id')
      .where('owner_id', '=', ownerId)
      .where('client_message_id', '=', clientMessageId),
)

/** The message with this id of the client. If its conversation is deleted, the id is freed for another message. */
export async function claimClientMessageId(
  queries: Queries,
  { clientMessageId, ownerId }: { clientMessageId: string; ownerId: string },
): Promise<MessageRow | undefined> {
  const { rows } = await selectByClientId(queries, { clientMessageId, ownerId })
  const known = rows[0]
  if (!known) return undefined
  const message = await findMessage(queries, { id: known.id, ownerId })
  if (!message) {
    await queries
      .updateTable('messages')
      .set({ client_message_id: null })
      .where('id', '=', known.id)
      .execute()
  }
  return message
}

/** False if the owner has no such message of an assistant. */
export async function updateFeedback(
  queries: Queries,
  { id, ownerId, feedback }: { id: string; ownerId: string; feedback: Feedback | null },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('messages')
    .set({ feedback: feedback && JSON.stringify(feedback) })
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where('role', '=', 'ASSISTANT')
    .where(notDeleted('messages.conversation_id'))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export function partsOf({ parts }: Pick<MessageRow, 'parts'>): Part[] {
  return withPartIds(JSON.parse(parts) as StoredPart[])
}

/** `run` is the ended run that wrote the message, if an assistant wrote it. */
export function toMessage(row: MessageRow, run: RunRow | undefined): Message {
  const shared = { id: row.id, parts: partsOf(row), createdAt: row.created_at }
  if (row.role === 'USER') {
    return { ...shared, role: 'USER', parentId: row.parent_id, clientMessageId: row.client_message_id }
  }
  if (!run || !row.parent_id) throw new Error(`assistant message ${row.id} has no run or no parent`)
  return {
    ...shared,
    role: 'ASSISTANT',
    parentId: row.parent_id,
    runId: run.id,
    status: run.status as EndStatus,
    model: run.model,
    code: run.code,
    retryable: run.code !== null && RUN_ERRORS[run.code].retryable,
    retryAfter: run.retry_after,
    usage: run.usage === null ? null : JSON.parse(run.usage),
    timing: run.timing === null ? null : JSON.parse(run.timing),
    cost: run.cost === null ? null : JSON.parse(run.cost),
    historyFrom: run.history_from,
    documents: run.documents === null ? null : JSON.parse(run.documents),
    feedback: row.feedback === null ? null : JSON.parse(row.feedback),
  }
}
