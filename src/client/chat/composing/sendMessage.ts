import { MAX_ATTACHMENTS } from '../../../protocol/limits.ts'
import type { Attachment } from '../../../protocol/parts.ts'
import { type ChatContext, setComposed, updateOpen } from '../chatContext.ts'
import { deliver, deliverQueued } from './deliver.ts'
import { setEditing } from './editMessage.ts'
import { moveDraftToOutbox, moveEditToOutbox, moveQueuedToOutbox } from './outbox.ts'

/** Sends the draft of the current conversation, or `text` if given; queues it while a reply is being written. */
export function sendDraft(context: ChatContext, text?: string): void {
  const { currentKey } = context.store.get()
  if (moveDraftToOutbox(context, currentKey, text)) deliver(context, currentKey)
}

/** Sends the first message of the queue, even after a reply that was stopped or failed. */
export function sendQueued(context: ChatContext): void {
  const { currentKey } = context.store.get()
  if (moveQueuedToOutbox(context, currentKey)) deliver(context, currentKey)
}

/** Sends the changed message on a branch of its own, or puts a changed one of the queue back there. */
export function saveEdit(context: ChatContext): void {
  const { currentKey } = context.store.get()
  if (moveEditToOutbox(context, currentKey)) deliver(context, currentKey)
  else deliverQueued(context, currentKey)
}

/** Leaves the message that is being changed as it was. The queue goes on if it waited for that message. */
export function cancelEdit(context: ChatContext): void {
  const { currentKey } = context.store.get()
  setEditing(context, currentKey, null)
  deliverQueued(context, currentKey)
}

/** Sets the attachments of the draft. */
export function setAttachments(context: ChatContext, attachments: readonly Attachment[]): void {
  const { currentKey } = context.store.get()
  updateOpen(context, currentKey, open => ({ ...open, leftOut: [] }))
  setComposed(context, currentKey, { attachments: attachments.slice(0, MAX_ATTACHMENTS) })
}
