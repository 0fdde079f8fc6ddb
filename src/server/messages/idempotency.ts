import { createHash } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import type { CreateRunRequest, SendRequest } from '../../protocol/requests.ts'
import { claimClientMessageId } from '../database/messages.ts'
import { claimClientRunId, findFirstRun } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'

export type IdempotencyFields =
  | { client_message_id: string; request_hash: string }
  | { client_message_id: null; request_hash: null }

/**
 * The run of an earlier `send` with the same `clientMessageId`. `undefined` if the request is not a repeat. Throws
 * `IDEMPOTENCY_MISMATCH` if the earlier request asked for something else.
 */
export async function findRepeatedSend(
  queries: Queries,
  ownerId: string,
  request: IdempotencyFields,
): Promise<{ runId: string } | undefined> {
  const { client_message_id: clientMessageId, request_hash } = request
  if (!clientMessageId) return undefined
  const message = await claimClientMessageId(queries, { clientMessageId, ownerId })
  if (!message) return undefined
  if (message.request_hash !== request_hash) throw new RiachoError('IDEMPOTENCY_MISMATCH')
  const run = await findFirstRun(queries, message.id)
  if (!run) throw new Error(`user message ${message.id} has no run`)
  return { runId: run.id }
}

/** As `findRepeatedSend`, for a `rerun` and its `clientRunId`. */
export async function findRepeatedRerun(
  queries: Queries,
  ownerId: string,
  { clientRunId, userMessageId, continueMessageId, ...rest }: CreateRunRequest,
): Promise<{ runId: string } | undefined> {
  rest satisfies Record<string, never>
  if (!clientRunId) return undefined
  const run = await claimClientRunId(queries, { clientRunId, ownerId })
  if (!run) return undefined
  if (run.user_message_id !== userMessageId || run.continued_message_id !== (continueMessageId ?? null))
    throw new RiachoError('IDEMPOTENCY_MISMATCH')
  return { runId: run.id }
}

/** The fields of a user message that tell a repeat from another request with the same id. */
export function idempotencyFields(request: SendRequest): IdempotencyFields {
  const { clientMessageId } = request
  if (!clientMessageId) return { client_message_id: null, request_hash: null }
  return { client_message_id: clientMessageId, request_hash: hashOf(request) }
}

/** A field that the hash leaves out does not compile. The hash of a stored request must stay the same. */
function hashOf(request: SendRequest): string {
  const {
    clientMessageId: _,
    conversationId,
    parentId,
    assistant,
    content,
    attachments,
    temporary,
    ...rest
  } = request
  rest satisfies Record<string, never>
  const fields: unknown[] = [conversationId, parentId === null ? 'root' : parentId, assistant, content]
  if (attachments) fields.push(attachments.map(attachmentFields))
  if (temporary) fields.push('temporary')
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64url')
}

function attachmentFields(attachment: NonNullable<SendRequest['attachments']>[number]): unknown[] {
  if ('fileId' in attachment) {
    const { fileId, ...rest } = attachment
    rest satisfies Record<string, never>
    return [fileId]
  }
  const { name, text, ...rest } = attachment
  rest satisfies Record<string, never>
  return [name, text]
}
