import type { Attachment } from '../../../protocol/parts.ts'
import { type ChatContext, setComposed } from '../chatContext.ts'
import { type Composed, currentOf } from '../chatState.ts'
import { deliver, deliverQueued } from '../runs/runs.ts'
import { MAX_ATTACHMENTS } from './composed.ts'
import { moveDraft, moveEdited, moveQueued, setEditing, setQueue, startEditing, writtenAs } from './outbox.ts'

/** What a person does with messages of the current conversation before the server has them. */
export interface Sending {
  /** Sends the draft, or `text` by itself; while a reply is being written, puts it in the queue. */
  send(text?: string): void
  /** Changes what goes with the draft. */
  setAttachments(attachments: readonly Attachment[]): void
  /** Begins to change a message where it stands: a stored one, or one of the queue by its `clientMessageId`. */
  edit(messageId: string): void
  /** Changes the message being changed. */
  setEdited(message: Composed): void
  /** Leaves the message being changed as it was. */
  cancelEdit(): void
  /** Sends the changed message beside the one it was; puts one of the queue back. */
  saveEdit(): void
  /** Sends the first message of the queue, also after a reply that was stopped or failed. */
  sendQueued(): void
  removeQueued(clientMessageId: string): void
}

export function createSending(context: ChatContext): Sending {
  const currentKey = () => context.store.get().currentKey
  return {
    send: text => {
      if (moveDraft(context, currentKey(), text)) deliver(context, currentKey())
    },
    setAttachments: attachments => {
      const key = currentKey()
      setComposed(context, key, { attachments: attachments.slice(0, MAX_ATTACHMENTS) })
    },
    edit: messageId => edit(context, messageId),
    setEdited: message => {
      const { key, editing } = currentOf(context.store.get())
      if (editing) setEditing(context, key, { ...editing, ...message })
    },
    cancelEdit: () => {
      setEditing(context, currentKey(), null)
      deliverQueued(context, currentKey())
    },
    saveEdit: () => {
      if (moveEdited(context, currentKey())) deliver(context, currentKey())
      else deliverQueued(context, currentKey())
    },
    sendQueued: () => {
      if (moveQueued(context, currentKey())) deliver(context, currentKey())
    },
    removeQueued: id => {
      const { key, queue } = currentOf(context.store.get())
      setQueue(
        context,
        key,
        queue.filter(({ clientMessageId }) => clientMessageId !== id),
      )
    },
  }
}

function edit(context: ChatContext, messageId: string): void {
  const open = currentOf(context.store.get())
  const composed = writtenAs(open, messageId)
  if (!composed) return
  const { content, attachments } = composed
  startEditing(context, open.key, { messageId, content, attachments, returned: null })
}
