import type { ConversationResponse } from '../../../protocol/responses.ts'
import { callApi } from '../api.ts'
import { type ChatContext, findOpen, updateOpen, updateState } from '../chatContext.ts'
import { isBusy } from '../chatState.ts'
import { headWriteOf } from '../composing/outbox.ts'
import { branchOf, newestLeaf } from './branch.ts'

/**
 * Makes the message that an open conversation was opened for one of those on the screen: changes to its branch when it
 * is on another, and reads the conversation again. The page scrolls to it then. A message that is not there is
 * forgotten, and so is one whose conversation went on meanwhile.
 */
export async function reachTarget(
  context: ChatContext,
  key: string,
  readConversation: (context: ChatContext, key: string) => Promise<void>,
): Promise<void> {
  const open = findOpen(context, key)
  if (!open?.id || !open.target || open.status !== 'ready') return
  const { id, target, messages, run } = open
  if (run?.start?.messageId === target || branchOf(open).some(message => message.id === target)) return
  if (!messages.some(message => message.id === target)) return leaveTarget(context, key)
  const path = `/api/chat/conversations/${id}`
  const body = { headMessageId: newestLeaf(messages, target) }
  await context.latest.write(headWriteOf(key), async isLast => {
    const result = await callApi<ConversationResponse>(context.browser, { method: 'PATCH', path, body })
    if (result.ok) context.browser.events.sendHint(id)
    const current = findOpen(context, key)
    if (!current || !isLast()) return
    const hasGoneOn = isBusy(current) && !isBusy(open)
    if (result.ok && !hasGoneOn) return readConversation(context, key)
    if (current.target === target) leaveTarget(context, key)
    if (!result.ok && !hasGoneOn) updateState(context, { notice: result.failure })
  })
}

/** The message an open conversation was opened for is on the screen, or never will be. */
export function leaveTarget(context: ChatContext, key: string): void {
  updateOpen(context, key, open => ({ ...open, target: null }))
}
