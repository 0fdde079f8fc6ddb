import { z } from 'zod'
import { email } from '../accountRequests.ts'
import { MAX_GROUP_NAME, MAX_LIMIT_MONEY, MAX_LIMIT_TOKENS } from '../limits.ts'
import { OVERVIEW_RANGES } from './adminPaths.ts'

/** The longest file of an assistant, in UTF-16 units. */
const MAX_ASSISTANT = 200_000

const cursor = z.string().min(1).max(200).optional()
const limit = z.coerce.number().int().min(1).max(100).default(50)
const assistantText = z.string().min(1).max(MAX_ASSISTANT)

export const overviewQuery = z.strictObject({ days: z.enum(OVERVIEW_RANGES).default('1') })
export const peopleQuery = z.strictObject({
  limit,
  cursor,
  /** The beginning of an address. Only accounts have one. */
  email: z.string().trim().toLowerCase().min(1).max(254).optional(),
})
export const auditQuery = z.strictObject({ limit, cursor })

export const invitationsQuery = z.strictObject({ limit, cursor })
export const invitationParams = z.object({ invitationId: z.uuid() })
export const makeInvitationRequest = z.strictObject({
  email,
  role: z.enum(['admin', 'member']).default('member'),
})

export const accountParams = z.object({ accountId: z.uuid() })
export const changeAccountRequest = z
  .strictObject({
    isDisabled: z.boolean().optional(),
    role: z.enum(['admin', 'member']).optional(),
    groupId: z.uuid().nullable().optional(),
  })
  .refine(body => Object.keys(body).length > 0, 'must change something')
  .meta({ minProperties: 1 })

const count = (most: number) => z.number().int().min(1).max(most).nullable().optional()
const money = z
  .number()
  .positive()
  .max(MAX_LIMIT_MONEY)
  // What a sum of the database counts.
  .multipleOf(0.000_001)
  .nullable()
  .optional()

/** `null`: the group does not set the limit. */
const groupLimits = z.strictObject({
  runsAtOnce: count(1_000_000),
  messagesPerDay: count(1_000_000_000),
  tokensPerDay: count(MAX_LIMIT_TOKENS),
  personBudget: money,
  personTokenBudget: count(MAX_LIMIT_TOKENS),
  budget: money,
  tokenBudget: count(MAX_LIMIT_TOKENS),
})
const groupName = z.string().trim().min(1).max(MAX_GROUP_NAME)

export const groupParams = z.object({ groupId: z.uuid() })
export const makeGroupRequest = z.strictObject({ name: groupName, limits: groupLimits.default({}) })
/** Limits that are absent stay as they are. */
export const changeGroupRequest = z
  .strictObject({ name: groupName.optional(), limits: groupLimits.optional() })
  .refine(body => Object.keys(body).length > 0, 'must change something')
  .meta({ minProperties: 1 })

/** An owner is a UUID, or a person whom a host vouches for. */
export const ownerParams = z.object({ ownerId: z.string().min(1).max(300) })

export const adminConversationParams = z.object({ conversationId: z.uuid() })

export const assistantParams = z.object({ assistantId: z.string().regex(/^[a-z\d-]{1,64}$/) })
export const checkAssistantRequest = z.strictObject({ text: assistantText })
/** `version`: of the text that was read. Absent: the file is new. */
export const saveAssistantRequest = z.strictObject({
  text: assistantText,
  version: z.string().min(1).max(64).optional(),
})

export const providerParams = z.object({ providerId: z.string().min(1).max(64) })
/** `model`: one of those that the assistants have. */
export const testProviderRequest = z.strictObject({ model: z.string().min(1).max(200) })

export type PeopleQuery = z.infer<typeof peopleQuery>
export type InvitationsQuery = z.infer<typeof invitationsQuery>
export type MakeInvitationRequest = z.infer<typeof makeInvitationRequest>
export type AuditQuery = z.infer<typeof auditQuery>
export type ChangeAccountRequest = z.infer<typeof changeAccountRequest>
export type MakeGroupRequest = z.infer<typeof makeGroupRequest>
export type ChangeGroupRequest = z.infer<typeof changeGroupRequest>
export type SaveAssistantRequest = z.infer<typeof saveAssistantRequest>
