import { type ChatContext, updateState } from '../chatContext.ts'
import type { RemovedConversation } from '../chatState.ts'

/** Offers to undo that a conversation was deleted or archived. */
export function offerUndo(context: ChatContext, gone: RemovedConversation): void {
  withdrawUndo(context, gone.id)
  updateState(context, { removed: [...context.store.get().removed, gone] })
}

export function withdrawUndo(context: ChatContext, conversationId: string): void {
  const removed = context.store.get().removed.filter(({ id }) => id !== conversationId)
  updateState(context, { removed })
}
