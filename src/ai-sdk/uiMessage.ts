import type { FileUIPart, UIMessage } from 'ai'
import type { RunErrorCode } from '../protocol/errors.ts'
import type { Cost, EndStatus, Timing, Usage } from '../protocol/events.ts'
import { pathTo } from '../protocol/messageTree.ts'
import type { Break, Part, StoredFile, Suggestions } from '../protocol/parts.ts'
import { ofVersion, PATHS } from '../protocol/paths.ts'
import type { ConversationResponse, Message } from '../protocol/responses.ts'
import type { SearchState } from '../protocol/searches.ts'
import { questionParts, type ToolQuestion, toToolPart } from './toolChunks.ts'

/** What Riacho knows of a message besides its parts. All of it is absent in a message that was not sent yet. */
export interface RiachoMetadata {
  conversationId?: string
  /** Of a reply: its run, and the message that it answers. */
  runId?: string
  userMessageId?: string
  model?: string
  /** Of a reply that has ended. */
  status?: EndStatus
  /** Why it did not complete, as PROTOCOL.md lists it. */
  code?: RunErrorCode
  retryable?: boolean
  /** Seconds. */
  retryAfter?: number
  usage?: Usage
  timing?: Timing
  cost?: Cost
  /** Milliseconds since 1970. */
  createdAt?: number
}

/** The data parts that Riacho adds to those of the AI SDK. */
export type RiachoData = {
  /** The conversation that a first message began. It is only in `onData`. */
  'riacho-conversation': { conversationId: string }
  /** What a person may ask next. */
  'riacho-suggestions': Suggestions
  /** What the provider searched the web for. */
  'riacho-search': Omit<SearchState, 'searchId'>
  'riacho-question': ToolQuestion
  /** An earlier run ended here, and a later one wrote what follows. */
  'riacho-break': Break
}

export type RiachoUIMessage = UIMessage<RiachoMetadata, RiachoData>

/** A part of a message as Riacho gives it to the AI SDK. */
export type RiachoUIPart = Extract<
  RiachoUIMessage['parts'][number],
  { type: 'text' | 'reasoning' | 'source-url' | 'file' | 'dynamic-tool' | `data-riacho-${string}` }
>

/** Marks text in which the model declines. */
const REFUSAL = { riacho: { refusal: true } }

/**
 * The open branch of a conversation, as `GET /api/chat/conversations/:id` answers it, for `messages` of `useChat`. A reply
 * that is being written is not among them: `resume` brings it.
 */
export function toUIMessages({
  conversation,
  messages,
}: Pick<ConversationResponse, 'conversation' | 'messages'>): RiachoUIMessage[] {
  return pathTo(messages, conversation.headMessageId).map(message => toUIMessage(message, conversation.id))
}

function toUIMessage(message: Message, conversationId: string): RiachoUIMessage {
  const { id, parts, createdAt } = message
  if (message.role === 'USER')
    return { id, role: 'user', metadata: { conversationId, createdAt }, parts: parts.flatMap(toUIPart) }
  const { runId, parentId, model, status, code, retryable, retryAfter, usage, timing, cost } = message
  return {
    id,
    role: 'assistant',
    metadata: {
      conversationId,
      createdAt,
      runId,
      userMessageId: parentId,
      model,
      status,
      ...(code && { code, retryable }),
      ...(retryAfter !== null && { retryAfter }),
      ...(usage && { usage }),
      ...(timing && { timing }),
      ...(cost && { cost }),
    },
    parts: [{ type: 'step-start' }, ...parts.flatMap(toUIPart)],
  }
}

/** A picture that is still drawn, or was never stored, is none yet. */
export function fileParts(file: StoredFile): FileUIPart[] {
  const { fileId, name: filename, mediaType } = file
  const { version, status } = file.type === 'image' ? file : {}
  if (status === 'drawing' || version === 0) return []
  return [{ type: 'file', mediaType, filename, url: ofVersion(PATHS.file(fileId), version) }]
}

/** Gives nothing for a type that a newer server sends. */
export function toUIPart(part: Part): RiachoUIPart[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text, state: 'done' }]
    case 'refusal':
      return [{ type: 'text', text: part.text, state: 'done', providerMetadata: REFUSAL }]
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, state: 'done' }]
    case 'source':
      return [{ type: 'source-url', sourceId: part.id, url: part.url, title: part.title }]
    case 'suggestions':
      return [{ type: 'data-riacho-suggestions', id: part.id, data: { questions: part.questions } }]
    case 'search': {
      const { id, type: _, searchId: __, ...data } = part
      return [{ type: 'data-riacho-search', id, data }]
    }
    case 'break':
      return [{ type: 'data-riacho-break', id: part.id, data: { status: part.status, code: part.code } }]
    case 'tool':
      return [toToolPart(part), ...questionParts(part), ...(part.files ?? []).flatMap(fileParts)]
    case 'file': {
      const url = `data:text/plain;charset=utf-8,${encodeURIComponent(part.text)}`
      return [{ type: 'file', mediaType: 'text/plain', filename: part.name, url }]
    }
    case 'image':
    case 'document':
      return fileParts(part)
    default:
      part satisfies never
      return []
  }
}
