import { PATHS } from '../../../protocol/paths.ts'
import type {
  AssistantListResponse,
  Conversation,
  ConversationListResponse,
} from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateState } from '../chatContext.ts'
import { readChosenAssistant, saveChosenAssistant } from '../composing/savedDrafts.ts'

const PAGE = 30
const LARGEST_PAGE = 100
/** Milliseconds between tries to read the list or the assistants. */
const READ_AGAIN_DELAY = 3_000

/**
 * Reads the list again from its start, as far as it is shown. If a refresh is under way, one more runs after it, and the
 * promise resolves when both have ended.
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
    // A conversation was deleted or renamed since the request, and the answer may be older than that: read again.
    if (isTouched()) listRefresh.again = true
    else if (result.ok) showList(context, result.value, limit)
    else if (list.status !== 'ready') {
      updateState(context, { list: { ...list, status: 'failed' } })
      readAgainLater(context)
    }
  } while (listRefresh.again)
  listRefresh.reading = null
}

/** Reads the list and the assistants again, whichever are missing. A server that restarts gives neither for a while. */
function readAgainLater(context: ChatContext): void {
  const { store, browser } = context
  if (!context.cancelReadAgain) return
  context.cancelReadAgain()
  context.cancelReadAgain = browser.timers.set(() => {
    loadAssistants(context)
    if (store.get().list.status === 'failed') refreshList(context)
  }, READ_AGAIN_DELAY)
}

/** Gives a function that says whether the list has changed since. Titles that are being written do not count. */
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

/** Reads the assistants if they are not known yet. */
export async function loadAssistants(context: ChatContext): Promise<void> {
  if (!context.store.get().assistants) await readAssistants(context)
}

/** Reads the assistants, with their greetings in the language of the page. */
export async function readAssistants(context: ChatContext): Promise<void> {
  const read = ++context.assistantReads
  const call = { method: 'GET', path: PATHS.assistants } as const
  const result = await callApi<AssistantListResponse>(context.browser, call)
  if (read !== context.assistantReads) return
  if (!result.ok) {
    if (!context.store.get().assistants) readAgainLater(context)
    return
  }
  const { assistants, sharing } = result.value
  const known = new Set(assistants.map(({ id }) => id))
  // The chosen assistant may be gone from the server's settings.
  const kept = readChosenAssistant(context.browser)
  if (kept !== null && !known.has(kept)) saveChosenAssistant(context.browser, null)
  const opened = context.store.get().opened.map(open => {
    return open.assistant === null || known.has(open.assistant) ? open : { ...open, assistant: null }
  })
  updateState(context, { assistants, sharing, opened })
}

/**
 * Shows how the server has one conversation now, in the list and where it is open. If it was archived or taken out of the
 * archive, it leaves the list that is shown.
 */
export function showChangedConversation(context: ChatContext, conversation: Conversation): void {
  const { list } = context.store.get()
  const conversations = list.conversations
    .filter(({ id }) => id !== conversation.id || conversation.archived === list.archived)
    .map(known => (known.id === conversation.id ? conversation : known))
  updateState(context, { list: { ...list, conversations } })
  updateOpened(context, [conversation])
}

/** Shows a title of a conversation: the stored one (`isFinal`), or one as far as it is written. */
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
  { archived, limit, cursor = null }: { archived: boolean; limit: number; cursor?: string | null },
) {
  const path = PATHS.list({ archived, limit, cursor })
  return callApi<ConversationListResponse>(context.browser, { method: 'GET', path })
}

/** Shows the page that was read, and below it the rows that were there already. */
function showList(context: ChatContext, page: ConversationListResponse, limit: number): void {
  const { list } = context.store.get()
  const read = page.conversations.map(conversation => withTitleSoFar(context, conversation))
  const below = page.nextCursor === null ? [] : rowsBelow(list.conversations, read, limit)
  const conversations = [...read, ...below]
  const nextCursor = below.length > 0 ? list.nextCursor : page.nextCursor
  updateState(context, { list: { ...list, status: 'ready', conversations, nextCursor } })
  updateOpened(context, read)
}

/** The rows of `shown` that follow the last one of the page `read`. */
function rowsBelow(
  shown: readonly Conversation[],
  read: readonly Conversation[],
  limit: number,
): Conversation[] {
  const last = shown.findIndex(({ id }) => id === read.at(-1)?.id)
  const known = new Set(read.map(({ id }) => id))
  return shown.slice(last === -1 ? limit : last + 1).filter(({ id }) => !known.has(id))
}

/** A conversation with the title that is being written for it, because that is newer than the stored one. */
function withTitleSoFar(context: ChatContext, conversation: Conversation): Conversation {
  const title = context.titles.get(conversation.id)
  return title ? { ...conversation, title } : conversation
}

/** Takes titles and states from the list to open conversations. Not the head, because this tab may not have its message. */
function updateOpened(context: ChatContext, conversations: readonly Conversation[]): void {
  const listed = new Map(conversations.map(conversation => [conversation.id, conversation]))
  const opened = context.store.get().opened.map(open => {
    const conversation = open.conversation && listed.get(open.conversation.id)
    if (!open.conversation || !conversation) return open
    return { ...open, conversation: { ...conversation, headMessageId: open.conversation.headMessageId } }
  })
  updateState(context, { opened })
}
