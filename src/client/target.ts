import type { ConversationResponse } from '../protocol/responses.ts'
import { callApi } from './api.ts'
import { branchOf, newestLeaf } from './branch.ts'
import { type ChatContext, findOpen, updateOpen, updateState } from './chatContext.ts'
import { withRead } from './reading.ts'

/**
 * Makes the message that an open conversation was opened for one of those on the screen: changes to its branch when it
 * is on another. The page scrolls to it then. A message that is not there is forgotten.
 */
export async function reachTarget(context: ChatContext, key: string): Promise<void> {
  const open = findOpen(context, key)
  if (!open?.id || !open.target || open.status !== 'ready') return
  const { id, target, messages, run } = open
  if (run?.start?.messageId === target || branchOf(open).some(message => message.id === target)) return
  if (!messages.some(message => message.id === target)) return leaveTarget(context, key)
  const result = await callApi<ConversationResponse>(context.browser, {
    method: 'PATCH',
    path: `/api/chat/conversations/${id}`,
    body: { headMessageId: newestLeaf(messages, target) },
  })
  if (result.ok) return updateOpen(context, key, current => withRead(current, result.value))
  leaveTarget(context, key)
  updateState(context, { notice: result.failure })
}

/** The message an open conversation was opened for is on the screen, or never will be. */
export function leaveTarget(context: ChatContext, key: string): void {
  updateOpen(context, key, open => ({ ...open, target: null }))
}
