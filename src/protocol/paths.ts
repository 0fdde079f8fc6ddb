const API = '/api/chat'

interface PageQuery {
  limit: number
  /** Where the page before this one ended; `null` asks for the first page. */
  cursor: string | null
}

/**
 * Every path that a client asks for, relative to the address at which Riacho is mounted. PROTOCOL.md describes each.
 */
export const PATHS = {
  send: `${API}/send`,
  runs: `${API}/runs`,
  events: (runId: string, after: number) => item('runs', runId, `/events?after=${after}`),
  stop: (runId: string) => item('runs', runId, '/stop'),
  decisions: (runId: string) => item('runs', runId, '/decisions'),
  answers: (runId: string) => item('runs', runId, '/answers'),
  toolSignIn: (runId: string, questionId: string) =>
    item('runs', runId, `/questions/${encodeURIComponent(questionId)}/sign-in`),
  toolServers: `${API}/tool-servers`,
  toolServerSignIn: (name: string) => item('tool-servers', name, '/sign-in'),
  manyRuns: `${API}/events`,
  list: (query: PageQuery & { archived: boolean }) =>
    `${API}/conversations?${pageOf(query)}${query.archived ? '&archived=true' : ''}`,
  conversation: (id: string) => item('conversations', id),
  restore: (id: string) => item('conversations', id, '/restore'),
  fork: (id: string) => item('conversations', id, '/fork'),
  readNotice: (id: string, at: number) => item('conversations', id, `/read-notice?at=${at}`),
  title: (id: string) => item('conversations', id, '/title'),
  sharesOf: (id: string) => item('conversations', id, '/shares'),
  export: (id: string, format: 'markdown' | 'zip' | 'json') =>
    item('conversations', id, `/export?format=${format}`),
  exportAll: `${API}/export`,
  shares: `${API}/shares`,
  share: (id: string) => item('shares', id),
  shared: (id: string) => item('shared', id),
  sharedFile: (id: string, fileId: string) => item('shared', id, `/files/${encodeURIComponent(fileId)}`),
  files: `${API}/files`,
  file: (fileId: string) => item('files', fileId),
  fileDetails: (fileId: string) => item('files', fileId, '/details'),
  passage: (fileId: string, place: number) => item('files', fileId, `/passages/${place}`),
  feedback: (messageId: string) => item('messages', messageId, '/feedback'),
  search: (query: PageQuery & { query: string }) =>
    `${API}/search?query=${encodeURIComponent(query.query)}&${pageOf(query)}`,
  sessions: `${API}/sessions`,
  keys: `${API}/keys`,
  key: (id: string) => item('keys', id),
  session: (id: string) => item('sessions', id),
  owner: `${API}/owner`,
  assistants: `${API}/assistants`,
  limits: `${API}/limits`,
  retention: `${API}/retention`,
  probe: `${API}/probe`,
} as const

/** The address of one version of a picture of a reply, so that no cache shows a preview in its place. */
export function ofVersion(url: string, version = 0): string {
  return version === 0 ? url : `${url}?v=${version}`
}

function item(kind: string, id: string, rest = ''): string {
  return `${API}/${kind}/${encodeURIComponent(id)}${rest}`
}

function pageOf({ limit, cursor }: PageQuery): string {
  return `limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
}
