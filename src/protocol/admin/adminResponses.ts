import type { RunErrorCode } from '../errors.ts'
import type { Cost, EndStatus } from '../events.ts'

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
  /** The codes of runs that failed or were interrupted, the most frequent first. */
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
  nextCursor: string | null
}

export interface AdminAccountResponse {
  account: AdminAccount
}

export interface AdminLimit {
  /** The setting that sets it. */
  setting: string
  /** Whom it bounds: each owner, or all owners together. */
  bounds: 'person' | 'all'
  limit: number
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

export interface AdminProvidersResponse {
  providers: AdminProvider[]
}

export interface AdminTestResponse {
  /** `null`: the provider began a reply. Otherwise the code of a run that fails like this. */
  code: RunErrorCode | null
  /** Until its first text, or until it failed, in milliseconds. */
  took: number
}

export interface AuditLine {
  at: number
  /** `null`: the operator, by a command. `email` is `null` once the account is erased. */
  actor: { accountId: string; email: string | null } | null
  action: AuditAction
  /** On whom, or on what: the id of an owner, or the id of an assistant. Empty for an invitation. */
  subject: string
  /** The address of that owner, if there is still an account. */
  subjectEmail: string | null
  detail: string | null
}

export interface AuditResponse {
  lines: AuditLine[]
  nextCursor: string | null
}
