import { PATHS } from '../../../protocol/paths.ts'
import type { UpdateConversationRequest } from '../../../protocol/requests.ts'
import type { Conversation, ConversationResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateState } from '../chatContext.ts'
import { deliverQueued } from '../composing/deliver.ts'
import { refreshList, showChangedConversation } from './listing.ts'
import { offerUndo, withdrawUndo } from './offerUndo.ts'

/** Renames, pins, archives, closes or reopens a conversation. Gives whether the server took it. */
export async function changeConversation(
  context: ChatContext,
  conversationId: string,
  body: UpdateConversationRequest,
): Promise<boolean> {
  const call = { method: 'PATCH', path: PATHS.conversation(conversationId), body } as const
  const result = await callApi<ConversationResponse>(context.browser, call)
  if (!result.ok) {
    updateState(context, { notice: result.failure })
    return false
  }
  updateState(context, { notice: null })
  if (body.title !== undefined) context.titles.delete(conversationId)
  showChangedConversation(context, result.value.conversation)
  if (body.archived !== undefined) offerUndoOfArchiving(context, result.value.conversation)
  context.browser.events.sendHint(conversationId)
  const opened = context.store.get().opened.find(({ id }) => id === conversationId)
  if (body.status === 'OPEN' && opened) deliverQueued(context, opened.key)
  if (body.pinned !== undefined || body.archived !== undefined) await refreshList(context)
  return true
}

function offerUndoOfArchiving(context: ChatContext, { id, title, archived }: Conversation): void {
  if (archived) offerUndo(context, { id, title, archived, wasCurrent: false, draft: '' })
  else withdrawUndo(context, id)
}
