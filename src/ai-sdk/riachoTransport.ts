import type { ChatTransport } from 'ai'
import { createId } from '../browser/headlessBrowser.ts'
import type { RunStart } from '../protocol/events.ts'
import type { Attachment } from '../protocol/parts.ts'
import { PATHS } from '../protocol/paths.ts'
import type { CreateRunRequest, SendRequest } from '../protocol/requests.ts'
import type { ConversationResponse } from '../protocol/responses.ts'
import { followRunStream } from './followRunStream.ts'
import { createApi, type RiachoApi, type RiachoApiOptions, RiachoChatError } from './riachoApi.ts'
import type { RiachoChunk } from './runChunks.ts'
import { type RiachoUIMessage, toUIMessages } from './uiMessage.ts'

export { type RiachoApiOptions, RiachoChatError } from './riachoApi.ts'
export { type RiachoData, type RiachoMetadata, type RiachoUIMessage, toUIMessages } from './uiMessage.ts'

export interface RiachoTransportOptions extends RiachoApiOptions {
  /** The assistant of new conversations. Default: the first one. */
  assistant?: string | undefined
  /**
   * What `stop()` of `useChat` does. `stop` ends the reply, as Riacho's own page does. `detach` only leaves it. The hook
   * also calls `stop()` when its component goes, unless you give it a `Chat` of your own.
   */
  onAbort?: 'stop' | 'detach' | undefined
}

export interface RiachoTransport extends ChatTransport<RiachoUIMessage> {
  /** The messages of a conversation, for `messages` of `useChat`. Throws `RiachoChatError`. */
  readMessages(conversationId: string): Promise<RiachoUIMessage[]>
}

type SendOptions = Parameters<RiachoTransport['sendMessages']>[0]
type ReconnectOptions = Parameters<RiachoTransport['reconnectToStream']>[0]

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * Connects `useChat` of the AI SDK with Riacho. The id of the chat is that of the conversation. Any other id begins a
 * conversation with its first message, and `onData` gets a `data-riacho-conversation`. Riacho has the history, so only the
 * last message is sent.
 */
export function createRiachoTransport(options: RiachoTransportOptions = {}): RiachoTransport {
  return new Transport(options)
}

class Transport implements RiachoTransport {
  /** A reply is resumed from its first event. */
  readonly resumeStreamIsReplay = true
  readonly #options: RiachoTransportOptions
  readonly #api: RiachoApi
  /** The conversations of those chats that have another id. */
  readonly #conversations = new Map<string, string>()
  /** The stored ids of messages that were sent under others. */
  readonly #storedIds = new Map<string, string>()

  constructor(options: RiachoTransportOptions) {
    this.#options = options
    this.#api = createApi(options)
  }

  async readMessages(conversationId: string): Promise<RiachoUIMessage[]> {
    return toUIMessages(await this.#read(this.#api, conversationId))
  }

  async sendMessages(options: SendOptions): Promise<ReadableStream<RiachoChunk>> {
    const message = options.messages.at(-1)
    if (message?.role !== 'user') throw new TypeError('the last message must be one of a person')
    const api = this.#apiWith(options)
    if (options.trigger === 'regenerate-message') return this.#regenerate(api, message, options)
    const body = await this.#requestOf(api, message, options)
    try {
      return await this.#follow(api, { path: PATHS.send, body }, { message, options })
    } catch (error) {
      // The app made up the id of its new chat, and that id looks like one of Riacho's.
      const isNew = options.messages.length === 1 && !this.#conversations.has(options.chatId)
      const isUnknown = error instanceof RiachoChatError && error.code === 'NOT_FOUND'
      if (!isNew || !isUnknown || body.conversationId === undefined) throw error
      const { conversationId: _, parentId: __, ...first } = body
      return this.#follow(api, { path: PATHS.send, body: first }, { message, options })
    }
  }

  async reconnectToStream(options: ReconnectOptions): Promise<ReadableStream<RiachoChunk> | null> {
    const conversationId = this.#conversationOf(options.chatId)
    if (conversationId === undefined) return null
    const api = this.#apiWith(options)
    const activeRun = await this.#activeRun(api, conversationId)
    if (!activeRun || options.abortSignal?.aborted) return null
    return followRunStream({
      api,
      from: { runId: activeRun.runId },
      signal: options.abortSignal,
      onAbort: this.#options.onAbort ?? 'stop',
      onStart: () => [],
    })
  }

  async #activeRun(api: RiachoApi, conversationId: string): Promise<RunStart | null> {
    try {
      return (await this.#read(api, conversationId)).activeRun
    } catch (error) {
      if (error instanceof RiachoChatError && error.code === 'NOT_FOUND') return null
      throw error
    }
  }

  /** With the headers of one call. */
  #apiWith({ headers }: Pick<SendOptions, 'headers'>): RiachoApi {
    if (!headers) return this.#api
    const added = Object.fromEntries(new Headers(headers).entries())
    return createApi({ ...this.#options, headers: { ...this.#options.headers, ...added } })
  }

  #read(api: RiachoApi, conversationId: string): Promise<ConversationResponse> {
    return api.call({ method: 'GET', path: PATHS.conversation(conversationId) })
  }

  #conversationOf(chatId: string): string | undefined {
    return this.#conversations.get(chatId) ?? (UUID.test(chatId) ? chatId : undefined)
  }

  /** `messageId` names a message that is edited. It becomes a new one beside the old one. */
  async #requestOf(
    api: RiachoApi,
    message: RiachoUIMessage,
    { chatId, messageId, messages, body }: SendOptions,
  ): Promise<SendRequest> {
    const conversationId = this.#conversationOf(chatId)
    const content = message.parts.flatMap(part => (part.type === 'text' ? part.text : [])).join('')
    const attachments = await attachmentsOf(message)
    const assistant = (body as { assistant?: string } | undefined)?.assistant ?? this.#options.assistant
    const isEdited = messageId !== undefined
    const before = messages.at(-2)
    return {
      content,
      clientMessageId: UUID.test(message.id) && !isEdited ? message.id : createId(),
      ...(conversationId !== undefined && { conversationId }),
      ...(conversationId === undefined && assistant !== undefined && { assistant }),
      ...(attachments.length > 0 && { attachments }),
      ...(isEdited && { parentId: before ? await this.#storedIdOf(api, before, chatId) : null }),
    }
  }

  async #regenerate(
    api: RiachoApi,
    message: RiachoUIMessage,
    options: SendOptions,
  ): Promise<ReadableStream<RiachoChunk>> {
    const userMessageId = await this.#storedIdOf(api, message, options.chatId)
    return this.#follow(
      api,
      { path: PATHS.runs, body: { userMessageId, clientRunId: createId() } },
      { message, options },
    )
  }

  /** The id under which Riacho has a message. The app may know it by the id that it was sent with. */
  async #storedIdOf(api: RiachoApi, { id, role }: RiachoUIMessage, chatId: string): Promise<string> {
    const known = role === 'assistant' ? id : this.#storedIds.get(id)
    if (known !== undefined) return known
    const conversationId = this.#conversationOf(chatId)
    const { messages } = conversationId ? await this.#read(api, conversationId) : { messages: [] }
    const found = messages.find(
      message => message.id === id || (message.role === 'USER' && message.clientMessageId === id),
    )
    if (found) return found.id
    throw new RiachoChatError({ failure: 'NOT_FOUND', retryAfter: null })
  }

  #follow(
    api: RiachoApi,
    { path, body }: { path: string; body: SendRequest | CreateRunRequest },
    { message, options }: { message: RiachoUIMessage; options: SendOptions },
  ): Promise<ReadableStream<RiachoChunk>> {
    return followRunStream({
      api,
      from: { start: { method: 'POST', path, body } },
      signal: options.abortSignal,
      onAbort: this.#options.onAbort ?? 'stop',
      onStart: ({ conversationId, userMessageId }) => {
        this.#storedIds.set(message.id, userMessageId)
        const isNew = this.#conversationOf(options.chatId) !== conversationId
        this.#conversations.set(options.chatId, conversationId)
        if (!isNew) return []
        return [{ type: 'data-riacho-conversation', data: { conversationId }, transient: true }]
      },
    })
  }
}

/** The files of a message. Riacho takes texts only. */
async function attachmentsOf(message: RiachoUIMessage): Promise<Attachment[]> {
  const files = message.parts.filter(part => part.type === 'file')
  return Promise.all(
    files.map(async ({ mediaType, filename, url }) => {
      if (!/^text\/|json|xml/.test(mediaType))
        throw new TypeError(`${filename ?? mediaType}: only files of text can be sent`)
      const response = await globalThis.fetch(url)
      return { name: filename ?? 'text.txt', text: await response.text() }
    }),
  )
}
