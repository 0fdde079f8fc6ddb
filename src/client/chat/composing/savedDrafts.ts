import type { Attachment } from '../../../protocol/parts.ts'
import type { Browser } from '../../browser.ts'
import type { Composed, OpenConversation, SavedDrafts } from '../chatState.ts'
import { isSameMessage, type NoFields } from './composed.ts'
import {
  attachmentsIn,
  editingIn,
  namedMessagesIn,
  type SavedMessage,
  savedMessagesIn,
} from './savedShapes.ts'
import { forgetCopies, type TextStorage } from './tabStorage.ts'

/** In the storage that all tabs share. */
const DRAFTS = 'riacho.draft.'
const ASSISTANT_KEY = `${DRAFTS}new.assistant`
const TEMPORARY_KEY = `${DRAFTS}new.temporary`
/** In the storage of one tab. */
const OUTGOING_KEY = 'riacho.outgoing'
const QUEUES = 'riacho.queue.'
const HELD_QUEUES = 'riacho.held.'
const EDITS = 'riacho.edit.'

/** Everything that a person typed in a conversation and did not send; `null` is a new one. */
export function readSavedDrafts(browser: Browser, conversationId: string | null): SavedDrafts {
  const { tabStorage } = browser
  const { content, attachments } = readComposed(browser, conversationId)
  const typed = { draft: content, attachments }
  if (conversationId === null) return { ...typed, queue: [], isQueueHeld: false, editing: null }
  return {
    ...typed,
    queue: namedMessagesIn(readJson(tabStorage, QUEUES + conversationId)),
    isQueueHeld: tabStorage.read(HELD_QUEUES + conversationId) !== null,
    editing: editingIn(readJson(tabStorage, EDITS + conversationId)),
  }
}

/** The text in the composer of a conversation, as it was saved. */
export function readDraftText(browser: Browser, conversationId: string | null): string {
  return browser.localStorage.read(draftKey(conversationId)) ?? ''
}

export function saveDraftText(browser: Browser, conversationId: string | null, draft: string): void {
  browser.localStorage.write(draftKey(conversationId), draft === '' ? null : draft)
}

/**
 * Saves what is in a composer, if this tab has changed it. Emptying this composer never deletes another tab's newer draft;
 * only new text replaces it.
 */
export function saveDraft(
  browser: Browser,
  conversationId: string | null,
  { before, after }: { before: Composed; after: Composed },
): void {
  const { content, attachments, ...rest } = after
  rest satisfies NoFields
  const isEmptied = content === '' && attachments.length === 0
  if (isEmptied && !isSameMessage(readComposed(browser, conversationId), before)) return
  if (content !== before.content) saveDraftText(browser, conversationId, content)
  if (attachments !== before.attachments) writeAttachments(browser, conversationId, attachments)
}

function readComposed(browser: Browser, conversationId: string | null): Composed {
  return {
    content: readDraftText(browser, conversationId),
    attachments: attachmentsIn(readJson(browser.localStorage, filesKey(conversationId))),
  }
}

function writeAttachments(
  browser: Browser,
  conversationId: string | null,
  attachments: readonly Attachment[],
): void {
  writeJson(browser.localStorage, filesKey(conversationId), attachments.length === 0 ? null : attachments)
}

/**
 * Saves the queue of a conversation, and the message that is being changed there. Without an id, it saves the queue with
 * the message that creates the conversation.
 */
export function saveWaiting(browser: Browser, open: OpenConversation): void {
  const { tabStorage } = browser
  const { id, outgoing, queue, isQueueHeld, editing } = open
  if (id !== null) {
    writeJson(tabStorage, QUEUES + id, queue.length === 0 ? null : queue)
    tabStorage.write(HELD_QUEUES + id, isQueueHeld && queue.length > 0 ? 'held' : null)
    writeJson(tabStorage, EDITS + id, editing)
  } else if (outgoing) {
    const { clientMessageId } = outgoing
    const kept = readSavedOutgoing(browser).map(message => {
      return message.clientMessageId === clientMessageId ? { ...message, queue } : message
    })
    writeOutgoing(browser, kept)
  }
}

/** The ids of the conversations that have a queue in this tab. */
export function conversationsWithQueue(browser: Browser): string[] {
  return browser.tabStorage.keys(QUEUES).map(key => key.slice(QUEUES.length))
}

/** The assistant that a person chose for a new conversation. */
export function readChosenAssistant(browser: Browser): string | null {
  return browser.localStorage.read(ASSISTANT_KEY)
}

export function saveChosenAssistant(browser: Browser, assistant: string | null): void {
  browser.localStorage.write(ASSISTANT_KEY, assistant)
}

/** Whether a person chose that a new conversation is temporary. It is saved with its draft, which is meant for it. */
export function readChosenTemporary(browser: Browser): boolean {
  return browser.localStorage.read(TEMPORARY_KEY) !== null
}

export function saveChosenTemporary(browser: Browser, isTemporary: boolean): void {
  browser.localStorage.write(TEMPORARY_KEY, isTemporary ? 'temporary' : null)
}

/** Forgets everything that was typed and not sent, in all conversations and tabs. */
export function forgetAllDrafts(browser: Browser): void {
  browser.localStorage.clear(DRAFTS)
  for (const prefix of [OUTGOING_KEY, QUEUES, HELD_QUEUES, EDITS]) browser.tabStorage.clear(prefix)
  forgetCopies(browser.localStorage, '')
}

/** Forgets everything that was typed in a conversation and not sent, in all tabs. */
export function forgetDraftsOf(browser: Browser, conversationId: string): void {
  saveDraftText(browser, conversationId, '')
  writeAttachments(browser, conversationId, [])
  for (const prefix of [QUEUES, HELD_QUEUES, EDITS]) browser.tabStorage.write(prefix + conversationId, null)
  const others = readSavedOutgoing(browser).filter(message => message.conversationId !== conversationId)
  writeOutgoing(browser, others)
  forgetCopies(browser.localStorage, conversationId)
}

/** The outbox and the queues of a closed tab, and the messages that were being changed there. */
export function readClosedTab(left: TextStorage) {
  const valuesOf = <Value>(prefix: string, valueIn: (saved: unknown) => Value) =>
    left.keys(prefix).map(key => {
      return { conversationId: key.slice(prefix.length), value: valueIn(readJson(left, key)) }
    })
  return {
    outgoing: readSavedOutgoing({ tabStorage: left }),
    queues: valuesOf(QUEUES, namedMessagesIn).filter(({ value }) => value.length > 0),
    edits: valuesOf(EDITS, editingIn).flatMap(({ conversationId, value }) => {
      return value === null ? [] : { conversationId, value }
    }),
  }
}

export function readSavedOutgoing({ tabStorage }: { tabStorage: TextStorage }): SavedMessage[] {
  return savedMessagesIn(readJson(tabStorage, OUTGOING_KEY))
}

export function saveOutgoing(browser: Browser, open: OpenConversation): void {
  if (!open.outgoing) return
  const { waiting: _, stopRequested: __, ...message } = open.outgoing
  const place = {
    conversationId: open.id,
    assistant: open.assistant,
    temporary: open.id === null && open.temporary,
    queue: open.id === null ? open.queue : [],
  }
  writeOutgoing(browser, [...readSavedOutgoing(browser), { ...message, ...place }])
}

export function forgetSavedOutgoing(browser: Browser, clientMessageId: string): void {
  const kept = readSavedOutgoing(browser)
  writeOutgoing(
    browser,
    kept.filter(message => message.clientMessageId !== clientMessageId),
  )
}

function writeOutgoing(browser: Browser, messages: readonly SavedMessage[]): void {
  writeJson(browser.tabStorage, OUTGOING_KEY, messages.length === 0 ? null : messages)
}

function draftKey(conversationId: string | null): string {
  return DRAFTS + (conversationId ?? 'new')
}

function filesKey(conversationId: string | null): string {
  return `${draftKey(conversationId)}.files`
}

function readJson(storage: TextStorage, key: string): unknown {
  try {
    return JSON.parse(storage.read(key) ?? 'null')
  } catch {
    return null
  }
}

function writeJson(storage: TextStorage, key: string, value: unknown): void {
  storage.write(key, value === null ? null : JSON.stringify(value))
}
