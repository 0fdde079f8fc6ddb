import { PATHS } from '../../../protocol/paths.ts'
import type { ConversationResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, findOpen, updateOpen, updateState } from '../chatContext.ts'
import { isBusy } from '../chatState.ts'
import { branchOf, headWriteOf, newestLeaf } from './branch.ts'

/**
 * Brings the `jumpTarget` of an open conversation to the screen. If it is on another branch, the server is asked to change
 * to that branch, and the conversation is read again. The page then scrolls to it. The target is forgotten if the
 * conversation has no such message, or goes on in the meantime.
 */
export async function jumpToMessage(
  context: ChatContext,
  key: string,
  readConversation: (context: ChatContext, key: string) => Promise<void>,
): Promise<void> {
  const open = findOpen(context, key)
  if (!open?.id || !open.jumpTarget || open.status !== 'ready') return
  const { id, jumpTarget, messages, run } = open
  if (run?.start?.messageId === jumpTarget || branchOf(open).some(message => message.id === jumpTarget))
    return
  if (!messages.some(message => message.id === jumpTarget)) return forgetJumpTarget(context, key)
  const body = { headMessageId: newestLeaf(messages, jumpTarget) }
  const call = { method: 'PATCH', path: PATHS.conversation(id), body } as const
  await context.latestWrites.write(headWriteOf(key), async isLast => {
    const result = await callApi<ConversationResponse>(context.browser, call)
    if (result.ok) context.browser.events.sendHint(id)
    const current = findOpen(context, key)
    if (!current || !isLast()) return
    const hasGoneOn = isBusy(current) && !isBusy(open)
    // Awaited within the write: until it is read, this tab does not know the branch that the server has.
    if (result.ok && !hasGoneOn) return readConversation(context, key)
    if (current.jumpTarget === jumpTarget) forgetJumpTarget(context, key)
    if (!result.ok && !hasGoneOn) updateState(context, { notice: result.failure })
  })
}

/** The message that a conversation was opened for is on the screen, or never will be. */
export function forgetJumpTarget(context: ChatContext, key: string): void {
  updateOpen(context, key, open => ({ ...open, jumpTarget: null }))
}
