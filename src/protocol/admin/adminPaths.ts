const API = '/api/admin'

/** The sections that have a page of their own below `/admin`. `/admin` is today. */
export const ADMIN_SECTIONS = [
  'people',
  'invitations',
  'groups',
  'limits',
  'assistants',
  'providers',
  'tools',
  'audit',
] as const

/** How many days an overview may have, today included. */
export const OVERVIEW_RANGES = ['1', '7', '30'] as const
export type OverviewRange = (typeof OVERVIEW_RANGES)[number]

/** Every path that the pages of administrators ask for, relative to the address at which Riacho is mounted. */
export const ADMIN_PATHS = {
  overview: (days: string) => `${API}/overview?days=${days}`,
  people: ({ cursor, email }: { cursor: string | null; email: string }) =>
    `${API}/people?limit=50${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}${
      email === '' ? '' : `&email=${encodeURIComponent(email)}`
    }`,
  account: (accountId: string) => `${API}/accounts/${encodeURIComponent(accountId)}`,
  sessionsOf: (ownerId: string) => `${API}/people/${encodeURIComponent(ownerId)}/sessions`,
  invitations: (cursor: string | null = null) =>
    `${API}/invitations${cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`}`,
  invitation: (id: string) => `${API}/invitations/${encodeURIComponent(id)}`,
  groups: `${API}/groups`,
  group: (groupId: string) => `${API}/groups/${encodeURIComponent(groupId)}`,
  limits: `${API}/limits`,
  readConversation: (id: string) => `${API}/conversations/${encodeURIComponent(id)}/read`,
  assistants: `${API}/assistants`,
  assistant: (id: string) => `${API}/assistants/${encodeURIComponent(id)}`,
  check: (id: string) => `${API}/assistants/${encodeURIComponent(id)}/check`,
  reload: `${API}/assistant-reload`,
  providers: `${API}/providers`,
  test: (id: string) => `${API}/providers/${encodeURIComponent(id)}/test`,
  toolServers: `${API}/tool-servers`,
  audit: (cursor: string | null) =>
    `${API}/audit${cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`}`,
} as const
