import type { Conversation, SearchHit, SearchResponse } from '../../../protocol/responses.ts'
import type { Browser } from '../../browser.ts'
import { callApi, type Failure } from '../api.ts'
import { createStore } from '../store.ts'

/** Milliseconds without a key press before the server is asked. */
const PAUSE = 200
const PAGE = 20
const LARGEST_PAGE = 50

export interface SearchState {
  query: string
  /** `searching` also while the hits of an earlier query are still shown. */
  status: 'idle' | 'searching' | 'ready' | 'failed'
  failure: Failure | null
  /** Those whose titles match. */
  conversations: readonly Conversation[]
  hits: readonly SearchHit[]
  nextCursor: string | null
  isLoadingMore: boolean
}

/** A search through every message and title. The newest query wins, in whatever order the answers come. */
export interface Search {
  getState(): SearchState
  subscribe(listener: () => void): () => void
  /** Looks for `query` after a short pause; a blank one ends the search. */
  ask(query: string): void
  /** Asks again at once. */
  again(): void
  /** Reads again what is shown, in silence: something of it may have changed. */
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

export function createSearch(browser: Pick<Browser, 'fetch' | 'timers' | 'nextFrame'>): Search {
  const store = createStore(IDLE, browser.nextFrame)
  let cancel = () => {}
  /** What is shown is to be read again. */
  let isStale = false

  function set(change: Partial<SearchState>) {
    store.set({ ...store.get(), ...change })
  }

  function ask(query: string, pause = PAUSE) {
    cancel()
    if (query.trim() === '') return store.set(IDLE)
    set({ query, status: 'searching', isLoadingMore: false })
    cancel = browser.timers.set(() => void run(), pause)
  }

  async function run() {
    const { query } = store.get()
    const result = await read(query, null)
    if (!result) return
    isStale = false
    if (result.ok) set({ ...result.value, status: 'ready', failure: null })
    else set({ status: 'failed', failure: result.failure, conversations: [], hits: [], nextCursor: null })
  }

  function refresh() {
    const { query, status, isLoadingMore } = store.get()
    if (status === 'searching') ask(query)
    if (status !== 'ready') return
    isStale = true
    if (isLoadingMore) return
    cancel()
    cancel = browser.timers.set(() => void reread(), PAUSE)
  }

  /** All of it, page by page: any hit may be gone. */
  async function reread() {
    const { query, hits: shown } = store.get()
    const wanted = Math.max(PAGE, shown.length)
    const hits: SearchHit[] = []
    const conversations: Conversation[] = []
    let nextCursor: string | null = null
    do {
      const result = await read(query, nextCursor, Math.min(LARGEST_PAGE, wanted - hits.length))
      if (!result?.ok) return
      hits.push(...result.value.hits)
      conversations.push(...result.value.conversations)
      nextCursor = result.value.nextCursor
    } while (nextCursor !== null && hits.length < wanted)
    isStale = false
    set({ conversations, hits, nextCursor, failure: null })
  }

  async function more() {
    const { query, status, nextCursor, isLoadingMore, hits } = store.get()
    if (status !== 'ready' || nextCursor === null || isLoadingMore) return
    cancel()
    set({ isLoadingMore: true })
    const result = await read(query, nextCursor)
    if (!result) return
    if (result.ok) set({ hits: [...hits, ...result.value.hits], nextCursor: result.value.nextCursor })
    set({ isLoadingMore: false, failure: result.ok ? null : result.failure })
    if (isStale) refresh()
  }

  /** `undefined` when something else has been asked for since. */
  async function read(query: string, cursor: string | null, limit = PAGE) {
    const controller = new AbortController()
    const { signal } = controller
    cancel = () => controller.abort()
    const place = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const path = `/api/chat/search?query=${encodeURIComponent(query.trim())}&limit=${limit}${place}`
    const result = await callApi<SearchResponse>(browser, { method: 'GET', path, signal })
    return signal.aborted ? undefined : result
  }

  return {
    getState: store.get,
    subscribe: store.subscribe,
    ask: query => {
      if (query !== store.get().query) ask(query)
    },
    again: () => ask(store.get().query, 0),
    refresh,
    more,
    stop: () => {
      cancel()
      store.set(IDLE)
    },
  }
}

/** The hits by conversation: each one where its first hit stands. */
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
