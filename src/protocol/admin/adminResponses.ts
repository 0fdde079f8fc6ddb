import type { RunErrorCode } from '../errors.ts'
import type { Cost, EndStatus } from '../events.ts'
import type { SharedMessage } from '../responses.ts'

/** What administrators can do that is written down. */
export const AUDIT_ACTIONS = [
  'account-invite',
  'account-reset',
  'account-disable',
  'account-enable',
  'account-role',
  'sessions-revoke',
  'assistant-save',
  'assistants-reload',
  'account-group',
  'issuer-role',
  'issuer-group',
  'group-make',
  'group-change',
  'group-delete',
  'conversation-read',
  'account-first-admin',
  'account-join',
  'invitation-revoke',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** Runs that ended on one day, in UTC. */
export interface AdminDay {
  /** As `2026-11-29`. */
  day: string
  runs: number
}

/** A server process. */
export interface AdminNode {
  id: string
  /** Where other nodes reach it. */
  address: string | null
  version: string
  /** How long ago the node that answers saw a beat of it, in milliseconds. */
  beatAgo: number
  /** Whether it is the node that answers. */
  isThis: boolean
  activeRuns: number
}

export interface AdminOverviewResponse {
  /** The runs that ended, by how they ended. */
  runs: Record<EndStatus, number>
  /** The codes of runs that failed, the most frequent first. What a restart interrupted is not among them. */
  failures: { code: string; runs: number }[]
  tokens: { input: number; output: number }
  cost: Cost
  /** From the start of a run to its first text, in milliseconds, within 5 %. `null` if no run wrote a text. */
  firstToken: { p50: number; p95: number } | null
  /** Every day of the range, oldest first. */
  days: AdminDay[]
  /** Of the node that answers. */
  active: { runs: number; readers: number }
  /** Empty where there is one process alone. */
  nodes: AdminNode[]
}

/** The account of an owner, as administrators see it. */
export interface AdminAccount {
  id: string
  email: string
  name: string
  role: 'admin' | 'member'
  disabledAt: number | null
  /** `null`: the account is in no group. */
  groupId: string | null
  createdAt: number
}

export interface AdminPerson {
  ownerId: string
  kind: 'account' | 'visitor' | 'host'
  account: AdminAccount | null
  /** How many conversations the owner has. 1,000 stands for that many or more. */
  conversations: number
  /** In this month. */
  tokens: number
  /** In this month. */
  cost: Cost
  /** `null` for a person of a host, and for whoever has no session any more. */
  seenAt: number | null
}

export interface AdminPeopleResponse {
  people: AdminPerson[]
  /** Whether administrators can read conversations here. */
  canRead: boolean
  nextCursor: string | null
}

export interface AdminAccountResponse {
  account: AdminAccount
}

/** A link that makes an account for somebody. */
export interface AdminInvitation {
  /** Names it, and proves nothing. */
  id: string
  email: string
  role: 'admin' | 'member'
  /** `null`: the operator, by a command. `email` is `null` once the account is erased. */
  invitedBy: { accountId: string; email: string | null } | null
  createdAt: number
  expiresAt: number
  /** `null`: nobody has used it. */
  usedAt: number | null
  revokedAt: number | null
}

export interface AdminInvitationsResponse {
  /** The last one first. Those that ended a week ago are no longer there. */
  invitations: AdminInvitation[]
  nextCursor: string | null
}

export interface AdminMadeInvitationResponse {
  id: string
  /** The path of the page, with the token after `#`. It is told this once. */
  link: string
  expiresAt: number
  /** Whether it is mailed too. */
  isMailed: boolean
}

export interface AdminLimit {
  /** The setting that sets it. */
  setting: string
  /** Whom it bounds: each owner, each owner of a role, or all owners together. */
  bounds: 'person' | 'visitor' | 'account' | 'admin' | 'all'
  /** `null`: the role has none, where others have one. */
  limit: number | null
  /** `null` where it bounds each owner. */
  used: number | null
  /** What active runs may use besides. */
  reserved: number | null
  resetsAt: number | null
  /** Of a limit in money. */
  currency?: string
}

export interface AdminLimitsResponse {
  limits: AdminLimit[]
}

/** `null`: the group does not set it. Then the limit of the role counts. */
export interface GroupLimits {
  /** Of each person: runs at once, runs and tokens in a day, money and tokens in a month. */
  runsAtOnce: number | null
  messagesPerDay: number | null
  tokensPerDay: number | null
  personBudget: number | null
  personTokenBudget: number | null
  /** Of all its people together in a month. */
  budget: number | null
  tokenBudget: number | null
}

/** Accounts that have limits of their own, and a budget together. */
export interface AdminGroup {
  id: string
  name: string
  /** How many accounts are in it. */
  members: number
  limits: GroupLimits
  /** In this month. It is counted while the group has a budget. */
  used: { amount: number; tokens: number }
  /** What active runs may use besides. */
  reserved: { amount: number; tokens: number }
  /** Why its budget cannot be kept, as `budget: needs a price of each model; …`. */
  problems: string[]
}

export interface AdminGroupsResponse {
  /** In the order of names. */
  groups: AdminGroup[]
  /** Of the budgets in money. */
  currency: string
  /** When what is used begins anew. */
  resetsAt: number
}

export interface AdminGroupResponse {
  group: AdminGroup
}

export interface AdminAssistant {
  id: string
  /** In the language of the request. */
  name: string
  model: string
}

export interface AdminAssistantsResponse {
  /** The first one is the default. */
  assistants: AdminAssistant[]
  /** False where no folder of files has them. */
  isEditable: boolean
}

export interface AdminAssistantResponse {
  id: string
  /** The file. */
  text: string
  /** Tells this text from another one. */
  version: string
}

/** What is wrong with a text, each with its line, as `3: model: expected the name of a model`. */
export interface AdminCheckResponse {
  problems: string[]
}

export interface AdminProvider {
  id: string
  /** The models of the assistants. */
  models: string[]
  /** How the last run of this node ended. `null`: none has. */
  lastEnd: { status: EndStatus; code: string | null } | null
}

/** Whether a provider is asked by the node that answers. Each node finds out for itself. */
export interface ProviderState {
  name: string
  /** `closed`: it is asked. `open`: it is not. `half-open`: one request finds out whether it answers again. */
  state: 'closed' | 'open' | 'half-open'
  /** Why its last request failed. `null` if it is asked. */
  code: RunErrorCode | null
  /** While it is open: when a request tries it again, in milliseconds from now. */
  probeIn: number | null
}

export interface AdminProvidersResponse {
  providers: AdminProvider[]
  /** In the order in which they are asked. Empty for the built-in guide, and for a provider of a host. */
  states: ProviderState[]
}

/** A server of tools, as the node that answers sees it. */
export interface AdminToolServer {
  /** The name that the operator gave it. */
  name: string
  /** `program`: Riacho starts it. */
  transport: 'http' | 'program'
  /** Whether each person signs in there. Then the rest is about the connection that was used last. */
  isPersonal: boolean
  /** `idle`: nobody has needed it yet. `signed-out`: the person has to sign in first. */
  state: 'idle' | 'ready' | 'unreachable' | 'signed-out'
  /** Since when it is so. */
  since: number | null
  /** Why it cannot be reached. */
  reason: string | null
  tools: number
  /** Tools whose definitions have changed since this process first read them. They ask again. */
  changed: string[]
}

export interface AdminToolServersResponse {
  /** In the order of the operator. */
  servers: AdminToolServer[]
}

export interface AdminTestResponse {
  /** `null`: the provider began a reply. Otherwise the code of a run that fails like this. */
  code: RunErrorCode | null
  /** Until its first text, or until it failed, in milliseconds. */
  took: number
}

/** The open branch of somebody's conversation. The shape of its messages is that of a share. */
export interface AdminConversationResponse {
  id: string
  ownerId: string
  /** The address of the owner's account. */
  email: string | null
  title: string
  assistant: string
  createdAt: number
  messages: SharedMessage[]
}

export interface AuditLine {
  at: number
  /** `null`: the operator, by a command, or an issuer at a sign-in. `email` is `null` once the account is erased. */
  actor: { accountId: string; email: string | null } | null
  action: AuditAction
  /** On whom, or on what: the id of an owner, of an invitation, of an assistant, or the name of a group. */
  subject: string
  /** The address of that owner, if there is still an account, or of that invitation, while it is kept. */
  subjectEmail: string | null
  detail: string | null
}

export interface AuditResponse {
  lines: AuditLine[]
  nextCursor: string | null
}
