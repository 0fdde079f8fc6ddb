import { jumpToMessage } from '../branches/jumpToMessage.ts'
import { type ChatContext, forgetOpen, updateOpen, updateState } from '../chatContext.ts'
import { composedIn, createOpenConversation, currentOf, isBusy, type OpenConversation } from '../chatState.ts'
import { joinMessages } from '../composing/composed.ts'
import { unsentMessages } from '../composing/queue.ts'
import {
  forgetDraftsOf,
  readChosenAssistant,
  readChosenTemporary,
  readSavedDrafts,
  saveChosenAssistant,
  saveDraft,
} from '../composing/savedDrafts.ts'
import { readConversation } from './readConversation.ts'

/** Shows a conversation, at one of its messages if given, and writes its address; `null` is a new conversation. */
export function openConversation(
  context: ChatContext,
  conversationId: string | null,
  { messageId = null }: { messageId?: string | null } = {},
): void {
  const { address } = context.browser
  const isThere =
    address.read() === conversationId && (messageId === null || address.readMessage() === messageId)
  if (!isThere) address.write(conversationId, 'push', messageId)
  showAddress(context, conversationId, messageId)
}

/** Shows the conversation that the address names. */
export function showAddress(
  context: ChatContext,
  conversationId: string | null,
  jumpTarget: string | null,
): void {
  const state = context.store.get()
  const current = currentOf(state)
  const isShown =
    conversationId === null ? current.status === 'new' && !current.outgoing : current.id === conversationId
  if (isShown) {
    if (jumpTarget !== null) updateOpen(context, current.key, open => ({ ...open, jumpTarget }))
    jumpToMessage(context, current.key, readConversation)
    return
  }
  const known = conversationId === null ? undefined : state.opened.find(({ id }) => id === conversationId)
  const next = { ...(known ?? createOpened(context, conversationId)), jumpTarget }
  const opened = [...state.opened.filter(({ key }) => key !== next.key), next]
  const unread = state.unread.filter(id => id !== conversationId)
  updateState(context, { opened, currentKey: next.key, notice: null, unread })
  if (!isBusy(current)) forgetOpen(context, current.key)
  // A conversation whose run is followed is up to date. Any other one is read, because it may have changed or be gone.
  if (context.streams.has(next.key)) jumpToMessage(context, next.key, readConversation)
  else readConversation(context, next.key)
}

/** Chooses the assistant of a conversation that is still new. */
export function chooseAssistant(context: ChatContext, assistant: string): void {
  const { key } = currentOf(context.store.get())
  updateOpen(context, key, current => ({ ...current, assistant }))
  saveChosenAssistant(context.browser, assistant)
}

/**
 * A conversation with its saved drafts. What was written in a conversation that turned out not to exist goes to the draft
 * of a new one.
 */
function createOpened(context: ChatContext, id: string | null): OpenConversation {
  const { browser, store } = context
  const current = currentOf(store.get())
  const assistant = id === null ? readChosenAssistant(browser) : null
  const opened = {
    ...createOpenConversation({ key: browser.createId(), id, ...readSavedDrafts(browser, id) }),
    assistant,
    temporary: id === null && readChosenTemporary(browser),
  }
  if (id !== null || current.id === null || current.status !== 'not-found') return opened
  const before = composedIn(opened)
  const after = unsentMessages(current).reduce(joinMessages, before)
  saveDraft(browser, null, { before, after })
  forgetDraftsOf(browser, current.id)
  return { ...opened, draft: after.content, attachments: after.attachments }
}
