import type { AssistantListResponse, Conversation, ConversationListResponse } from '../protocol/responses.ts'
import { callApi } from './api.ts'
import { type ChatContext, updateState } from './chatContext.ts'

const PAGE = 30
const LARGEST_PAGE = 100

/** Reads the list again from its start, as far as it was shown. Asked for during a refresh, it runs once more after it. */
export async function refreshList(context: ChatContext): Promise<void> {
  const { listRefresh } = context
  listRefresh.again = listRefresh.active
  if (listRefresh.active) return
  listRefresh.active = true
  const shown = context.store.get().list.conversations.length
  const limit = Math.min(LARGEST_PAGE, Math.max(PAGE, shown))
  const path = `/api/chat/conversations?limit=${limit}`
  const result = await callApi<ConversationListResponse>(context.browser, { method: 'GET', path })
  listRefresh.active = false
  if (result.ok) showList(context, result.value)
  else if (context.store.get().list.status === 'loading') {
    updateState(context, { list: { ...context.store.get().list, status: 'failed' } })
  }
  if (listRefresh.again) await refreshList(context)
}

/** Adds the next page of the list. */
export async function loadMore(context: ChatContext): Promise<void> {
  const { nextCursor } = context.store.get().list
  if (nextCursor === null) return
  const path = `/api/chat/conversations?limit=${PAGE}&cursor=${encodeURIComponent(nextCursor)}`
  const result = await callApi<ConversationListResponse>(context.browser, { method: 'GET', path })
  const { list } = context.store.get()
  if (!result.ok) return updateState(context, { notice: result.failure })
  if (list.nextCursor !== nextCursor) return
  const known = new Set(list.conversations.map(({ id }) => id))
  const added = result.value.conversations.filter(({ id }) => !known.has(id))
  const conversations = [...list.conversations, ...added]
  updateState(context, { list: { status: 'ready', conversations, nextCursor: result.value.nextCursor } })
}

/** Reads the assistants, unless they are known. */
export async function loadAssistants(context: ChatContext): Promise<void> {
  if (context.store.get().assistants) return
  const call = { method: 'GET', path: '/api/chat/assistants' } as const
  const result = await callApi<AssistantListResponse>(context.browser, call)
  if (result.ok) updateState(context, { assistants: result.value.assistants })
}

/** Shows what the server said of one conversation, wherever it is shown. */
export function showConversation(context: ChatContext, conversation: Conversation): void {
  const { list } = context.store.get()
  const conversations = list.conversations.map(known => (known.id === conversation.id ? conversation : known))
  updateState(context, { list: { ...list, conversations } })
  refineOpened(context, [conversation])
}

function showList(context: ChatContext, { conversations, nextCursor }: ConversationListResponse): void {
  updateState(context, { list: { status: 'ready', conversations, nextCursor } })
  refineOpened(context, conversations)
}

/** The list knows newer titles and states. Not the head: its message may not have been read yet. */
function refineOpened(context: ChatContext, conversations: readonly Conversation[]): void {
  const listed = new Map(conversations.map(conversation => [conversation.id, conversation]))
  const opened = context.store.get().opened.map(open => {
    const conversation = open.conversation && listed.get(open.conversation.id)
    if (!open.conversation || !conversation) return open
    return { ...open, conversation: { ...conversation, headMessageId: open.conversation.headMessageId } }
  })
  updateState(context, { opened })
}
