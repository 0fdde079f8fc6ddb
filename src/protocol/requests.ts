import { z } from 'zod'
import { KEY_SCOPES, MAX_KEY_NAME } from './keys.ts'
import {
  MAX_ANSWERS,
  MAX_ATTACHMENT_NAME,
  MAX_ATTACHMENTS,
  MAX_DECISIONS,
  MAX_FIELD_NAME,
  MAX_FIELD_OPTIONS,
  MAX_FIELD_TEXT,
  MAX_FIELDS,
  MAX_RETENTION_DAYS,
} from './limits.ts'
import { MAX_RUNS } from './manyRuns.ts'
import { QUESTION_ACTIONS } from './questions.ts'

const id = z.uuid()
const notBlank = (text: string) => text.trim() !== ''
/** How JSON Schema says `notBlank`. */
const NOT_BLANK = { pattern: '\\S' }

/** Bounds a text by UTF-16 units, as pages do. `max` of `zod` and `maxLength` of JSON Schema count characters. */
function bounded(schema: z.ZodString, max: number, others: { pattern?: string } = {}) {
  const tooLong = `must have at most ${max} UTF-16 units`
  return schema
    .refine(text => text.length <= max, tooLong)
    .meta({ maxLength: max, description: `At most ${max} UTF-16 units.`, ...others })
}

/** A text of one unit or more, besides the blanks around it. */
const trimmed = (max: number) => bounded(z.string().trim().min(1), max, NOT_BLANK)

const attachment = z.strictObject({
  name: trimmed(MAX_ATTACHMENT_NAME),
  text: z.string().refine(notBlank, 'must not be empty').meta(NOT_BLANK),
})

const attachedFile = z.strictObject({ fileId: id })

const attachments = z
  .array(z.union([attachment, attachedFile]))
  .min(1)
  .max(MAX_ATTACHMENTS)
  .refine(each => {
    const fileIds = each.flatMap(one => ('fileId' in one ? one.fileId : []))
    return new Set(fileIds).size === fileIds.length
  }, 'must name each file once')

/** How JSON Schema says what a message must not be: blank and without attachments. */
const BLANK_AND_BARE = { properties: { content: { not: NOT_BLANK } }, not: { required: ['attachments'] } }

export const sendRequest = z
  .strictObject({
    /** Absent: a new conversation. */
    conversationId: id.optional(),
    /** The id that the client gave this message. A repeated request attaches to the same run. */
    clientMessageId: id.optional(),
    /**
     * The message before this one. `null`: this one begins the conversation anew. Absent: the last message of the
     * branch.
     */
    parentId: id.nullable().optional(),
    /** The assistant of a new conversation. An existing conversation keeps its own. */
    assistant: bounded(z.string().min(1), 64).optional(),
    /** A new conversation that is erased soon after its last message. */
    temporary: z.boolean().optional(),
    content: z.string(),
    attachments: attachments.optional(),
  })
  .refine(({ content, attachments }) => attachments !== undefined || notBlank(content), {
    path: ['content'],
    message: 'must not be empty',
  })
  .refine(({ conversationId, temporary }) => conversationId === undefined || temporary === undefined, {
    path: ['temporary'],
    message: 'is for a new conversation',
  })
  .meta({ not: { anyOf: [BLANK_AND_BARE, { required: ['conversationId', 'temporary'] }] } })

/** Starts another run for a stored user message: retry, regenerate, continue. */
export const createRunRequest = z.strictObject({
  userMessageId: id,
  /** The id that the client gave this attempt. A repeated request attaches to the same run. */
  clientRunId: id.optional(),
  /** A reply to that message that broke off. The new run continues its text. */
  continueMessageId: id.optional(),
})

const fieldValue = z.union([
  bounded(z.string(), MAX_FIELD_TEXT),
  z.number(),
  z.boolean(),
  z.array(bounded(z.string(), MAX_FIELD_TEXT)).max(MAX_FIELD_OPTIONS),
])

/** What a person says to a question of a tool. */
const answer = z.strictObject({
  questionId: id,
  action: z.enum(QUESTION_ACTIONS),
  /** Of a form that is accepted, by the names of its fields. */
  values: z
    .record(bounded(z.string(), MAX_FIELD_NAME), fieldValue)
    .refine(values => Object.keys(values).length <= MAX_FIELDS, `must have at most ${MAX_FIELDS} values`)
    .meta({ maxProperties: MAX_FIELDS })
    .optional(),
})

const answers = z.array(answer).min(1).max(MAX_ANSWERS)

/** Decides about calls that a paused run waits for, and answers what they ask: one decision or answer for each. */
export const decisionsRequest = z
  .strictObject({
    /** The id that the client gave this request. A repeated one attaches to the same run. */
    clientRunId: id.optional(),
    decisions: z
      .array(
        z.strictObject({
          approvalId: id,
          /** `always`: approves it, and from now on every call of this tool in this conversation. */
          decision: z.enum(['approve', 'decline', 'always']),
        }),
      )
      .min(1)
      .max(MAX_DECISIONS)
      .optional(),
    answers: answers.optional(),
  })
  .refine(({ decisions, answers: given }) => decisions !== undefined || given !== undefined, {
    path: ['decisions'],
    message: 'expected decisions, answers or both',
  })
  .meta({ anyOf: [{ required: ['decisions'] }, { required: ['answers'] }] })

/** Answers what a call asks while its run goes on. */
export const answersRequest = z.strictObject({ answers })

export const createConversationRequest = z.strictObject({
  assistant: bounded(z.string().min(1), 64).optional(),
  title: trimmed(200).optional(),
  /** It is erased soon after its last message. It has no title. */
  temporary: z.boolean().optional(),
})

export const updateConversationRequest = z
  .strictObject({
    title: trimmed(200).optional(),
    status: z.enum(['OPEN', 'CLOSED']).optional(),
    archived: z.boolean().optional(),
    pinned: z.boolean().optional(),
    /** The last message of the branch to read from now on. */
    headMessageId: id.optional(),
  })
  .refine(body => Object.keys(body).length > 0, 'must change something')
  .meta({ minProperties: 1 })

/** `days: null`: the owner chooses no time. */
export const retentionRequest = z.strictObject({
  days: z.number().int().min(1).max(MAX_RETENTION_DAYS).nullable(),
})

export const listConversationsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(30),
  cursor: bounded(z.string().min(1), 200).optional(),
  search: trimmed(200).optional(),
  archived: z
    .stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' })
    .meta({ type: 'boolean' })
    .default(false),
})

export const searchQuery = z.strictObject({
  query: trimmed(200),
  limit: z.coerce.number().int().min(1).max(50).default(20),
  cursor: bounded(z.string().min(1), 200).optional(),
})

/** Asks for a new conversation that begins with the messages down to this one. */
export const forkRequest = z.strictObject({ messageId: id })

/** `rating: null` takes the feedback back. */
export const feedbackRequest = z.strictObject({
  rating: z.enum(['up', 'down']).nullable(),
  comment: bounded(z.string().trim(), 2000).default(''),
})

/** Begins to upload a file. `mediaType` is what the client takes it for. */
export const beginFileRequest = z.strictObject({
  name: trimmed(MAX_ATTACHMENT_NAME),
  size: z.int().min(1),
  mediaType: bounded(z.string(), 200),
})

/** Asks for a new API key. */
export const createKeyRequest = z.strictObject({
  name: trimmed(MAX_KEY_NAME),
  scope: z.enum(KEY_SCOPES),
  /** How long the key is good for. */
  days: z.int().min(1).max(365).default(90),
})

export const exportQuery = z.strictObject({ format: z.enum(['markdown', 'zip', 'json']) })

export const idParams = z.object({ id })
/** `at`: the `readByAdminAt` that the owner has seen. */
export const readNoticeQuery = z.strictObject({
  at: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
})
export const shareParams = z.object({ id: bounded(z.string().min(1), 64) })
export const runParams = z.object({ runId: id })
export const questionParams = z.object({ runId: id, questionId: id })
/** A server of tools. */
export const toolServerParams = z.object({ name: bounded(z.string().min(1), 32) })
export const sessionParams = z.object({ sessionId: id })
export const keyParams = z.object({ keyId: id })
export const fileParams = z.object({ fileId: id })
export const passageParams = fileParams.extend({ place: z.coerce.number().int().min(1).max(1_000_000) })
export const sharedFileParams = shareParams.extend(fileParams.shape)

/** `after` and `Last-Event-ID`: the last `seq` the reader has applied. */
export const seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
export const eventsQuery = z.strictObject({ after: seq.optional() })

/** One run in the query of a stream of many runs: `<runId>:<seq>`. */
const runAfter = z
  .preprocess(
    text => String(text).split(':'),
    z.tuple([id, z.string().regex(/^\d+$/).transform(Number).pipe(z.int())]),
  )
  .transform(([runId, after]) => ({ runId, after }))

export const manyRunsQuery = z.strictObject({
  run: z
    .preprocess(value => [value].flat(), z.array(runAfter).max(MAX_RUNS))
    .refine(runs => new Set(runs.map(({ runId }) => runId)).size === runs.length, 'must name each run once')
    // What comes over the wire, because no schema says it.
    .meta({
      type: 'array',
      items: { type: 'string', description: '<runId>:<seq>' },
      minItems: 1,
      maxItems: MAX_RUNS,
    }),
})

export type SendRequest = z.infer<typeof sendRequest>
export type CreateRunRequest = z.infer<typeof createRunRequest>
export type DecisionsRequest = z.infer<typeof decisionsRequest>
export type AnswersRequest = z.infer<typeof answersRequest>
export type CreateConversationRequest = z.infer<typeof createConversationRequest>
export type UpdateConversationRequest = z.infer<typeof updateConversationRequest>
export type ForkRequest = z.infer<typeof forkRequest>
export type BeginFileRequest = z.infer<typeof beginFileRequest>
export type CreateKeyRequest = z.input<typeof createKeyRequest>
export type SearchQuery = z.infer<typeof searchQuery>
export type FeedbackRequest = z.infer<typeof feedbackRequest>
export type RetentionRequest = z.infer<typeof retentionRequest>
export type ListConversationsQuery = z.infer<typeof listConversationsQuery>
