import { manyRunsUrl } from './manyRuns.ts'
import { PROBE_PATH } from './probe.ts'

const API = '/api/chat'

/** What a client asks of the list of conversations. */
export interface ListQuery {
  limit: number
  archived: boolean
  /** Where the page before this one ended. */
  cursor: string | null
}

export interface SearchQuery {
  query: string
  limit: number
  cursor: string | null
}

/** Every path that a client asks for, from the address at which Riacho is mounted. PROTOCOL.md describes each. */
export const PATHS = {
  send: `${API}/send`,
  runs: `${API}/runs`,
  manyRuns: manyRunsUrl,
  stop: (runId: string) => `${API}/runs/${encodeURIComponent(runId)}/stop`,
  list: ({ limit, archived, cursor }: ListQuery) =>
    `${API}/conversations?limit=${limit}${archived ? '&archived=true' : ''}${after(cursor)}`,
  conversation,
  restore: (id: string) => `${conversation(id)}/restore`,
  fork: (id: string) => `${conversation(id)}/fork`,
  title: (id: string) => `${conversation(id)}/title`,
  sharesOf: (id: string) => `${conversation(id)}/shares`,
  export: (id: string, format: 'markdown' | 'json') => `${conversation(id)}/export?format=${format}`,
  exportAll: `${API}/export`,
  shares: `${API}/shares`,
  share: (id: string) => `${API}/shares/${encodeURIComponent(id)}`,
  shared: (id: string) => `${API}/shared/${encodeURIComponent(id)}`,
  feedback: (messageId: string) => `${API}/messages/${encodeURIComponent(messageId)}/feedback`,
  search: ({ query, limit, cursor }: SearchQuery) =>
    `${API}/search?query=${encodeURIComponent(query)}&limit=${limit}${after(cursor)}`,
  owner: `${API}/owner`,
  assistants: `${API}/assistants`,
  probe: PROBE_PATH,
} as const

function conversation(id: string): string {
  return `${API}/conversations/${encodeURIComponent(id)}`
}

function after(cursor: string | null): string {
  return cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
}
