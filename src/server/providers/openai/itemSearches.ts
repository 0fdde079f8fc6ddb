import type { SearchWords } from '../../../protocol/searches.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import { type ItemPlace, keyOf } from './itemPlace.ts'
import { fieldsOf, type Push } from './replyReader.ts'

interface Item {
  type: unknown
  id: unknown
  status: unknown
  action: unknown
}

interface Action {
  query: unknown
  queries: unknown
  pattern: unknown
  url: unknown
  sources: unknown
}

/** The most that is told of one search: queries, and characters of each. */
const MOST_QUERIES = 20
const LONGEST_QUERY = 500
const LONGEST_URL = 2000
/** The most searches of one reply. More are not told. */
const MOST_SEARCHES = 100
const GOOD_ID = /^[\w.:-]{1,128}$/

/** The searches of a response that its provider makes by itself. */
export interface ItemSearches {
  /** An item begins. */
  begin(item: unknown, place?: ItemPlace): void
  /** An item is whole. Tells of the search whatever was not told. */
  end(item: unknown, place?: ItemPlace): void
  /** Takes what another reader has read of the whole response. A search that was not told is told only if none was. */
  add(chunk: SearchChunk): void
}

/** By id: whether the end of the search was told. */
export type KnownSearches = Map<string, boolean>

type SearchChunk = Extract<ProviderChunk, { type: 'search-start' | 'search-end' }>

export function isOfSearch(chunk: ProviderChunk): chunk is SearchChunk {
  return chunk.type === 'search-start' || chunk.type === 'search-end'
}

export function isSearch(item: unknown): boolean {
  return fieldsOf<Item>(item).type === 'web_search_call'
}

/** `known` holds the searches that were told already. */
export function createItemSearches(push: Push, known: KnownSearches = new Map()): ItemSearches {
  /** Where ids change with each event, those of the whole response are others. */
  let isTold = known.size > 0
  const places: { key: unknown; searchId: string }[] = []

  /** The id by which an item was told, or is to be told. Some servers give an item another id with each event. */
  function idOf({ id }: { id?: unknown }, place: ItemPlace): string {
    const key = keyOf(place)
    const found = key === undefined ? undefined : places.find(each => each.key === key)
    const given = typeof id === 'string' && GOOD_ID.test(id) ? id : `search_${known.size + 1}`
    const searchId = found?.searchId ?? given
    if (!found && key !== undefined) places.push({ key, searchId })
    return searchId
  }

  /** Tells that a search has begun, unless that was told, or too many were. */
  function start(item: Partial<Item>, searchId: string): void {
    if (known.has(searchId) || known.size >= MOST_SEARCHES) return
    known.set(searchId, false)
    isTold = true
    push({ type: 'search-start', searchId, ...wordsOf(item.action) })
  }

  return {
    begin(value, place = {}) {
      if (!isSearch(value)) return
      const item = fieldsOf<Item>(value)
      start(item, idOf(item, place))
    },
    end(value, place = {}) {
      if (!isSearch(value)) return
      const item = fieldsOf<Item>(value)
      // Once, because an item without a good id gets one that counts those before it.
      const searchId = idOf(item, place)
      start(item, searchId)
      if (known.get(searchId) !== false) return
      known.set(searchId, true)
      const status = item.status === 'failed' || item.status === 'incomplete' ? 'failed' : 'completed'
      push({ type: 'search-end', searchId, status, ...wordsOf(item.action) })
    },
    add(chunk) {
      const ended = known.get(chunk.searchId)
      const isNews = chunk.type === 'search-start' ? ended === undefined && !isTold : ended === false
      if (!isNews) return
      known.set(chunk.searchId, chunk.type === 'search-end')
      push(chunk)
    },
  }
}

function wordsOf(value: unknown): SearchWords {
  const { query, queries, pattern, url, sources } = fieldsOf<Action>(value)
  const all = Array.isArray(queries) && queries.length > 0 ? queries : [query, pattern]
  const told = all.filter(each => typeof each === 'string' && each.trim() !== '') as string[]
  return {
    queries: [...new Set(told.map(each => cut(each, LONGEST_QUERY)))].slice(0, MOST_QUERIES),
    ...(typeof url === 'string' && url !== '' && url.length <= LONGEST_URL && { url }),
    ...(Array.isArray(sources) && { found: sources.length }),
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}…`
}
