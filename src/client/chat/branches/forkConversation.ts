import { PATHS } from '../../../protocol/paths.ts'
import type { ConversationResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateState } from '../chatContext.ts'
import { currentOf } from '../chatState.ts'
import { refreshList } from '../conversations/listing.ts'

/**
 * Creates a conversation that begins with the current one down to a message. Gives its id, or `null` if the server
 * refuses.
 */
export async function forkConversation(context: ChatContext, messageId: string): Promise<string | null> {
  const { id } = currentOf(context.store.get())
  if (id === null) return null
  const call = { method: 'POST', path: PATHS.fork(id), body: { messageId } } as const
  const result = await callApi<ConversationResponse>(context.browser, call)
  if (!result.ok) {
    updateState(context, { notice: result.failure })
    return null
  }
  context.browser.events.sendHint(result.value.conversation.id)
  updateState(context, { fork: { id: result.value.conversation.id, from: id } })
  refreshList(context)
  return result.value.conversation.id
}
