import type { BegunFileResponse, FileResponse, PassageResponse } from '../../src/protocol/fileResponses.ts'
import type {
  AccountResponse,
  AssistantListResponse,
  AssistantMessage,
  ConversationListResponse,
  ConversationResponse,
  ErrorResponse,
  FeedbackResponse,
  LimitListResponse,
  OwnerExport,
  PasskeyListResponse,
  PasskeyOptionsResponse,
  PasskeyResponse,
  SearchResponse,
  SharedConversation,
  ShareListResponse,
  ShareResponse,
  StopResponse,
  UserMessage,
} from '../../src/protocol/responses.ts'

/** The fields of both roles, because a test knows which role it looks at. */
type AnyMessage = UserMessage & Omit<AssistantMessage, 'role' | 'parentId'>

/** Every field that an answer may have, because a test knows which ones to expect. */
export type AnswerBody = Omit<ErrorResponse, 'success'> & { success: boolean } & Omit<
    ConversationResponse,
    'messages'
  > & { messages: AnyMessage[] } & ConversationListResponse &
  SearchResponse &
  ShareResponse &
  ShareListResponse &
  FeedbackResponse &
  StopResponse &
  AssistantListResponse &
  LimitListResponse &
  AccountResponse &
  BegunFileResponse &
  FileResponse &
  PassageResponse &
  PasskeyListResponse &
  PasskeyOptionsResponse &
  PasskeyResponse &
  Omit<OwnerExport, 'conversations'> &
  Pick<SharedConversation, 'title' | 'assistant' | 'createdAt'>
