import { PATHS } from '../../../protocol/paths.ts'
import type { Conversation, SearchHit, SearchResponse } from '../../../protocol/responses.ts'
import { type ApiResult, callApi, type Failure } from '../../api.ts'
import type { Browser } from '../../browser.ts'
import { createStore, type Store } from '../store.ts'

/** Milliseconds after the last key press before the server is asked. */
const PAUSE = 200
const PAGE = 20
const LARGEST_PAGE = 50

export interface SearchState {
  query: string
  /** While `searching`, the hits of the query before may still be shown. */
  status: 'idle' | 'searching' | 'ready' | 'failed'
  failure: Failure | null
  /** The conversations whose titles match. */
  conversations: readonly Conversation[]
  hits: readonly SearchHit[]
  nextCursor: string | null
  isLoadingMore: boolean
}

/** A search through all messages and titles. The newest query wins, in whatever order the answers come. */
export interface Search {
  getState(): SearchState
  subscribe(listener: () => void): () => void
  /** Searches for `query` after a short pause; a blank one ends the search. */
  ask(query: string): void
  /** Searches for the same query again, at once. */
  again(): void
  /** Reads again what is shown, because something of it may have changed. The page shows nothing of it until then. */
  refresh(): void
  more(): void
  stop(): void
}

/** The hits of one conversation, in the order in which they came. */
export interface HitGroup {
  conversationId: string
  title: string
  archived: boolean
  hits: SearchHit[]
}

const IDLE: SearchState = {
  query: '',
  status: 'idle',
  failure: null,
  conversations: [],
  hits: [],
  nextCursor: null,
  isLoadingMore: false,
}

type SearchBrowser = Pick<Browser, 'fetch' | 'timers' | 'nextFrame'>

interface RunningSearch {
  browser: SearchBrowser
  store: Store<SearchState>
  /** Cancels the request that is under way or about to be made. There is one at most. */
  cancel: () => void
  /** The results on the screen have to be read again. */
  isStale: boolean
}

export function createSearch(browser: SearchBrowser): Search {
  const store = createStore(IDLE, browser.nextFrame)
  const search: RunningSearch = { browser, store, cancel: () => {}, isStale: false }
  return {
    getState: store.get,
    subscribe: store.subscribe,
    ask: query => {
      if (query !== store.get().query) ask(search, query)
    },
    again: () => ask(search, store.get().query, 0),
    refresh: () => refresh(search),
    more: () => readMore(search),
    stop: () => {
      search.cancel()
      store.set(IDLE)
    },
  }
}

function update({ store }: RunningSearch, change: Partial<SearchState>): void {
  store.set({ ...store.get(), ...change })
}

function ask(search: RunningSearch, query: string, pause = PAUSE) {
  search.cancel()
  if (query.trim() === '') return search.store.set(IDLE)
  update(search, { query, status: 'searching', isLoadingMore: false })
  search.cancel = search.browser.timers.set(() => void readFirst(search), pause)
}

async function readFirst(search: RunningSearch): Promise<void> {
  const { query } = search.store.get()
  const result = await readPage(search, { query })
  if (!result) return
  search.isStale = false
  if (result.ok) update(search, { ...result.value, status: 'ready', failure: null })
  else {
    const { failure } = result
    update(search, { status: 'failed', failure, conversations: [], hits: [], nextCursor: null })
  }
}

function refresh(search: RunningSearch): void {
  const { query, status, isLoadingMore } = search.store.get()
  if (status === 'searching') ask(search, query)
  if (status !== 'ready') return
  search.isStale = true
  if (isLoadingMore) return
  search.cancel()
  search.cancel = search.browser.timers.set(() => void readAllAgain(search), PAUSE)
}

/** Reads all pages that are shown, because any hit may be gone. */
async function readAllAgain(search: RunningSearch): Promise<void> {
  const { query, hits: shown } = search.store.get()
  const wanted = Math.max(PAGE, shown.length)
  const hits: SearchHit[] = []
  const conversations: Conversation[] = []
  let nextCursor: string | null = null
  do {
    const limit = Math.min(LARGEST_PAGE, wanted - hits.length)
    const result = await readPage(search, { query, cursor: nextCursor, limit })
    if (!result?.ok) return
    hits.push(...result.value.hits)
    conversations.push(...result.value.conversations)
    nextCursor = result.value.nextCursor
  } while (nextCursor !== null && hits.length < wanted)
  search.isStale = false
  update(search, { conversations, hits, nextCursor, failure: null })
}

async function readMore(search: RunningSearch): Promise<void> {
  const { query, status, nextCursor, isLoadingMore, hits } = search.store.get()
  if (status !== 'ready' || nextCursor === null || isLoadingMore) return
  search.cancel()
  update(search, { isLoadingMore: true })
  const result = await readPage(search, { query, cursor: nextCursor })
  if (!result) return
  if (result.ok) {
    update(search, { hits: [...hits, ...result.value.hits], nextCursor: result.value.nextCursor })
  }
  update(search, { isLoadingMore: false, failure: result.ok ? null : result.failure })
  if (search.isStale) refresh(search)
}

/** Gives `undefined` if something else was asked for since. */
async function readPage(
  search: RunningSearch,
  { query, cursor = null, limit = PAGE }: { query: string; cursor?: string | null; limit?: number },
): Promise<ApiResult<SearchResponse> | undefined> {
  const controller = new AbortController()
  const { signal } = controller
  search.cancel = () => controller.abort()
  const path = PATHS.search({ query: query.trim(), limit, cursor })
  const result = await callApi<SearchResponse>(search.browser, { method: 'GET', path, signal })
  return signal.aborted ? undefined : result
}

/** Groups hits by conversation. Each group stands where its first hit came. */
export function groupHits(hits: readonly SearchHit[]): HitGroup[] {
  const groups = new Map<string, HitGroup>()
  for (const hit of hits) {
    const { conversationId, title, archived } = hit
    const group = groups.get(conversationId)
    if (group) group.hits.push(hit)
    else groups.set(conversationId, { conversationId, title, archived, hits: [hit] })
  }
  return [...groups.values()]
}
