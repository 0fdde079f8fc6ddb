import { composedOf } from '../../../protocol/parts.ts'
import { type ChatContext, findOpen, setComposed, updateOpen } from '../chatContext.ts'
import { type Composed, composedIn, currentOf, type Editing, type OpenConversation } from '../chatState.ts'
import { isSameMessage, joinMessages } from './composed.ts'
import { saveWaitingIn } from './queue.ts'

/** Begins to change a message of the current conversation: a stored one, or one of the queue by its `clientMessageId`. */
export function editMessage(context: ChatContext, messageId: string): void {
  const open = currentOf(context.store.get())
  const composed = messageIn(open, messageId)
  if (!composed) return
  const { content, attachments } = composed
  startEditing(context, open.key, { messageId, content, attachments, returned: null })
}

/** Changes the text or the attachments of the message that is being changed. */
export function setEdited(context: ChatContext, message: Composed): void {
  const { key, editing } = currentOf(context.store.get())
  if (editing) setEditing(context, key, { ...editing, ...message })
}

export function setEditing(context: ChatContext, key: string, editing: OpenConversation['editing']): void {
  updateOpen(context, key, open => ({ ...open, editing }))
  saveWaitingIn(context, key)
}

/** Begins to change a message. If another one was being changed, its new text goes to the draft. */
export function startEditing(context: ChatContext, key: string, editing: Editing): void {
  const open = findOpen(context, key)
  if (!open) return
  const displaced = open.editing
  const before = displaced && messageIn(open, displaced.messageId)
  const isUnchanged = before && displaced && isSameMessage(displaced, before)
  if (displaced && !isSameMessage(displaced, editing) && !isUnchanged) {
    setComposed(context, key, joinMessages(composedIn(open), displaced))
  }
  setEditing(context, key, editing)
}

function messageIn({ messages, queue }: OpenConversation, messageId: string): Composed | undefined {
  const message = messages.find(({ id }) => id === messageId)
  return message
    ? composedOf(message.parts)
    : queue.find(({ clientMessageId }) => clientMessageId === messageId)
}
