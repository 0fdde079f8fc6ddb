import { PATHS } from '../../../protocol/paths.ts'
import type { ConversationResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, cancelRead, findOpen, updateOpen, updateState } from '../chatContext.ts'
import { currentOf, isBusy } from '../chatState.ts'
import { readConversation } from '../conversations/readConversation.ts'
import { headWriteOf, newestLeaf } from './branch.ts'
import { forgetJumpTarget } from './jumpToMessage.ts'

/**
 * Shows the newest branch through a message, a sibling of one on the screen. The screen changes at once; if the server
 * refuses, it changes back.
 */
export async function chooseSibling(context: ChatContext, messageId: string): Promise<void> {
  const open = currentOf(context.store.get())
  const { key, id, conversation, messages } = open
  if (!id || !conversation || isBusy(open)) return
  const before = conversation.headMessageId
  const headMessageId = newestLeaf(messages, messageId)
  // A read that is under way does not know of this choice: its answer would undo it on the screen.
  const wasReading = context.reads.has(key)
  cancelRead(context, key)
  setHead(context, key, headMessageId)
  forgetJumpTarget(context, key)
  await context.latestWrites.write(headWriteOf(key), async isLast => {
    const call = { method: 'PATCH', path: PATHS.conversation(id), body: { headMessageId } } as const
    const result = await callApi<ConversationResponse>(context.browser, call)
    const current = findOpen(context, key)
    if (result.ok) context.browser.events.sendHint(id)
    if (!current || !isLast() || isBusy(current)) return
    const isShown = current.conversation?.headMessageId === headMessageId
    if (result.ok) {
      if (wasReading || context.reads.has(key) || !isShown) readConversation(context, key)
      return
    }
    if (isShown) setHead(context, key, before)
    updateState(context, { notice: result.failure })
    readConversation(context, key)
  })
}

function setHead(context: ChatContext, key: string, headMessageId: string | null): void {
  updateOpen(context, key, open => ({
    ...open,
    conversation: open.conversation && { ...open.conversation, headMessageId },
    isHeadKept: false,
    lastEnd: null,
  }))
}
