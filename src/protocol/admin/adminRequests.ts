import { z } from 'zod'
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

export const accountParams = z.object({ accountId: z.uuid() })
export const changeAccountRequest = z
  .strictObject({ isDisabled: z.boolean().optional(), role: z.enum(['admin', 'member']).optional() })
  .refine(body => Object.keys(body).length > 0, 'must change something')
  .meta({ minProperties: 1 })

/** An owner is a UUID, or a person whom a host vouches for. */
export const ownerParams = z.object({ ownerId: z.string().min(1).max(300) })

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
export type AuditQuery = z.infer<typeof auditQuery>
export type ChangeAccountRequest = z.infer<typeof changeAccountRequest>
export type SaveAssistantRequest = z.infer<typeof saveAssistantRequest>
