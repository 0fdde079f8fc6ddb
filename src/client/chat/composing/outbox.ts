import { headWriteOf } from '../branches/branch.ts'
import { type ChatContext, findOpen, setComposed, updateOpen, updateState } from '../chatContext.ts'
import {
  type Composed,
  composedIn,
  isBusy,
  type NamedMessage,
  type OpenConversation,
  uploadsFor,
} from '../chatState.ts'
import { clientMessageIdFor, fullnessOf, isBlank, joinMessages } from './composed.ts'
import { setEditing, startEditing } from './editMessage.ts'
import { queuedMessages, saveWaitingIn, setQueue } from './queue.ts'
import { forgetSavedOutgoing, readSavedDrafts, saveOutgoing } from './savedDrafts.ts'
import { forgetUpload } from './uploadState.ts'
import { isUploading } from './uploads.ts'

/*
 * Until the server has a message, it is in one of four places:
 *
 *   draft     in the composer
 *   queue     it waits for the end of the reply being written
 *   editing   a person is changing it in its place
 *   outgoing  the outbox: it is being delivered; there is one at most
 *
 * Each place survives a reload. A message moves between them with its text whole. Nothing here speaks to the server:
 * `deliver.ts` sends what is in the outbox.
 */

/** Whether a conversation takes messages. */
export function takesMessages({ status, conversation }: OpenConversation): boolean {
  return status === 'new' || (status === 'ready' && conversation?.status === 'OPEN')
}

/**
 * Moves the draft, or `text` if given, to the outbox. While a reply is being written, moves it to the queue. Gives whether
 * it is in the outbox. The draft goes without the files that were refused, and they are forgotten.
 */
export function moveDraftToOutbox(context: ChatContext, key: string, text?: string): boolean {
  const { browser } = context
  const open = findOpen(context, key)
  const typed = open && composedIn(open)
  const draft = text === undefined ? typed : { content: text, attachments: [] }
  if (!open || !draft || !takesMessages(open) || isBlank(draft) || isRefused(context, draft)) return false
  const uploads = text === undefined ? uploadsFor(context.store.get(), open) : []
  if (isUploading(uploads)) return false
  const named = { ...draft, clientMessageId: clientMessageIdFor(draft, open.returned, browser.createId) }
  const isQueued = isBusy(open)
  if (isQueued) setQueue(context, key, [...open.queue, named])
  else putInOutbox(context, key, { ...named, editOf: null, wasQueued: false })
  if (text !== undefined) return !isQueued
  const leftOut = uploads.map(({ name }) => name)
  for (const { id } of uploads) forgetUpload(context, id)
  updateOpen(context, key, current => ({ ...current, returned: null, leftOut }))
  setComposed(context, key, { content: '', attachments: [] })
  return !isQueued
}

/** Moves the changed message to the outbox, or back to the queue. Gives whether it is in the outbox. */
export function moveEditToOutbox(context: ChatContext, key: string): boolean {
  const open = findOpen(context, key)
  const editing = open?.editing
  if (!editing || isBlank(editing) || isRefused(context, editing)) return false
  const { messageId, content, attachments, returned } = editing
  const { createId } = context.browser
  const message = open.messages.find(({ id }) => id === messageId)
  if (message && (isBusy(open) || !takesMessages(open))) return false
  setEditing(context, key, null)
  if (!message) {
    const changed = { content, attachments, clientMessageId: createId() }
    const queue = open.queue.map(waiting => (waiting.clientMessageId === messageId ? changed : waiting))
    setQueue(context, key, queue)
    return false
  }
  const clientMessageId = clientMessageIdFor(editing, returned, createId)
  const place = { parentId: message.parentId, editOf: messageId, wasQueued: false }
  putInOutbox(context, key, { content, attachments, clientMessageId, ...place })
  return true
}

/** Moves the first message of the queue to the outbox, if nothing is in its way. Gives whether it did. */
export function moveQueuedToOutbox(context: ChatContext, key: string): boolean {
  const open = findOpen(context, key)
  const [next, ...queue] = open?.queue ?? []
  if (!open || !next || isBusy(open) || !takesMessages(open)) return false
  if (open.editing?.messageId === next.clientMessageId) return false
  updateOpen(context, key, current => ({ ...current, queue }))
  putInOutbox(context, key, { ...next, editOf: null, wasQueued: true })
  saveWaitingIn(context, key)
  return true
}

/** Moves a message that was not delivered back to where it came from: the queue, its place, or the draft. */
export function returnFromOutbox(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (!open?.outgoing) return
  const { clientMessageId, content, attachments, editOf, wasQueued } = open.outgoing
  const returned = { clientMessageId, content, attachments }
  updateOpen(context, key, current => ({ ...current, outgoing: null }))
  if (wasQueued) setQueue(context, key, [returned, ...open.queue])
  else if (editOf === null) returnToDraft(context, open, returned)
  else startEditing(context, key, { messageId: editOf, content, attachments, returned })
  forgetSavedOutgoing(context.browser, clientMessageId)
}

/**
 * Puts a message before what was typed since, in the composer that the conversation has now. If the conversation was
 * never created, its queued messages go to the draft too.
 */
function returnToDraft(context: ChatContext, open: OpenConversation, returned: NamedMessage): void {
  const { opened, currentKey } = context.store.get()
  const elsewhere = opened.find(({ id, key }) => id === open.id && key !== open.key)
  const { key } = elsewhere ?? open
  // The saved draft of a conversation that is not on the screen is newer than its state: it may have been opened again
  // under another key and left.
  const { draft, attachments } =
    key === currentKey ? (elsewhere ?? open) : readSavedDrafts(context.browser, open.id)
  const waiting = open.id === null ? queuedMessages(open) : []
  const emptied = open.id === null && { queue: [], editing: null }
  updateOpen(context, open.key, current => ({ ...current, returned, ...emptied }))
  const texts: Composed[] = [...waiting, { content: draft, attachments }]
  setComposed(context, key, texts.reduce(joinMessages, returned))
}

type OutboxMessage = NamedMessage & { parentId?: string | null; editOf: string | null; wasQueued: boolean }

function putInOutbox(context: ChatContext, key: string, message: OutboxMessage): void {
  const { browser, latestWrites } = context
  const open = findOpen(context, key)
  if (!open) return
  // The server may have another head than this tab shows. The message then names its parent, or the server would put it
  // on another branch.
  const isHeadUnsure = open.isHeadKept || latestWrites.has(headWriteOf(key))
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
  if (sent) saveOutgoing(browser, sent)
}

/** Gives whether a message cannot be sent, and tells the person why. */
function isRefused(context: ChatContext, message: Composed): boolean {
  if (context.store.get().areCookiesLost) {
    updateState(context, { notice: 'COOKIES_LOST' })
    return true
  }
  const isOver = fullnessOf(message) > 1
  if (isOver) updateState(context, { notice: 'TOO_LARGE' })
  return isOver
}
