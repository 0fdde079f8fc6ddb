import type { ChatTransport } from 'ai'
import { createId } from '../browser/headlessBrowser.ts'
import type { ApiCall } from '../client/api.ts'
import { isUuid } from '../protocol/isUuid.ts'
import { PATHS } from '../protocol/paths.ts'
import type { AnswersRequest, CreateRunRequest, DecisionsRequest, SendRequest } from '../protocol/requests.ts'
import type { ConversationResponse } from '../protocol/responses.ts'
import { attachmentsOf } from './attachmentFiles.ts'
import { ChatRecords, type SendOptions } from './chatRecords.ts'
import { aborted, type Exit, followRunStream, type StartCall } from './followRunStream.ts'
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
  /**
   * Decides about all calls of a reply that wait, and answers what they ask: one decision or answer for each. Then
   * `resumeStream()` of the chat shows the reply, which goes on. Throws `RiachoChatError`, `NOT_PENDING` if nothing waits any
   * more.
   */
  decide(decided: RiachoDecisions): Promise<void>
}

export interface RiachoDecisions extends Pick<DecisionsRequest, 'decisions' | 'answers'> {
  /** `chat.id` */
  chatId: string
  /** The reply whose calls wait. */
  message: RiachoUIMessage
}

type ReconnectOptions = Parameters<RiachoTransport['reconnectToStream']>[0]

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
  readonly #chats = new ChatRecords()

  constructor(options: RiachoTransportOptions) {
    this.#options = options
    this.#api = createApi(options)
  }

  async readMessages(conversationId: string): Promise<RiachoUIMessage[]> {
    return toUIMessages(await read(this.#api, conversationId))
  }

  async sendMessages(options: SendOptions): Promise<ReadableStream<RiachoChunk>> {
    const message = options.messages.at(-1)
    if (message?.role !== 'user') throw new TypeError('the last message must be one of a person')
    const { chatId, abortSignal } = options
    // Later on the message is still sent, because the server may have it by then.
    if (abortSignal?.aborted) throw aborted()
    const api = this.#apiWith(options)
    let conversationId = this.#chats.conversationOf(options)
    return followRunStream({
      api,
      from: this.#prepare(api, message, options),
      signal: abortSignal,
      onAbort: left => this.#onAbort(chatId, conversationId, left),
      onStart: start => {
        conversationId = start.conversationId
        this.#chats.answer(chatId, message, start)
      },
      chunksBefore: ({ conversationId }) =>
        this.#chats.tell(chatId, conversationId)
          ? [{ type: 'data-riacho-conversation', data: { conversationId }, transient: true }]
          : [],
      onBroken: ({ conversationId }) => this.#chats.breakOff(chatId, conversationId),
    })
  }

  async decide({ chatId, message, decisions = [], answers = [] }: RiachoDecisions): Promise<void> {
    const { runId } = message.metadata ?? {}
    if (runId === undefined) throw new TypeError('the message must be a reply of Riacho')
    if (decisions.length === 0 && (await this.#answerNow(runId, { answers }))) return
    const body: DecisionsRequest = {
      ...(decisions.length > 0 && { decisions }),
      ...(answers.length > 0 && { answers }),
      clientRunId: createId(),
    }
    const stream = await followRunStream({
      api: this.#api,
      from: Promise.resolve({ call: { method: 'POST', path: PATHS.decisions(runId), body } }),
      signal: undefined,
      onAbort: async () => 'detach',
      onStart: start => this.#chats.goOn(chatId, message, start),
      chunksBefore: () => [],
      onBroken: () => {},
    })
    await stream.cancel()
  }

  /** Answers a call that goes on. `false`: none does, so that the reply may have paused. */
  async #answerNow(runId: string, body: AnswersRequest): Promise<boolean> {
    try {
      await this.#api.call({ method: 'POST', path: PATHS.answers(runId), body })
      return true
    } catch (error) {
      if (error instanceof RiachoChatError && error.code === 'NOT_PENDING') return false
      throw error
    }
  }

  async reconnectToStream(options: ReconnectOptions): Promise<ReadableStream<RiachoChunk> | null> {
    const { chatId, abortSignal } = options
    const { conversationId, runId: known, isSuperseded } = this.#chats.resume(chatId)
    if (conversationId === undefined) return null
    const api = this.#apiWith(options)
    const runId = known ?? (await readIfThere(api, conversationId))?.activeRun?.runId
    if (runId === undefined || isSuperseded()) return null
    return followRunStream({
      api,
      from: { runId },
      messageId: this.#chats.shownAs(runId),
      signal: abortSignal,
      onAbort: left => this.#onAbort(chatId, conversationId, left),
      onStart: () => this.#chats.followed(chatId),
      chunksBefore: () => [],
      onBroken: () => this.#chats.breakOff(chatId, conversationId),
    })
  }

  async #onAbort(chatId: string, conversationId: string | undefined, left: Promise<void>): Promise<Exit> {
    const isResumed = await this.#chats.leave(chatId, conversationId, left)
    return isResumed ? 'detach' : (this.#options.onAbort ?? 'stop')
  }

  /** With the headers of one call. */
  #apiWith({ headers }: Pick<SendOptions, 'headers'>): RiachoApi {
    return headers ? createApi(this.#options, headers) : this.#api
  }

  /**
   * The request that brings a reply to the last message. `regenerate` is also how a chat asks again for what was refused or
   * lost. Then it is the same request, so that the server takes it once.
   */
  async #prepare(api: RiachoApi, message: RiachoUIMessage, options: SendOptions): Promise<StartCall> {
    await this.#chats.whenFree(options)
    const isAgain = options.trigger === 'regenerate-message'
    const again = isAgain
      ? (this.#chats.unanswered(message) ?? (await this.#rerunOf(api, message, options)))
      : undefined
    const call = again ?? (await this.#sendOf(api, message, options))
    this.#chats.ask(message, call)
    return call
  }

  /** Another reply to a message. `undefined` if Riacho does not have the message. */
  async #rerunOf(
    api: RiachoApi,
    message: RiachoUIMessage,
    options: SendOptions,
  ): Promise<StartCall | undefined> {
    const userMessageId = await this.#storedIdOf(api, message, this.#chats.conversationOf(options))
    if (userMessageId === undefined) return undefined
    const body: CreateRunRequest = { userMessageId, clientRunId: createId() }
    return { call: { method: 'POST', path: PATHS.runs, body } }
  }

  /** `messageId` names a message that is edited. It becomes a new one beside the old one. */
  async #sendOf(api: RiachoApi, message: RiachoUIMessage, options: SendOptions): Promise<StartCall> {
    const { chatId, messageId, messages, trigger } = options
    const conversationId = this.#chats.conversationOf(options)
    const isEdited = trigger === 'submit-message' && messageId !== undefined
    const attachments = await attachmentsOf(message, this.#options.fetch)
    const said = {
      content: message.parts.flatMap(part => (part.type === 'text' ? part.text : [])).join(''),
      clientMessageId: isUuid(message.id) && !isEdited ? message.id : createId(),
      ...(attachments.length > 0 && { attachments }),
    }
    const body = options.body as { assistant?: string } | undefined
    const assistant = body?.assistant ?? this.#options.assistant
    const first = send({ ...said, ...(assistant !== undefined && { assistant }) })
    if (conversationId === undefined) return { call: first }
    const parent = isEdited ? { parentId: await this.#parentIdOf(api, messages, conversationId) } : {}
    const call = send({ ...said, conversationId, ...parent })
    // The app may have made up the id of its new chat, and that id looks like one of Riacho's.
    const isNew = messages.length === 1 && conversationId === chatId
    return { call, ...(isNew && { ifNotFound: first }) }
  }

  /** Where an edited message goes. `null` stands for the beginning of the conversation. */
  async #parentIdOf(
    api: RiachoApi,
    messages: RiachoUIMessage[],
    conversationId: string,
  ): Promise<string | null> {
    const before = messages.at(-2)
    if (!before) return null
    const id = await this.#storedIdOf(api, before, conversationId)
    if (id === undefined) throw new RiachoChatError({ failure: 'NOT_FOUND', retryAfter: null })
    return id
  }

  /** The id under which Riacho has a message. The app may know it by the id that it was sent with. */
  async #storedIdOf(
    api: RiachoApi,
    message: RiachoUIMessage,
    conversationId: string | undefined,
  ): Promise<string | undefined> {
    const known = this.#chats.storedIdOf(message)
    if (known !== undefined || conversationId === undefined) return known
    const stored = await readIfThere(api, conversationId)
    return stored?.messages.find(
      ({ id, ...rest }) => id === message.id || (rest.role === 'USER' && rest.clientMessageId === message.id),
    )?.id
  }
}

function send(body: SendRequest): ApiCall {
  return { method: 'POST', path: PATHS.send, body }
}

function read(api: RiachoApi, conversationId: string): Promise<ConversationResponse> {
  return api.call({ method: 'GET', path: PATHS.conversation(conversationId) })
}

async function readIfThere(api: RiachoApi, conversationId: string): Promise<ConversationResponse | null> {
  try {
    return await read(api, conversationId)
  } catch (error) {
    if (error instanceof RiachoChatError && error.code === 'NOT_FOUND') return null
    throw error
  }
}
