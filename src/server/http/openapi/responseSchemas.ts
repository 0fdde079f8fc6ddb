import { z } from 'zod'
import { REQUEST_ERRORS, type RequestErrorCode, type StorageReason } from '../../../protocol/errors.ts'
import type { RunStatus } from '../../../protocol/events.ts'
import { KEY_SCOPES } from '../../../protocol/keys.ts'
import type {
  ActiveRun,
  ApiKey,
  ApiKeyListResponse,
  AssistantListResponse,
  AssistantMessage,
  AssistantResponse,
  Conversation,
  ConversationExport,
  ConversationListResponse,
  ConversationResponse,
  ConversationStatus,
  CreatedKeyResponse,
  ErrorResponse,
  Feedback,
  FeedbackResponse,
  Limit,
  LimitListResponse,
  OwnerExport,
  SearchHit,
  SearchResponse,
  Session,
  SessionListResponse,
  Share,
  SharedConversation,
  SharedMessage,
  ShareListResponse,
  ShareResponse,
  SharingMode,
  StopResponse,
  ToolServerSignIn,
  ToolServersResponse,
  ToolSignInResponse,
  UserMessage,
} from '../../../protocol/responses.ts'
import type { ProviderState } from '../../readiness.ts'
import { cost, endStatus, runStartFields, timing, usage } from './eventSchemas.ts'
import { parts, runErrorCode, toldDocuments } from './partSchemas.ts'
import { count, type Fields, name, oneOf, time, uuid } from './shapes.ts'

const conversation = name(
  'Conversation',
  z.object({
    id: uuid,
    title: z.string(),
    status: oneOf<ConversationStatus>({ OPEN: 0, CLOSED: 0 }),
    archived: z.boolean(),
    pinned: z.boolean(),
    titleStatus: oneOf<Conversation['titleStatus']>({ provisional: 0, final: 0 }),
    assistant: z.string(),
    headMessageId: uuid.nullable(),
    createdAt: time,
    updatedAt: time,
    temporary: z.boolean(),
    expiresAt: time.nullable(),
    readByAdminAt: time.nullable(),
  } satisfies Fields<Conversation>),
)

const feedback = name(
  'Feedback',
  z.object({
    rating: oneOf<Feedback['rating']>({ up: 0, down: 0 }),
    comment: z.string(),
  } satisfies Fields<Feedback>),
)

const userMessage = name(
  'UserMessage',
  z.object({
    id: uuid,
    role: z.literal('USER'),
    parentId: uuid.nullable(),
    parts,
    clientMessageId: uuid.nullable(),
    createdAt: time,
  } satisfies Fields<UserMessage>),
)

const assistantMessage = name(
  'AssistantMessage',
  z.object({
    id: uuid,
    role: z.literal('ASSISTANT'),
    parentId: uuid,
    parts,
    runId: uuid,
    status: endStatus,
    model: z.string(),
    code: runErrorCode.nullable(),
    retryable: z.boolean(),
    retryAfter: z.number().describe('Seconds from `createdAt`.').nullable(),
    usage: usage.nullable(),
    timing: timing.nullable(),
    cost: cost.nullable(),
    historyFrom: uuid.nullable(),
    documents: toldDocuments.nullable(),
    feedback: feedback.nullable(),
    createdAt: time,
  } satisfies Fields<AssistantMessage>),
)

const message = name('Message', z.union([userMessage, assistantMessage]))
const role = oneOf<SearchHit['role']>({ USER: 0, ASSISTANT: 0 })

const activeRun = name(
  'ActiveRun',
  z.object({ ...runStartFields, seq: count, parts, startedAt: time } satisfies Fields<ActiveRun>),
)

export const conversationResponse = name(
  'ConversationResponse',
  z.object({
    conversation,
    messages: z.array(message),
    activeRun: activeRun.nullable(),
  } satisfies Fields<ConversationResponse>),
)

const nextCursor = z.string().nullable()

export const conversationListResponse = name(
  'ConversationListResponse',
  z.object({
    conversations: z.array(conversation),
    nextCursor,
  } satisfies Fields<ConversationListResponse>),
)

const searchHit = name(
  'SearchHit',
  z.object({
    conversationId: uuid,
    title: z.string(),
    archived: z.boolean(),
    messageId: uuid,
    role,
    excerpt: z.array(z.object({ text: z.string(), isMatch: z.boolean() })),
    createdAt: time,
  } satisfies Fields<SearchHit>),
)

export const searchResponse = name(
  'SearchResponse',
  z.object({
    conversations: z.array(conversation),
    hits: z.array(searchHit),
    nextCursor,
  } satisfies Fields<SearchResponse>),
)

const share = name(
  'Share',
  z.object({
    id: z.string(),
    conversationId: uuid,
    title: z.string(),
    createdAt: time,
  } satisfies Fields<Share>),
)

export const shareResponse = name('ShareResponse', z.object({ share } satisfies Fields<ShareResponse>))

const sharingMode = oneOf<SharingMode>({ anyone: 0, 'signed-in': 0, off: 0 })

export const shareListResponse = name(
  'ShareListResponse',
  z.object({
    shares: z.array(share),
    sharing: sharingMode,
    mayShare: z.boolean(),
  } satisfies Fields<ShareListResponse>),
)

export const sharedMessage = name(
  'SharedMessage',
  z.object({
    id: z.string(),
    role,
    parts,
    createdAt: time,
    timing: timing.nullable().optional(),
  } satisfies Fields<SharedMessage>),
)

export const sharedConversation = name(
  'SharedConversation',
  z.object({
    title: z.string(),
    assistant: z.string(),
    assistantName: z.string().optional(),
    createdAt: time,
    messages: z.array(sharedMessage),
  } satisfies Fields<SharedConversation>),
)

export const conversationExport = name(
  'ConversationExport',
  z.object({
    conversation,
    messages: z.array(message),
    shares: z.array(share),
  } satisfies Fields<ConversationExport>),
)

export const ownerExport = name(
  'OwnerExport',
  z.object({ exportedAt: time, conversations: z.array(conversationExport) } satisfies Fields<OwnerExport>),
)

const session = name(
  'Session',
  z.object({
    id: uuid,
    device: z.string(),
    createdAt: time,
    usedAt: time,
    isCurrent: z.boolean(),
  } satisfies Fields<Session>),
)

export const sessionListResponse = name(
  'SessionListResponse',
  z.object({ sessions: z.array(session) } satisfies Fields<SessionListResponse>),
)

const apiKey = name(
  'ApiKey',
  z.object({
    id: uuid,
    name: z.string(),
    scope: z.enum(KEY_SCOPES),
    createdAt: time,
    usedAt: time.nullable(),
    expiresAt: time,
  } satisfies Fields<ApiKey>),
)

export const apiKeyListResponse = name(
  'ApiKeyListResponse',
  z.object({ keys: z.array(apiKey), most: z.int().min(0) } satisfies Fields<ApiKeyListResponse>),
)

export const createdKeyResponse = name(
  'CreatedKeyResponse',
  z.object({ key: apiKey, secret: z.string() } satisfies Fields<CreatedKeyResponse>),
)

export const feedbackResponse = name(
  'FeedbackResponse',
  z.object({ feedback: feedback.nullable() } satisfies Fields<FeedbackResponse>),
)

export const stopResponse = name(
  'StopResponse',
  z.object({
    status: oneOf<RunStatus>({ active: 0, completed: 0, paused: 0, stopped: 0, failed: 0, interrupted: 0 }),
    lastSeq: count,
  } satisfies Fields<StopResponse>),
)

const assistant = name(
  'Assistant',
  z.object({
    id: z.string(),
    name: z.string(),
    greeting: z.string().nullable(),
    starters: z.array(z.string()),
  } satisfies Fields<AssistantResponse>),
)

export const assistantListResponse = name(
  'AssistantListResponse',
  z.object({
    assistants: z.array(assistant),
    sharing: sharingMode,
  } satisfies Fields<AssistantListResponse>),
)

const limit = name(
  'Limit',
  z.object({
    kind: oneOf<Limit['kind']>({
      runs: 0,
      messages: 0,
      tokens: 0,
      budget: 0,
      tokenBudget: 0,
      groupBudget: 0,
      groupTokenBudget: 0,
    }),
    limit: z.number(),
    used: z.number(),
    resetsAt: time.nullable(),
    currency: z.string().optional(),
  } satisfies Fields<Limit>),
)

export const limitListResponse = name(
  'LimitListResponse',
  z.object({ limits: z.array(limit) } satisfies Fields<LimitListResponse>),
)

export const healthResponse = name('HealthResponse', z.object({ status: z.literal('ok') }))

export const readyResponse = name(
  'ReadyResponse',
  z.object({
    status: z.literal('ready'),
    provider: z.object({
      model: z.string(),
      lastEnd: z.object({ status: endStatus, code: runErrorCode.optional() }).nullable(),
    } satisfies Fields<ProviderState>),
  }),
)

export const errorResponse = name(
  'ErrorResponse',
  z.object({
    success: z.literal(false),
    code: oneOf<RequestErrorCode>(REQUEST_ERRORS),
    message: z.string().describe('For people, in the language of the request.'),
    requestId: uuid,
    runId: uuid.optional(),
    offset: count.describe('With OFFSET_MISMATCH: how many bytes of the file the server keeps.').optional(),
    retryAfter: z.number().describe('Seconds.').optional(),
    issues: z.array(z.string()).optional(),
    reason: oneOf<StorageReason>({
      missing: 0,
      replaced: 0,
      damaged: 0,
      full: 0,
      'read-only': 0,
      busy: 0,
      failed: 0,
    }).optional(),
  } satisfies Fields<ErrorResponse>),
)

export const toolServersResponse = name(
  'ToolServersResponse',
  z.object({
    servers: z.array(
      z.object({ name: z.string(), signedInAt: time.nullable() } satisfies Fields<ToolServerSignIn>),
    ),
  } satisfies Fields<ToolServersResponse>),
)

export const signInResponse = name(
  'ToolSignInResponse',
  z.object({ url: z.url() } satisfies Fields<ToolSignInResponse>),
)
