import { z } from 'zod'

/** Largest request body, in bytes. */
export const MAX_BODY_BYTES = 1_048_576

const id = z.uuid()
const content = z.string().refine(text => text.trim() !== '', 'must not be empty')

export const sendRequest = z.strictObject({
  /** Absent: a new conversation. */
  conversationId: id.optional(),
  /** The client's name for this message; sending it again attaches to the same run. */
  clientMessageId: id.optional(),
  /** The message this one answers; absent: the last one of the conversation's current branch. */
  parentId: id.optional(),
  /** Assistant of a new conversation; ignored where the conversation has one. */
  assistant: z.string().min(1).max(64).optional(),
  content,
})

/** Starts another run for a stored user message: retry, regenerate, continue. */
export const createRunRequest = z.strictObject({
  userMessageId: id,
  /** The client's name for this attempt; sending it again attaches to the same run. */
  clientRunId: id.optional(),
  /** A reply to that message which broke off: the new one goes on from its text. */
  continueMessageId: id.optional(),
})

export const createConversationRequest = z.strictObject({
  assistant: z.string().min(1).max(64).optional(),
  title: z.string().trim().min(1).max(200).optional(),
})

export const updateConversationRequest = z
  .strictObject({
    title: z.string().trim().min(1).max(200).optional(),
    status: z.enum(['OPEN', 'CLOSED']).optional(),
    archived: z.boolean().optional(),
  })
  .refine(body => Object.keys(body).length > 0, 'must change something')

export const listConversationsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(30),
  cursor: z.string().min(1).max(200).optional(),
  search: z.string().trim().min(1).max(200).optional(),
  archived: z.stringbool().default(false),
})

export const idParams = z.object({ id })
export const runParams = z.object({ runId: id })

/** `after` and `Last-Event-ID`: the last `seq` the reader has applied. */
export const seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
export const eventsQuery = z.strictObject({ after: seq.optional() })

export type SendRequest = z.infer<typeof sendRequest>
export type CreateRunRequest = z.infer<typeof createRunRequest>
export type CreateConversationRequest = z.infer<typeof createConversationRequest>
export type UpdateConversationRequest = z.infer<typeof updateConversationRequest>
export type ListConversationsQuery = z.infer<typeof listConversationsQuery>
