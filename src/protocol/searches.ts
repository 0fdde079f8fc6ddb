import { looseText } from './looseText.ts'

/**
 * How far a search of the provider is:
 * - **running**: the provider searches.
 * - **completed**, **failed**: it said how the search ended.
 * - **stopped**: the run ended first.
 */
export type SearchStatus = 'running' | SearchEndStatus | 'stopped'
export type SearchEndStatus = 'completed' | 'failed'

/** What the provider looked for. All of it is untrusted. */
export interface SearchWords {
  /** What it searched the web for, or looked for in a page. Often known only at the end. */
  queries: readonly string[]
  /** The page that it opened, or looked through. */
  url?: string
  /** How many pages it found. */
  found?: number
}

/** A search that the provider makes by itself. */
export interface SearchState extends SearchWords {
  /** Names the search in its run. */
  searchId: string
  status: SearchStatus
}

export type SearchStart = { searchId: string } & SearchWords
export type SearchEnd = { searchId: string; status: SearchEndStatus } & SearchWords

/** A search after its end. What the end does not say stays. */
export function endSearch<Search extends SearchState>(
  search: Search,
  { queries, ...end }: SearchEnd,
): Search {
  return { ...search, ...end, queries: queries.length > 0 ? [...queries] : search.queries }
}

/** A search after the end of its run. */
export function closeSearch<Search extends SearchState>(search: Search): Search {
  return search.status === 'running' ? { ...search, status: 'stopped' } : search
}

const STATUSES: readonly string[] = ['running', 'completed', 'failed', 'stopped'] satisfies SearchStatus[]

/** A stored search with fields of the right types, whatever is stored. */
export function mendedSearch<Search extends SearchState>(search: Search): Search {
  const { searchId, queries, status, url, found } = search
  const isWhole =
    typeof searchId === 'string' &&
    Array.isArray(queries) &&
    queries.every(query => typeof query === 'string') &&
    STATUSES.includes(status) &&
    (url === undefined || typeof url === 'string') &&
    (found === undefined || Number.isFinite(found))
  if (isWhole) return search
  const { url: _, found: __, ...rest } = search
  return {
    ...(rest as unknown as Search),
    searchId: looseText(searchId),
    queries: (Array.isArray(queries) ? queries : []).map(looseText),
    status: STATUSES.includes(status) ? status : 'stopped',
    ...(typeof url === 'string' && { url }),
    ...(Number.isFinite(found) && { found }),
  }
}

/** What people read of a search: its words, and the page in which the provider looked. */
export function searchWords({ queries, url }: SearchWords): string[] {
  return [...queries, ...(url === undefined ? [] : [url])]
}
