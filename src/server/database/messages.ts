import type { Insertable } from 'kysely'
import { RUN_ERRORS } from '../../protocol/errors.ts'
import type { EndStatus, Part } from '../../protocol/events.ts'
import type { Message } from '../../protocol/responses.ts'
import type { MessageRow, Queries, RunRow } from './schema.ts'

export async function insertMessage(queries: Queries, row: Insertable<MessageRow>): Promise<void> {
  await queries.insertInto('messages').values(row).execute()
}

export function findMessage(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
): Promise<MessageRow | undefined> {
  return queries
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .executeTakeFirst()
}

export function findMessageByClientId(
  queries: Queries,
  { clientMessageId, ownerId }: { clientMessageId: string; ownerId: string },
): Promise<MessageRow | undefined> {
  return queries
    .selectFrom('messages')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('client_message_id', '=', clientMessageId)
    .executeTakeFirst()
}

export function listMessages(queries: Queries, conversationId: string): Promise<MessageRow[]> {
  return queries
    .selectFrom('messages')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** The messages from the root down to `messageId`. */
export async function listBranch(
  queries: Queries,
  { conversationId, messageId }: { conversationId: string; messageId: string },
): Promise<MessageRow[]> {
  const messages = new Map((await listMessages(queries, conversationId)).map(row => [row.id, row]))
  const branch: MessageRow[] = []
  for (
    let row = messages.get(messageId);
    row;
    row = row.parent_id ? messages.get(row.parent_id) : undefined
  ) {
    branch.push(row)
  }
  return branch.reverse()
}

export function partsOf(row: MessageRow): Part[] {
  return JSON.parse(row.parts) as Part[]
}

/** `run` is the ended run that wrote an assistant's message. */
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
    feedback: row.feedback === null ? null : JSON.parse(row.feedback),
  }
}
