import type { Attachment } from '../../../protocol/parts.ts'
import type { Browser } from '../../browser.ts'
import type { Composed, Editing, KeptTexts, NamedMessage, OpenConversation } from '../chatState.ts'
import { isSame } from './composed.ts'
import { forgetCopies, type TextStorage } from './tabStorage.ts'

/** A message on its way, as it is kept over a reload: sent again with the same id it cannot be stored twice. */
export interface KeptMessage extends NamedMessage {
  conversationId: string | null
  assistant: string | null
  parentId?: string | null
  editOf: string | null
  wasQueued: boolean
  createdAt: number
  /** What waits for it in a conversation that has no id yet. */
  queue: readonly NamedMessage[]
}

/** Outlives the window, shared by tabs. */
const DRAFTS = 'riacho.draft.'
const ASSISTANT_KEY = `${DRAFTS}new.assistant`
/** The rest belongs to one tab. */
const OUTGOING_KEY = 'riacho.outgoing'
const QUEUES = 'riacho.queue.'
const HELD_QUEUES = 'riacho.held.'
const EDITS = 'riacho.edit.'

/** Everything that was typed and not sent in a conversation; in a new one for `null`. */
export function readTexts(browser: Browser, conversationId: string | null): KeptTexts {
  const { tabStorage } = browser
  const { content, attachments } = readComposed(browser, conversationId)
  const typed = { draft: content, attachments }
  if (conversationId === null) return { ...typed, queue: [], isQueueHeld: false, editing: null }
  return {
    ...typed,
    queue: readJson<NamedMessage[]>(tabStorage, QUEUES + conversationId) ?? [],
    isQueueHeld: tabStorage.read(HELD_QUEUES + conversationId) !== null,
    editing: readJson<Editing>(tabStorage, EDITS + conversationId),
  }
}

/** What was typed in the composer. */
export function readDraft(browser: Browser, conversationId: string | null): string {
  return browser.localStorage.read(draftKey(conversationId)) ?? ''
}

export function writeDraft(browser: Browser, conversationId: string | null, draft: string): void {
  browser.localStorage.write(draftKey(conversationId), draft === '' ? null : draft)
}

/**
 * Keeps what is in a composer, if this tab has changed it. What another tab has kept since goes only where something
 * stands in its stead.
 */
export function keepComposed(
  browser: Browser,
  conversationId: string | null,
  { before, after }: { before: Composed; after: Composed },
): void {
  const isEmptied = after.content === '' && after.attachments.length === 0
  if (isEmptied && !isSame(readComposed(browser, conversationId), before)) return
  if (after.content !== before.content) writeDraft(browser, conversationId, after.content)
  if (after.attachments !== before.attachments) writeAttachments(browser, conversationId, after.attachments)
}

function readComposed(browser: Browser, conversationId: string | null): Composed {
  return {
    content: readDraft(browser, conversationId),
    attachments: readJson<Attachment[]>(browser.localStorage, filesKey(conversationId)) ?? [],
  }
}

function writeAttachments(
  browser: Browser,
  conversationId: string | null,
  attachments: readonly Attachment[],
): void {
  writeJson(browser.localStorage, filesKey(conversationId), attachments.length === 0 ? null : attachments)
}

/** Keeps what waits in a conversation, and what is being changed there. */
export function keepWaiting(browser: Browser, open: OpenConversation): void {
  const { tabStorage } = browser
  const { id, outgoing, queue, isQueueHeld, editing } = open
  if (id !== null) {
    writeJson(tabStorage, QUEUES + id, queue.length === 0 ? null : queue)
    tabStorage.write(HELD_QUEUES + id, isQueueHeld && queue.length > 0 ? 'held' : null)
    writeJson(tabStorage, EDITS + id, editing)
  } else if (outgoing) {
    const { clientMessageId } = outgoing
    const kept = readOutgoing(browser).map(message => {
      return message.clientMessageId === clientMessageId ? { ...message, queue } : message
    })
    writeOutgoing(browser, kept)
  }
}

/** The conversations in which something waits to be sent. */
export function readQueued(browser: Browser): string[] {
  return browser.tabStorage.keys(QUEUES).map(key => key.slice(QUEUES.length))
}

/** Who is to answer in a new conversation, while that is being written. */
export function readAssistant(browser: Browser): string | null {
  return browser.localStorage.read(ASSISTANT_KEY)
}

export function writeAssistant(browser: Browser, assistant: string | null): void {
  browser.localStorage.write(ASSISTANT_KEY, assistant)
}

/** Forgets every draft, and every message on its way. */
export function forgetTexts(browser: Browser): void {
  browser.localStorage.clear(DRAFTS)
  for (const prefix of [OUTGOING_KEY, QUEUES, HELD_QUEUES, EDITS]) browser.tabStorage.clear(prefix)
  forgetCopies(browser.localStorage, '')
}

/** Forgets all that was typed and not sent in a conversation. */
export function forgetTextsOf(browser: Browser, conversationId: string): void {
  writeDraft(browser, conversationId, '')
  writeAttachments(browser, conversationId, [])
  for (const prefix of [QUEUES, HELD_QUEUES, EDITS]) browser.tabStorage.write(prefix + conversationId, null)
  const others = readOutgoing(browser).filter(message => message.conversationId !== conversationId)
  writeOutgoing(browser, others)
  forgetCopies(browser.localStorage, conversationId)
}

/** What a closed tab had on its way, in queues and being changed. */
export function readLeft(left: TextStorage) {
  const valuesOf = <Value>(prefix: string) =>
    left.keys(prefix).flatMap(key => {
      const value = readJson<Value>(left, key)
      return value === null ? [] : { conversationId: key.slice(prefix.length), value }
    })
  return {
    outgoing: readOutgoing({ tabStorage: left }),
    queues: valuesOf<NamedMessage[]>(QUEUES),
    edits: valuesOf<Editing>(EDITS),
  }
}

export function readOutgoing({ tabStorage }: { tabStorage: TextStorage }): KeptMessage[] {
  const kept = readJson<Partial<KeptMessage>[]>(tabStorage, OUTGOING_KEY) ?? []
  return kept.map(message => ({ ...OLDER, ...message }) as KeptMessage)
}

/** What a message kept by an older page lacks. */
const OLDER = { attachments: [], editOf: null, wasQueued: false, queue: [] }

export function keepOutgoing(browser: Browser, open: OpenConversation): void {
  if (!open.outgoing) return
  const { waiting: _, stopRequested: __, ...message } = open.outgoing
  const place = {
    conversationId: open.id,
    assistant: open.assistant,
    queue: open.id === null ? open.queue : [],
  }
  writeOutgoing(browser, [...readOutgoing(browser), { ...message, ...place }])
}

export function forgetOutgoing(browser: Browser, clientMessageId: string): void {
  const kept = readOutgoing(browser)
  writeOutgoing(
    browser,
    kept.filter(message => message.clientMessageId !== clientMessageId),
  )
}

function writeOutgoing(browser: Browser, messages: readonly KeptMessage[]): void {
  writeJson(browser.tabStorage, OUTGOING_KEY, messages.length === 0 ? null : messages)
}

function draftKey(conversationId: string | null): string {
  return DRAFTS + (conversationId ?? 'new')
}

function filesKey(conversationId: string | null): string {
  return `${draftKey(conversationId)}.files`
}

function readJson<Value>(storage: TextStorage, key: string): Value | null {
  try {
    return JSON.parse(storage.read(key) ?? 'null') as Value | null
  } catch {
    return null
  }
}

function writeJson(storage: TextStorage, key: string, value: unknown): void {
  storage.write(key, value === null ? null : JSON.stringify(value))
}
