import type { UpdateConversationRequest } from '../../../protocol/requests.ts'
import type { Conversation, ConversationResponse } from '../../../protocol/responses.ts'
import type { Browser } from '../../browser.ts'
import { callApi } from '../api.ts'
import { type ChatContext, findOpen, forgetOpen, updateOpen, updateState } from '../chatContext.ts'
import { composedIn, currentOf, isDelivering, type OpenConversation, openConversation } from '../chatState.ts'
import { joined } from '../composing/composed.ts'
import { unsentIn } from '../composing/outbox.ts'
import {
  forgetTexts,
  forgetTextsOf,
  keepComposed,
  readAssistant,
  readDraft,
  readOutgoing,
  readQueued,
  readTexts,
  writeAssistant,
  writeDraft,
} from '../composing/savedDrafts.ts'
import { deliver, deliverQueued, readConversation } from '../runs/runs.ts'
import { reachTarget } from './jumpToMessage.ts'
import { refreshList, showConversation } from './listing.ts'

/** Hints that all conversations changed. */
const EVERYTHING = '*'

/** Puts a conversation on the screen, at one of its messages if told, and its address in the bar; a new one for `null`. */
export function open(
  context: ChatContext,
  conversationId: string | null,
  { messageId = null }: { messageId?: string | null } = {},
): void {
  const { address } = context.browser
  const isThere =
    address.read() === conversationId && (messageId === null || address.readMessage() === messageId)
  if (!isThere) address.write(conversationId, 'push', messageId)
  show(context, conversationId, messageId)
}

/** Puts on the screen what the address says. */
export function show(context: ChatContext, conversationId: string | null, target: string | null): void {
  const state = context.store.get()
  const current = currentOf(state)
  const isShown =
    conversationId === null ? current.status === 'new' && !current.outgoing : current.id === conversationId
  if (isShown) {
    if (target !== null) updateOpen(context, current.key, open => ({ ...open, target }))
    reachTarget(context, current.key, readConversation)
    return
  }
  const known = conversationId === null ? undefined : state.opened.find(({ id }) => id === conversationId)
  const next = { ...(known ?? fresh(context, conversationId)), target }
  const opened = [...state.opened.filter(({ key }) => key !== next.key), next]
  updateState(context, { opened, currentKey: next.key, notice: null })
  if (!isDelivering(current)) forgetOpen(context, current.key)
  // One that is followed is as the server has it; another one kept behind the screen may have changed, or be gone.
  if (context.streams.has(next.key)) reachTarget(context, next.key, readConversation)
  else readConversation(context, next.key)
}

/** Delivers what a reload interrupted, and shows the page's address. */
export function resume(context: ChatContext): void {
  const { browser, store } = context
  const restored = readWaiting(browser)
  const address = browser.address.read()
  const [placeholder] = store.get().opened
  const shown = restored.find(({ id }) => id === address)
  updateState(context, { opened: [...store.get().opened, ...restored] })
  if (shown) {
    updateState(context, { currentKey: shown.key })
    if (placeholder) forgetOpen(context, placeholder.key)
  } else {
    show(context, address, browser.address.readMessage())
  }
  for (const { key, id } of restored) {
    if (id === null) deliver(context, key)
    else readConversation(context, key)
  }
}

/** The conversations in which a reload interrupted something, as they were. */
function readWaiting(browser: Browser): OpenConversation[] {
  const sent = readOutgoing(browser).map(({ conversationId: id, assistant, queue, ...message }) => {
    const texts = readTexts(browser, id)
    const waiting = texts.queue.length > 0 ? texts.queue : queue
    return {
      ...openConversation({ key: browser.createId(), id, ...texts, queue: waiting }),
      assistant,
      outgoing: { ...message, waiting: false, stopRequested: false },
    }
  })
  const queued = readQueued(browser)
    .filter(id => sent.every(open => open.id !== id))
    .map(id => openConversation({ key: browser.createId(), id, ...readTexts(browser, id) }))
  return [...sent, ...queued]
}

/** Chooses who answers in a conversation that is still new. */
export function chooseAssistant(context: ChatContext, assistant: string): void {
  const { key } = currentOf(context.store.get())
  updateOpen(context, key, current => ({ ...current, assistant }))
  writeAssistant(context.browser, assistant)
}

/** Renames, pins, archives, closes or reopens a conversation. Gives whether the server took it. */
export async function update(
  context: ChatContext,
  conversationId: string,
  body: UpdateConversationRequest,
): Promise<boolean> {
  const path = `/api/chat/conversations/${conversationId}`
  const result = await callApi<ConversationResponse>(context.browser, { method: 'PATCH', path, body })
  if (!result.ok) {
    updateState(context, { notice: result.failure })
    return false
  }
  updateState(context, { notice: null })
  if (body.title !== undefined) context.titles.delete(conversationId)
  showConversation(context, result.value.conversation)
  if (body.archived !== undefined) noteArchived(context, result.value.conversation)
  context.browser.events.sendHint(conversationId)
  const opened = context.store.get().opened.find(({ id }) => id === conversationId)
  if (body.status === 'OPEN' && opened) deliverQueued(context, opened.key)
  if (body.pinned !== undefined || body.archived !== undefined) await refreshList(context)
  return true
}

/** Archiving is offered to be undone as deleting is. */
function noteArchived(context: ChatContext, { id, title, archived }: Conversation): void {
  leaveRemoved(context, id)
  if (!archived) return
  const gone = { id, title, archived, wasCurrent: false, draft: '' }
  updateState(context, { removed: [...context.store.get().removed, gone] })
}

/** Deletes a conversation; `restore` undoes it for a while. Gives whether it is gone. */
export async function remove(context: ChatContext, conversationId: string): Promise<boolean> {
  const { browser, store } = context
  const path = `/api/chat/conversations/${conversationId}`
  const result = await callApi<undefined>(browser, { method: 'DELETE', path })
  if (!result.ok && result.failure !== 'NOT_FOUND') {
    updateState(context, { notice: result.failure })
    return false
  }
  leaveRemoved(context, conversationId)
  const { list, removed } = store.get()
  const current = currentOf(store.get())
  const wasCurrent = current.id === conversationId
  const known = list.conversations.find(({ id }) => id === conversationId)
  const title = known?.title ?? (wasCurrent ? (current.conversation?.title ?? '') : '')
  const conversations = list.conversations.filter(({ id }) => id !== conversationId)
  const draft = readDraft(browser, conversationId)
  const gone = { id: conversationId, title, archived: false, wasCurrent, draft }
  updateState(context, { list: { ...list, conversations }, removed: [...removed, gone], notice: null })
  writeDraft(browser, conversationId, '')
  browser.events.sendHint(conversationId)
  if (wasCurrent) {
    browser.address.write(null, 'replace')
    show(context, null, null)
  }
  return true
}

/** Brings a deleted or archived conversation back, also to the screen where it left it. Gives whether it was not too late. */
export async function restore(context: ChatContext, conversationId: string): Promise<boolean> {
  const { browser, store } = context
  const gone = store.get().removed.find(({ id }) => id === conversationId)
  if (gone?.archived) return update(context, conversationId, { archived: false })
  const path = `/api/chat/conversations/${conversationId}/restore`
  const result = await callApi<ConversationResponse>(browser, { method: 'POST', path })
  if (!result.ok) {
    if (result.failure === 'NOT_FOUND') forgetRemoved(context, conversationId)
    updateState(context, { notice: result.failure })
    return false
  }
  leaveRemoved(context, conversationId)
  if (gone) writeDraft(browser, conversationId, gone.draft)
  updateState(context, { notice: null })
  browser.events.sendHint(conversationId)
  await refreshList(context)
  const { status, outgoing, draft } = currentOf(store.get())
  if (gone?.wasCurrent && status === 'new' && !outgoing && draft === '') open(context, conversationId)
  return true
}

/** It is not offered to be undone any more: what was typed into a deleted conversation goes too. */
export function forgetRemoved(context: ChatContext, conversationId: string): void {
  const gone = context.store.get().removed.find(({ id }) => id === conversationId)
  leaveRemoved(context, conversationId)
  if (!gone?.archived) forgetTextsOf(context.browser, conversationId)
}

function leaveRemoved(context: ChatContext, conversationId: string): void {
  const removed = context.store.get().removed.filter(({ id }) => id !== conversationId)
  updateState(context, { removed })
}

/** Erases everything of the owner for good. Gives whether it is gone; the page is to be loaded anew then. */
export async function eraseAll(context: ChatContext): Promise<boolean> {
  const { browser } = context
  const result = await callApi<undefined>(browser, { method: 'DELETE', path: '/api/chat/owner' })
  if (!result.ok) {
    updateState(context, { notice: result.failure })
    return false
  }
  forgetTexts(browser)
  browser.events.sendHint(EVERYTHING)
  return true
}

/**
 * Another tab changed something: the list may differ, and the conversation on the screen when it is the one. What was
 * typed goes with everything else that was erased.
 */
export function noticeChange(context: ChatContext, conversationId: string | null): void {
  if (conversationId === EVERYTHING) forgetTexts(context.browser)
  refreshList(context)
  const { key, id } = currentOf(context.store.get())
  const isAbout = conversationId === null || conversationId === EVERYTHING || conversationId === id
  if (!isAbout || !findOpen(context, key)) return
  if (!context.streams.has(key)) readConversation(context, key)
  else if (conversationId !== null) context.changed.add(key)
}

/** A conversation that was not found leaves what was written in it to the new one: text is never lost. */
function fresh(context: ChatContext, id: string | null): OpenConversation {
  const { browser, store } = context
  const current = currentOf(store.get())
  const assistant = id === null ? readAssistant(browser) : null
  const opened = {
    ...openConversation({ key: browser.createId(), id, ...readTexts(browser, id) }),
    assistant,
  }
  if (id !== null || current.id === null || current.status !== 'not-found') return opened
  const before = composedIn(opened)
  const after = unsentIn(current).reduce(joined, before)
  keepComposed(browser, null, { before, after })
  forgetTextsOf(browser, current.id)
  return { ...opened, draft: after.content, attachments: after.attachments }
}
