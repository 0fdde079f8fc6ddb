import type { ErrorCode, RunErrorCode } from './errors.ts'
import type { EndStatus, Part, RunStart, RunStatus, Usage } from './events.ts'

export type ConversationStatus = 'OPEN' | 'CLOSED'

/** Times are milliseconds since 1970. */
export interface Conversation {
  id: string
  title: string
  status: ConversationStatus
  archived: boolean
  assistant: string
  /** Last message of the branch being read; the next message hangs below it. */
  headMessageId: string | null
  createdAt: number
  updatedAt: number
}

export interface UserMessage {
  id: string
  role: 'USER'
  parentId: string | null
  parts: Part[]
  clientMessageId: string | null
  createdAt: number
}

/** Written when its run ends; before that the run is the conversation's `activeRun`. */
export interface AssistantMessage {
  id: string
  role: 'ASSISTANT'
  parentId: string
  parts: Part[]
  runId: string
  status: EndStatus
  model: string
  code: RunErrorCode | null
  retryable: boolean
  /** Seconds from `createdAt`. */
  retryAfter: number | null
  usage: Usage | null
  createdAt: number
}

export type Message = UserMessage | AssistantMessage

/** A run under way: what its reader would have seen up to `seq`. Follow it with `after=seq`. */
export interface ActiveRun extends RunStart {
  seq: number
  parts: Part[]
  startedAt: number
}

export interface ConversationResponse {
  conversation: Conversation
  /** Every message of the tree, oldest first. */
  messages: Message[]
  activeRun: ActiveRun | null
}

export interface ConversationListResponse {
  conversations: Conversation[]
  nextCursor: string | null
}

export interface StopResponse {
  status: RunStatus
  lastSeq: number
}

export interface AssistantResponse {
  id: string
  name: string
  greeting: string | null
  starters: string[]
}

export interface AssistantListResponse {
  /** The first one is used when a request names none. */
  assistants: AssistantResponse[]
}

export interface ErrorResponse {
  success: false
  code: ErrorCode
  message: string
  requestId: string
  runId?: string
  retryAfter?: number
  issues?: string[]
}
