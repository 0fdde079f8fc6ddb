import { composedOf } from '../../../protocol/parts.ts'
import { type ChatContext, findOpen, setComposed, updateOpen, updateState } from '../chatContext.ts'
import {
  type Composed,
  composedIn,
  type Editing,
  isBusy,
  type NamedMessage,
  type OpenConversation,
} from '../chatState.ts'
import { fullnessOf, isBlank, isSame, joined, nameOf } from './composed.ts'
import { forgetOutgoing, keepOutgoing, keepWaiting, readTexts } from './savedDrafts.ts'

/*
 * What a message is before the server has it: in the composer's draft, in the queue, being changed where it stands, or
 * on its way (`outgoing`). Each of them is kept over a reload, and moves on or back with its text whole. Nothing here
 * speaks to the server: what is put on its way is delivered by `runs.ts`.
 */

/** Whether a conversation takes messages. */
export function takesMessages({ status, conversation }: OpenConversation): boolean {
  return status === 'new' || (status === 'ready' && conversation?.status === 'OPEN')
}

/**
 * Moves the draft on, or `text` in its stead: on its way, or into the queue while a reply is being written. Gives whether
 * it is on its way.
 */
export function moveDraft(context: ChatContext, key: string, text?: string): boolean {
  const { browser } = context
  const open = findOpen(context, key)
  const typed = open && composedIn(open)
  const draft = text === undefined ? typed : { content: text, attachments: [] }
  if (!open || !draft || !takesMessages(open) || isBlank(draft) || isTooLarge(context, draft)) return false
  const named = { ...draft, clientMessageId: nameOf(draft, open.returned, browser.createId) }
  const isQueued = isBusy(open)
  if (isQueued) setQueue(context, key, [...open.queue, named])
  else putOut(context, key, { ...named, editOf: null, wasQueued: false })
  if (text !== undefined) return !isQueued
  updateOpen(context, key, current => ({ ...current, returned: null }))
  setComposed(context, key, { content: '', attachments: [] })
  return !isQueued
}

/** Puts the changed message on its way, or back in the queue. Gives whether it is on its way. */
export function moveEdited(context: ChatContext, key: string): boolean {
  const open = findOpen(context, key)
  const editing = open?.editing
  if (!editing || isBlank(editing) || isTooLarge(context, editing)) return false
  const { messageId, content, attachments, returned } = editing
  const message = open.messages.find(({ id }) => id === messageId)
  if (message && (isBusy(open) || !takesMessages(open))) return false
  setEditing(context, key, null)
  if (!message) {
    const { createId } = context.browser
    const changed = { content, attachments, clientMessageId: createId() }
    const queue = open.queue.map(waiting => (waiting.clientMessageId === messageId ? changed : waiting))
    setQueue(context, key, queue)
    return false
  }
  const clientMessageId = nameOf(editing, returned, context.browser.createId)
  const { parentId } = message
  putOut(context, key, {
    content,
    attachments,
    clientMessageId,
    parentId,
    editOf: messageId,
    wasQueued: false,
  })
  return true
}

/** Puts the first message of the queue on its way, if it may go. Gives whether it did. */
export function moveQueued(context: ChatContext, key: string): boolean {
  const open = findOpen(context, key)
  const [next, ...queue] = open?.queue ?? []
  if (!open || !next || isBusy(open) || !takesMessages(open)) return false
  if (open.editing?.messageId === next.clientMessageId) return false
  updateOpen(context, key, current => ({ ...current, queue }))
  putOut(context, key, { ...next, editOf: null, wasQueued: true })
  keepQueue(context, key)
  return true
}

/** The last reply was written to its end: what waits for it may go. */
export function isQueueFree(open: OpenConversation): boolean {
  const { isQueueHeld, lastEnd, conversation, messages } = open
  if (isQueueHeld) return false
  if (lastEnd !== null) return lastEnd === 'completed'
  const head = messages.find(({ id }) => id === conversation?.headMessageId)
  return head?.role === 'ASSISTANT' && head.status === 'completed'
}

export function setQueue(context: ChatContext, key: string, queue: readonly NamedMessage[]): void {
  updateOpen(context, key, open => ({ ...open, queue }))
  keepQueue(context, key)
}

export function setEditing(context: ChatContext, key: string, editing: OpenConversation['editing']): void {
  updateOpen(context, key, open => ({ ...open, editing }))
  keepQueue(context, key)
}

/** Begins to change a message. What was being changed gives way to it, and goes to the draft. */
export function startEditing(context: ChatContext, key: string, editing: Editing): void {
  const open = findOpen(context, key)
  if (!open) return
  const displaced = open.editing
  const before = displaced && writtenAs(open, displaced.messageId)
  if (displaced && !isSame(displaced, editing) && !(before && isSame(displaced, before))) {
    setComposed(context, key, joined(composedIn(open), displaced))
  }
  setEditing(context, key, editing)
}

/** A message as it was written: a stored one, or one of the queue by its `clientMessageId`. */
export function writtenAs({ messages, queue }: OpenConversation, messageId: string): Composed | undefined {
  const message = messages.find(({ id }) => id === messageId)
  return message
    ? composedOf(message.parts)
    : queue.find(({ clientMessageId }) => clientMessageId === messageId)
}

/** Takes the message on its way back to where it came from: the queue, its place in the conversation, or the draft. */
export function takeBack(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (!open?.outgoing) return
  const { clientMessageId, content, attachments, editOf, wasQueued } = open.outgoing
  const returned = { clientMessageId, content, attachments }
  updateOpen(context, key, current => ({ ...current, outgoing: null }))
  if (wasQueued) setQueue(context, key, [returned, ...open.queue])
  else if (editOf === null) returnToDraft(context, open, returned)
  else startEditing(context, key, { messageId: editOf, content, attachments, returned })
  forgetOutgoing(context.browser, clientMessageId)
}

/**
 * Before whatever has been typed since, in the composer that the conversation has now. What waited in a conversation
 * that did not come to be has nowhere else to wait, and follows it.
 */
function returnToDraft(context: ChatContext, open: OpenConversation, returned: NamedMessage): void {
  const { opened, currentKey } = context.store.get()
  const elsewhere = opened.find(({ id, key }) => id === open.id && key !== open.key)
  const { key } = elsewhere ?? open
  // What is kept is newer than what one behind the screen was left with: another may have come and gone since.
  const { draft, attachments } =
    key === currentKey ? (elsewhere ?? open) : readTexts(context.browser, open.id)
  const { editing } = open
  const waiting = open.id === null ? open.queue.map(queued => changedBy(queued, editing)) : []
  const left = open.id === null && { queue: [], editing: null }
  updateOpen(context, open.key, current => ({ ...current, returned, ...left }))
  setComposed(context, key, [...waiting, { content: draft, attachments }].reduce<Composed>(joined, returned))
}

/** Everything that is written in a conversation and not sent, in the order of the page. */
export function unsentIn(open: OpenConversation): Composed[] {
  const { queue, editing } = open
  const isOfQueue = queue.some(({ clientMessageId }) => clientMessageId === editing?.messageId)
  const changed = editing && !isOfQueue ? [editing] : []
  return [...changed, ...queue.map(queued => changedBy(queued, editing)), composedIn(open)]
}

function changedBy(queued: NamedMessage, editing: Editing | null): Composed {
  return editing?.messageId === queued.clientMessageId ? editing : queued
}

/** Keeps what waits under the id that a new conversation has now, and drops what was kept of the message that began it. */
export function keepQueue(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (open) keepWaiting(context.browser, open)
}

type Leaving = NamedMessage & { parentId?: string | null; editOf: string | null; wasQueued: boolean }

function putOut(context: ChatContext, key: string, message: Leaving): void {
  const { browser, latest } = context
  const open = findOpen(context, key)
  if (!open) return
  // A branch that the server does not know of, or not yet: it would hang the message on another.
  const isHeadUnsure = open.isHeadKept || latest.has(headWriteOf(key))
  const place =
    isHeadUnsure && message.parentId === undefined
      ? { parentId: open.conversation?.headMessageId ?? null }
      : {}
  const times = { createdAt: browser.timers.now(), waiting: false, stopRequested: false }
  updateState(context, { notice: null })
  updateOpen(context, key, current => ({
    ...current,
    outgoing: { ...message, ...place, ...times },
    lastEnd: null,
  }))
  const sent = findOpen(context, key)
  if (sent) keepOutgoing(browser, sent)
}

/** The name under which a conversation's change of branch is written. */
export function headWriteOf(key: string): string {
  return `head ${key}`
}

/** Says so when a message is larger than a request may be. */
function isTooLarge(context: ChatContext, message: Composed): boolean {
  const isOver = fullnessOf(message) > 1
  if (isOver) updateState(context, { notice: 'TOO_LARGE' })
  return isOver
}
