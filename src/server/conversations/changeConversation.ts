import { RiachoError } from '../../protocol/errors.ts'
import type { UpdateConversationRequest } from '../../protocol/requests.ts'
import { findConversation, updateConversation } from '../database/conversations.ts'
import { findMessage } from '../database/messages.ts'
import type { Queries } from '../database/schema.ts'
import type { OwnedId } from './ownedId.ts'
import { requireIdle, requireLasting } from './requireOpen.ts'

/**
 * Throws `NOT_FOUND`, also for a head in another conversation. Throws `RUN_ACTIVE` for a head while a run is active, and
 * `CONVERSATION_TEMPORARY` for a title, the archive or a pin of a temporary conversation.
 */
export async function changeConversation(
  queries: Queries,
  key: OwnedId,
  {
    title,
    status,
    archived,
    pinned,
    headMessageId,
    touchedAt,
  }: UpdateConversationRequest & { touchedAt: number },
): Promise<void> {
  const conversation = await findConversation(queries, key)
  if (!conversation) throw new RiachoError('NOT_FOUND')
  if (title !== undefined || archived !== undefined || pinned !== undefined) requireLasting(conversation)
  if (headMessageId !== undefined) {
    await requireIdle(queries, key.id)
    const message = await findMessage(queries, { id: headMessageId, ownerId: key.ownerId })
    if (message?.conversation_id !== key.id) throw new RiachoError('NOT_FOUND')
  }
  const change = {
    // A temporary conversation goes some time after its last message, whatever else is done with it.
    ...(conversation.temporary === 0 && { touched_at: touchedAt }),
    ...(title !== undefined && { title, title_final: 1 as const }),
    ...(status !== undefined && { status }),
    ...(archived !== undefined && { archived: toBit(archived) }),
    ...(pinned !== undefined && { pinned: toBit(pinned) }),
    ...(headMessageId !== undefined && { head_message_id: headMessageId }),
  }
  await updateConversation(queries, { id: key.id, change })
}

function toBit(value: boolean): 0 | 1 {
  return value ? 1 : 0
}
