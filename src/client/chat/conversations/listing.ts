import type {
  AssistantListResponse,
  Conversation,
  ConversationListResponse,
} from '../../../protocol/responses.ts'
import { callApi } from '../api.ts'
import { type ChatContext, updateState } from '../chatContext.ts'
import { readAssistant, writeAssistant } from '../composing/savedDrafts.ts'

const PAGE = 30
const LARGEST_PAGE = 100
/** Milliseconds between tries to read what the page lacks. */
const READ_AGAIN_DELAY = 3_000

/**
 * Reads the list again from its start, as far as it was shown. Asked for during a refresh, it runs once more after it, and
 * both have ended then.
 */
export function refreshList(context: ChatContext): Promise<void> {
  const { listRefresh } = context
  listRefresh.again = listRefresh.reading !== null
  listRefresh.reading ??= readList(context)
  return listRefresh.reading
}

async function readList(context: ChatContext): Promise<void> {
  const { listRefresh, store } = context
  do {
    listRefresh.again = false
    const { archived, conversations: shown } = store.get().list
    const isTouched = watchRows(context)
    const limit = Math.min(LARGEST_PAGE, Math.max(PAGE, shown.length))
    const result = await readPage(context, { archived, limit })
    const { list } = store.get()
    if (list.archived !== archived) continue
    // The answer may be from before what was deleted or renamed meanwhile, and would bring it back.
    if (isTouched()) listRefresh.again = true
    else if (result.ok) showList(context, result.value, limit)
    else if (list.status !== 'ready') {
      updateState(context, { list: { ...list, status: 'failed' } })
      readAgainLater(context)
    }
  } while (listRefresh.again)
  listRefresh.reading = null
}

/** A server that is starting again has neither: both are asked for until they are there. */
function readAgainLater(context: ChatContext): void {
  const { store, browser } = context
  if (!context.cancelReadAgain) return
  context.cancelReadAgain()
  context.cancelReadAgain = browser.timers.set(() => {
    loadAssistants(context)
    if (store.get().list.status === 'failed') refreshList(context)
  }, READ_AGAIN_DELAY)
}

/** Watches whether the list changes, until that is asked; titles that are being written do not count. */
function watchRows({ store, titles }: ChatContext): () => boolean {
  const before = store.get().list.conversations
  return () => {
    const now = store.get().list.conversations
    return now.length !== before.length || now.some((row, at) => row !== before[at] && !titles.has(row.id))
  }
}

/** Shows the archived conversations in the list, or all others. */
export function showArchived(context: ChatContext, archived: boolean): void {
  if (context.store.get().list.archived === archived) return
  updateState(context, { list: { archived, status: 'loading', conversations: [], nextCursor: null } })
  refreshList(context)
}

/** Adds the next page of the list. */
export async function loadMore(context: ChatContext): Promise<void> {
  const { archived, nextCursor } = context.store.get().list
  if (nextCursor === null) return
  const result = await readPage(context, { archived, limit: PAGE, cursor: nextCursor })
  const { list } = context.store.get()
  if (!result.ok) return updateState(context, { notice: result.failure })
  if (list.nextCursor !== nextCursor || list.archived !== archived) return
  const known = new Set(list.conversations.map(({ id }) => id))
  const added = result.value.conversations.filter(({ id }) => !known.has(id))
  const conversations = [...list.conversations, ...added.map(read => withTitleSoFar(context, read))]
  const next = { archived, status: 'ready', conversations, nextCursor: result.value.nextCursor } as const
  updateState(context, { list: next })
}

/** Reads the assistants, unless they are known. */
export async function loadAssistants(context: ChatContext): Promise<void> {
  if (!context.store.get().assistants) await readAssistants(context)
}

/** Reads the assistants, as they greet in the language of the page. */
export async function readAssistants(context: ChatContext): Promise<void> {
  const read = ++context.assistantReads
  const call = { method: 'GET', path: '/api/chat/assistants' } as const
  const result = await callApi<AssistantListResponse>(context.browser, call)
  if (read !== context.assistantReads) return
  if (!result.ok) {
    if (!context.store.get().assistants) readAgainLater(context)
    return
  }
  const { assistants } = result.value
  const known = new Set(assistants.map(({ id }) => id))
  // One that was chosen before may be gone.
  const kept = readAssistant(context.browser)
  if (kept !== null && !known.has(kept)) writeAssistant(context.browser, null)
  const opened = context.store.get().opened.map(open => {
    return open.assistant === null || known.has(open.assistant) ? open : { ...open, assistant: null }
  })
  updateState(context, { assistants, opened })
}

/** Shows what the server said of one conversation, wherever it is shown. One of the other list leaves this one. */
export function showConversation(context: ChatContext, conversation: Conversation): void {
  const { list } = context.store.get()
  const conversations = list.conversations
    .filter(({ id }) => id !== conversation.id || conversation.archived === list.archived)
    .map(known => (known.id === conversation.id ? conversation : known))
  updateState(context, { list: { ...list, conversations } })
  refineOpened(context, [conversation])
}

/** Shows a title as far as it has come. */
export function showTitle(
  context: ChatContext,
  shown: { id: string; title: string; isFinal: boolean },
): void {
  const { list, opened, ...state } = context.store.get()
  const { title, isFinal } = shown
  const named = <Known extends Conversation | null>(known: Known): Known =>
    known?.id === shown.id ? { ...known, title, titleStatus: isFinal ? 'final' : known.titleStatus } : known
  const conversations = list.conversations.map(named)
  const next = opened.map(open => ({ ...open, conversation: named(open.conversation) }))
  context.store.set({ ...state, list: { ...list, conversations }, opened: next }, isFinal ? 'now' : 'soon')
}

function readPage(
  context: ChatContext,
  { archived, limit, cursor }: { archived: boolean; limit: number; cursor?: string },
) {
  const place = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
  const path = `/api/chat/conversations?limit=${limit}${archived ? '&archived=true' : ''}${place}`
  return callApi<ConversationListResponse>(context.browser, { method: 'GET', path })
}

/** Shows the first page that was read, and below it what was there already. */
function showList(context: ChatContext, page: ConversationListResponse, limit: number): void {
  const { list } = context.store.get()
  const read = page.conversations.map(conversation => withTitleSoFar(context, conversation))
  const below = page.nextCursor === null ? [] : rowsBelow(list.conversations, read, limit)
  const conversations = [...read, ...below]
  const nextCursor = below.length > 0 ? list.nextCursor : page.nextCursor
  updateState(context, { list: { ...list, status: 'ready', conversations, nextCursor } })
  refineOpened(context, read)
}

/** Those of the rows `shown` that follow the last one of a page read with that limit. */
function rowsBelow(
  shown: readonly Conversation[],
  read: readonly Conversation[],
  limit: number,
): Conversation[] {
  const last = shown.findIndex(({ id }) => id === read.at(-1)?.id)
  const known = new Set(read.map(({ id }) => id))
  return shown.slice(last === -1 ? limit : last + 1).filter(({ id }) => !known.has(id))
}

/** A title that is still coming is newer than the stored one. */
function withTitleSoFar(context: ChatContext, conversation: Conversation): Conversation {
  const title = context.titles.get(conversation.id)
  return title ? { ...conversation, title } : conversation
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
