import { RiachoError } from '../../protocol/errors.ts'
import type { UpdateConversationRequest } from '../../protocol/requests.ts'
import { findConversation, updateConversation } from '../database/conversations.ts'
import { findMessage } from '../database/messages.ts'
import type { Queries } from '../database/schema.ts'
import type { OwnedId } from './ownedId.ts'
import { requireIdle } from './requireOpen.ts'

/**
 * Throws `NOT_FOUND`, also for a head in another conversation. Throws `RUN_ACTIVE` for a head while a run is active.
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
  if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
  if (headMessageId !== undefined) {
    await requireIdle(queries, key.id)
    const message = await findMessage(queries, { id: headMessageId, ownerId: key.ownerId })
    if (message?.conversation_id !== key.id) throw new RiachoError('NOT_FOUND')
  }
  const change = {
    touched_at: touchedAt,
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
