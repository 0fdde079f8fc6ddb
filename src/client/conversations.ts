import type { UpdateConversationRequest } from '../protocol/requests.ts'
import type { ConversationResponse } from '../protocol/responses.ts'
import { callApi } from './api.ts'
import { type ChatContext, findOpen, forgetOpen, updateOpen, updateState } from './chatContext.ts'
import { currentOf, openConversation } from './chatState.ts'
import { refreshList, showConversation } from './conversationList.ts'
import { readDraft, readOutgoing, writeDraft } from './keptText.ts'
import { deliver, readConversation } from './runs.ts'

/** Puts a conversation on the screen and its address in the bar; a new one for `null`. */
export function open(context: ChatContext, conversationId: string | null): void {
  if (context.browser.address.read() !== conversationId) context.browser.address.write(conversationId, 'push')
  show(context, conversationId)
}

/** Puts on the screen what the address says. */
export function show(context: ChatContext, conversationId: string | null): void {
  const state = context.store.get()
  const current = currentOf(state)
  const isShown =
    conversationId === null ? current.status === 'new' && !current.outgoing : current.id === conversationId
  if (isShown) return
  const known = conversationId === null ? undefined : state.opened.find(({ id }) => id === conversationId)
  const next = known ?? fresh(context, conversationId)
  const opened = known ? state.opened : [...state.opened, next]
  updateState(context, { opened, currentKey: next.key, notice: null })
  if (!current.outgoing) forgetOpen(context, current.key)
  if (!known) readConversation(context, next.key)
}

/** Delivers what a reload interrupted, and shows the page's address. */
export function resume(context: ChatContext): void {
  const { browser, store } = context
  const restored = readOutgoing(browser).map(({ conversationId: id, assistant, ...message }) => ({
    ...openConversation({ key: browser.createId(), id, draft: readDraft(browser, id) }),
    assistant,
    outgoing: { ...message, waiting: false, stopRequested: false },
  }))
  const address = browser.address.read()
  const [placeholder] = store.get().opened
  const shown = restored.find(({ id }) => id === address)
  updateState(context, { opened: [...store.get().opened, ...restored] })
  if (shown) {
    updateState(context, { currentKey: shown.key })
    if (placeholder) forgetOpen(context, placeholder.key)
  } else {
    show(context, address)
  }
  for (const { key, id } of restored) {
    if (id === null) deliver(context, key)
    else readConversation(context, key)
  }
}

/** Chooses who answers in a conversation that is still new. */
export function chooseAssistant(context: ChatContext, assistant: string): void {
  const { key } = currentOf(context.store.get())
  updateOpen(context, key, current => ({ ...current, assistant }))
}

/** Renames, closes or reopens a conversation. Gives whether the server took it. */
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
  showConversation(context, result.value.conversation)
  context.browser.events.sendHint(conversationId)
  return true
}

/** Deletes a conversation for good. Gives whether it is gone. */
export async function remove(context: ChatContext, conversationId: string): Promise<boolean> {
  const { browser, store } = context
  const path = `/api/chat/conversations/${conversationId}`
  const result = await callApi<undefined>(browser, { method: 'DELETE', path })
  if (!result.ok && result.failure !== 'NOT_FOUND') {
    updateState(context, { notice: result.failure })
    return false
  }
  const { list } = store.get()
  const conversations = list.conversations.filter(({ id }) => id !== conversationId)
  updateState(context, { list: { ...list, conversations }, notice: null })
  writeDraft(browser, conversationId, '')
  browser.events.sendHint(conversationId)
  if (currentOf(store.get()).id === conversationId) {
    browser.address.write(null, 'replace')
    show(context, null)
  }
  return true
}

/** Another tab changed something: the list may differ, and the conversation on the screen when it is the one. */
export function noticeChange(context: ChatContext, conversationId: string | null): void {
  refreshList(context)
  const { key, id } = currentOf(context.store.get())
  const isAbout = conversationId === null || conversationId === id
  if (isAbout && findOpen(context, key) && !context.streams.has(key)) readConversation(context, key)
}

/** A conversation that was not found leaves its draft to the new one: text is never lost. */
function fresh(context: ChatContext, id: string | null) {
  const { browser, store } = context
  const current = currentOf(store.get())
  const left = id === null && current.status === 'not-found' ? current.draft : ''
  return openConversation({ key: browser.createId(), id, draft: readDraft(browser, id) || left })
}
