import { type RiachoClient, riachoClientOver } from '../client/riachoClient.ts'
import type { ChatClientOptions } from './chatClientOptions.ts'
import { createFullClient } from './fullClient.ts'

export type { Failure } from '../client/api.ts'
export type { Upload } from '../client/chat/chatState.ts'
export type { UploadSource } from '../client/chat/composing/uploadJob.ts'
export type { ChatSnapshot } from '../client/chatSnapshot.ts'
export type { RiachoClient } from '../client/riachoClient.ts'
export type { TokenSource } from '../client/token.ts'
export type { Attachment, Part, StoredFile, TextAttachment } from '../protocol/parts.ts'
export type {
  AssistantMessage,
  AssistantResponse,
  Conversation,
  Message,
  UserMessage,
} from '../protocol/responses.ts'
export type { ChatClientOptions } from './chatClientOptions.ts'

/**
 * Creates a chat client. It does nothing until `start`. In a browser it keeps what is typed over a reload, and shares live
 * replies among tabs. Elsewhere it keeps everything in memory.
 */
export function createChatClient(options: ChatClientOptions = {}): RiachoClient {
  return riachoClientOver(createFullClient(options))
}
