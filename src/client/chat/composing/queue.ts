import { type ChatContext, findOpen, updateOpen } from '../chatContext.ts'
import {
  type Composed,
  composedIn,
  currentOf,
  type NamedMessage,
  type OpenConversation,
} from '../chatState.ts'
import { saveWaiting } from './savedDrafts.ts'

/** Whether the queue goes on by itself: the last reply was written to its end. */
export function isQueueFree(open: OpenConversation): boolean {
  const { isQueueHeld, lastEnd, conversation, messages } = open
  if (isQueueHeld) return false
  if (lastEnd !== null) return lastEnd === 'completed'
  const head = messages.find(({ id }) => id === conversation?.headMessageId)
  return head?.role === 'ASSISTANT' && head.status === 'completed'
}

export function setQueue(context: ChatContext, key: string, queue: readonly NamedMessage[]): void {
  updateOpen(context, key, open => ({ ...open, queue }))
  saveWaitingIn(context, key)
}

/** Takes a message of the current conversation out of the queue. */
export function removeQueued(context: ChatContext, clientMessageId: string): void {
  const { key, queue } = currentOf(context.store.get())
  setQueue(
    context,
    key,
    queue.filter(queued => queued.clientMessageId !== clientMessageId),
  )
}

/** Saves the queue of an open conversation, and the message that is being changed there. */
export function saveWaitingIn(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (open) saveWaiting(context.browser, open)
}

/** Everything that is written in a conversation and not sent, in the order of the page. */
export function unsentMessages(open: OpenConversation): Composed[] {
  const { queue, editing } = open
  const isQueued = queue.some(({ clientMessageId }) => clientMessageId === editing?.messageId)
  return [...(editing && !isQueued ? [editing] : []), ...queuedMessages(open), composedIn(open)]
}

/** The queue, with the message that is being changed as it is now. */
export function queuedMessages({ queue, editing }: OpenConversation): Composed[] {
  return queue.map(queued => (editing?.messageId === queued.clientMessageId ? editing : queued))
}
