import { z } from 'zod'
import {
  type AdminAccount,
  type AdminAccountResponse,
  type AdminAssistant,
  type AdminAssistantResponse,
  type AdminAssistantsResponse,
  type AdminCheckResponse,
  type AdminConversationResponse,
  type AdminDay,
  type AdminGroup,
  type AdminGroupResponse,
  type AdminGroupsResponse,
  type AdminInvitation,
  type AdminInvitationsResponse,
  type AdminLimit,
  type AdminLimitsResponse,
  type AdminMadeInvitationResponse,
  type AdminNode,
  type AdminOverviewResponse,
  type AdminPeopleResponse,
  type AdminPerson,
  type AdminProvider,
  type AdminProvidersResponse,
  type AdminTestResponse,
  type AdminToolServer,
  type AdminToolServersResponse,
  AUDIT_ACTIONS,
  type AuditLine,
  type AuditResponse,
  type GroupLimits,
  type ProviderState,
} from '../../../protocol/admin/adminResponses.ts'
import { cost, endStatus } from './eventSchemas.ts'
import { runErrorCode } from './partSchemas.ts'
import { sharedMessage } from './responseSchemas.ts'
import { count, type Fields, oneOf, time, uuid } from './shapes.ts'

const nextCursor = z.string().nullable()
const node = z.object({
  id: z.string(),
  address: z.string().nullable(),
  version: z.string(),
  beatAgo: count,
  isThis: z.boolean(),
  activeRuns: count,
} satisfies Fields<AdminNode>)

export const adminOverviewResponse = z.object({
  runs: z.object({ completed: count, paused: count, stopped: count, failed: count, interrupted: count }),
  failures: z.array(z.object({ code: z.string(), runs: count })),
  tokens: z.object({ input: count, output: count }),
  cost,
  firstToken: z.object({ p50: count, p95: count }).nullable(),
  days: z.array(z.object({ day: z.string(), runs: count } satisfies Fields<AdminDay>)),
  active: z.object({ runs: count, readers: count }),
  nodes: z.array(node),
} satisfies Fields<AdminOverviewResponse>)

const role = oneOf<AdminAccount['role']>({ admin: 0, member: 0 })
const account = z.object({
  id: uuid,
  email: z.string(),
  name: z.string(),
  role,
  disabledAt: time.nullable(),
  groupId: uuid.nullable(),
  createdAt: time,
} satisfies Fields<AdminAccount>)

export const adminAccountResponse = z.object({ account } satisfies Fields<AdminAccountResponse>)

const person = z.object({
  ownerId: z.string(),
  kind: oneOf<AdminPerson['kind']>({ account: 0, visitor: 0, host: 0 }),
  account: account.nullable(),
  conversations: count,
  tokens: count,
  cost,
  seenAt: time.nullable(),
} satisfies Fields<AdminPerson>)

export const adminPeopleResponse = z.object({
  people: z.array(person),
  canRead: z.boolean(),
  nextCursor,
} satisfies Fields<AdminPeopleResponse>)

const invitation = z.object({
  id: uuid,
  email: z.string(),
  role,
  invitedBy: z.object({ accountId: uuid, email: z.string().nullable() }).nullable(),
  createdAt: time,
  expiresAt: time,
  usedAt: time.nullable(),
  revokedAt: time.nullable(),
} satisfies Fields<AdminInvitation>)

export const adminInvitationsResponse = z.object({
  invitations: z.array(invitation),
  nextCursor,
} satisfies Fields<AdminInvitationsResponse>)

export const adminMadeInvitationResponse = z.object({
  id: uuid,
  link: z.string(),
  expiresAt: time,
  isMailed: z.boolean(),
} satisfies Fields<AdminMadeInvitationResponse>)

const limit = z.object({
  setting: z.string(),
  bounds: oneOf<AdminLimit['bounds']>({ person: 0, visitor: 0, account: 0, admin: 0, all: 0 }),
  limit: z.number().nullable(),
  used: z.number().nullable(),
  reserved: z.number().nullable(),
  resetsAt: time.nullable(),
  currency: z.string().optional(),
} satisfies Fields<AdminLimit>)

export const adminLimitsResponse = z.object({
  limits: z.array(limit),
} satisfies Fields<AdminLimitsResponse>)

const ofGroup = z.number().nullable()
const amounts = z.object({ amount: z.number(), tokens: count })
const group = z.object({
  id: uuid,
  name: z.string(),
  members: count,
  limits: z.object({
    runsAtOnce: ofGroup,
    messagesPerDay: ofGroup,
    tokensPerDay: ofGroup,
    personBudget: ofGroup,
    personTokenBudget: ofGroup,
    budget: ofGroup,
    tokenBudget: ofGroup,
  } satisfies Fields<GroupLimits>),
  used: amounts,
  reserved: amounts,
  problems: z.array(z.string()),
} satisfies Fields<AdminGroup>)

export const adminGroupsResponse = z.object({
  groups: z.array(group),
  currency: z.string(),
  resetsAt: time,
} satisfies Fields<AdminGroupsResponse>)

export const adminGroupResponse = z.object({ group } satisfies Fields<AdminGroupResponse>)

export const adminAssistantsResponse = z.object({
  assistants: z.array(
    z.object({ id: z.string(), name: z.string(), model: z.string() } satisfies Fields<AdminAssistant>),
  ),
  isEditable: z.boolean(),
} satisfies Fields<AdminAssistantsResponse>)

export const adminAssistantResponse = z.object({
  id: z.string(),
  text: z.string(),
  version: z.string(),
} satisfies Fields<AdminAssistantResponse>)

export const adminCheckResponse = z.object({
  problems: z.array(z.string()),
} satisfies Fields<AdminCheckResponse>)

export const adminProvidersResponse = z.object({
  providers: z.array(
    z.object({
      id: z.string(),
      models: z.array(z.string()),
      lastEnd: z.object({ status: endStatus, code: z.string().nullable() }).nullable(),
    } satisfies Fields<AdminProvider>),
  ),
  states: z.array(
    z.object({
      name: z.string(),
      state: oneOf<ProviderState['state']>({ closed: 0, open: 0, 'half-open': 0 }),
      code: runErrorCode.nullable(),
      probeIn: count.nullable(),
    } satisfies Fields<ProviderState>),
  ),
} satisfies Fields<AdminProvidersResponse>)

export const adminTestResponse = z.object({
  code: runErrorCode.nullable(),
  took: count,
} satisfies Fields<AdminTestResponse>)

export const adminConversationResponse = z.object({
  id: uuid,
  ownerId: z.string(),
  email: z.string().nullable(),
  title: z.string(),
  assistant: z.string(),
  createdAt: time,
  messages: z.array(sharedMessage),
} satisfies Fields<AdminConversationResponse>)

export const auditResponse = z.object({
  lines: z.array(
    z.object({
      at: time,
      actor: z.object({ accountId: z.string(), email: z.string().nullable() }).nullable(),
      action: z.enum(AUDIT_ACTIONS),
      subject: z.string(),
      subjectEmail: z.string().nullable(),
      detail: z.string().nullable(),
    } satisfies Fields<AuditLine>),
  ),
  nextCursor,
} satisfies Fields<AuditResponse>)

export const adminToolServersResponse = z.object({
  servers: z.array(
    z.object({
      name: z.string(),
      transport: oneOf<AdminToolServer['transport']>({ http: 0, program: 0 }),
      isPersonal: z.boolean(),
      state: oneOf<AdminToolServer['state']>({ idle: 0, ready: 0, unreachable: 0, 'signed-out': 0 }),
      since: time.nullable(),
      reason: z.string().nullable(),
      tools: count,
      changed: z.array(z.string()),
    } satisfies Fields<AdminToolServer>),
  ),
} satisfies Fields<AdminToolServersResponse>)
