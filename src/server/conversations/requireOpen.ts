import { RiachoError } from '../../protocol/errors.ts'
import { findConversation } from '../database/conversations.ts'
import { findActiveRun } from '../database/runs.ts'
import type { ConversationRow, Queries } from '../database/schema.ts'
import type { OwnedId } from './ownedId.ts'

/** The conversation, in which no run ends before the transaction does. Throws `NOT_FOUND`, and `CONVERSATION_CLOSED` if it is closed. */
export async function requireOpen(queries: Queries, key: OwnedId): Promise<ConversationRow> {
  const conversation = await findConversation(queries, key, { isLocked: true })
  if (!conversation) throw new RiachoError('NOT_FOUND')
  if (conversation.status === 'CLOSED') throw new RiachoError('CONVERSATION_CLOSED')
  return conversation
}

/** Throws `CONVERSATION_TEMPORARY` for a temporary conversation. */
export function requireLasting({ temporary }: Pick<ConversationRow, 'temporary'>): void {
  if (temporary === 1) throw new RiachoError('CONVERSATION_TEMPORARY')
}

/** A conversation that is not temporary. Throws `NOT_FOUND`, `CONVERSATION_TEMPORARY`. */
export async function findLasting(queries: Queries, key: OwnedId): Promise<ConversationRow> {
  const conversation = await findConversation(queries, key)
  if (!conversation) throw new RiachoError('NOT_FOUND')
  requireLasting(conversation)
  return conversation
}

/** Throws `RUN_ACTIVE` while a run is active in the conversation. */
export async function requireIdle(queries: Queries, conversationId: string): Promise<void> {
  const run = await findActiveRun(queries, conversationId)
  if (run) throw new RiachoError('RUN_ACTIVE', 'a run is active', { runId: run.id })
}
