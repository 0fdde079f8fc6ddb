import type { ChatTransport } from 'ai'
import type { RunStart } from '../protocol/events.ts'
import { isUuid } from '../protocol/isUuid.ts'
import type { StartCall } from './followRunStream.ts'
import type { RiachoUIMessage } from './uiMessage.ts'

export type SendOptions = Parameters<ChatTransport<RiachoUIMessage>['sendMessages']>[0]

/** What a transport remembers of the chats of its page. The AI SDK tells it only the id of a chat, and its messages. */
export class ChatRecords {
  /**
   * The conversations of chats that have another id. A UUID stands for its conversation for good. Any other id, such as
   * `new`, does so only while its reply can be resumed, because the next new chat may have the same id.
   */
  readonly #conversations = new Map<string, string>()
  /** Where a message is stored that the page has by another id: by that id. */
  readonly #stored = new Map<string, { conversationId: string; id: string }>()
  /** Requests for an answer to a message that have brought none. They may have reached the server. */
  readonly #unanswered = new Map<string, StartCall>()
  /** The conversations that the app knows. */
  readonly #told = new Set<string>()
  /** The replies that are being left, by the chat, and by the conversation. */
  readonly #leaving = new Map<string, Promise<unknown>>()
  /** The runs that go on with the paused reply of a chat, until the chat reads them. */
  readonly #goingOn = new Map<string, string>()
  /** The messages that the page shows such replies as, by their runs. */
  readonly #shownAs = new Map<string, string>()
  /** How often each chat has resumed. */
  readonly #resumes = new Map<string, number>()

  /** The conversation in which a chat sends. `undefined`: the message begins one. */
  conversationOf(options: SendOptions): string | undefined {
    const { chatId, messages } = options
    if (isUuid(chatId)) return this.#conversations.get(chatId) ?? chatId
    const known = isAdded(options) ? messages.slice(0, -1) : messages
    const told = known.findLast(({ metadata }) => metadata?.conversationId !== undefined)
    const sent = known.findLast(({ id }) => this.#stored.has(id))
    return told?.metadata?.conversationId ?? this.#stored.get(sent?.id ?? '')?.conversationId
  }

  /**
   * The conversation whose reply a chat asks for again, its run if it is known, and whether the chat has resumed once more
   * since.
   */
  resume(chatId: string): {
    conversationId: string | undefined
    runId: string | undefined
    isSuperseded(): boolean
  } {
    const resumes = this.#resumesOf(chatId) + 1
    this.#resumes.set(chatId, resumes)
    return {
      conversationId: this.#conversations.get(chatId) ?? (isUuid(chatId) ? chatId : undefined),
      runId: this.#goingOn.get(chatId),
      isSuperseded: () => this.#resumesOf(chatId) > resumes,
    }
  }

  storedIdOf({ id, role }: RiachoUIMessage): string | undefined {
    return this.#stored.get(id)?.id ?? (role === 'assistant' ? id : undefined)
  }

  unanswered({ id }: RiachoUIMessage): StartCall | undefined {
    return this.#unanswered.get(id)
  }

  ask({ id }: RiachoUIMessage, call: StartCall): void {
    this.#unanswered.set(id, call)
  }

  /** The server has begun to answer a message. */
  answer(chatId: string, { id }: RiachoUIMessage, { conversationId, userMessageId }: RunStart): void {
    this.#unanswered.delete(id)
    this.#stored.set(id, { conversationId, id: userMessageId })
    if (isUuid(chatId)) this.#conversations.set(chatId, conversationId)
    this.followed(chatId)
  }

  /** A chat reads a reply, so there is none that it could resume. */
  followed(chatId: string): void {
    this.#goingOn.delete(chatId)
    if (!isUuid(chatId)) this.#conversations.delete(chatId)
  }

  /** Whether the app does not know the conversation of its chat yet. It does from now on. */
  tell(chatId: string, conversationId: string): boolean {
    const isNew = chatId !== conversationId && !this.#told.has(conversationId)
    this.#told.add(conversationId)
    return isNew
  }

  /** A run goes on with a paused reply of a chat. It writes another message, and the page replaces the one that it has. */
  goOn(chatId: string, { id }: RiachoUIMessage, { conversationId, runId, messageId }: RunStart): void {
    this.#conversations.set(chatId, conversationId)
    this.#goingOn.set(chatId, runId)
    this.#shownAs.set(runId, id)
    this.#stored.set(id, { conversationId, id: messageId })
  }

  shownAs(runId: string): string | undefined {
    return this.#shownAs.get(runId)
  }

  /** The rest of a reply cannot be had now. */
  breakOff(chatId: string, conversationId: string): void {
    this.#conversations.set(chatId, conversationId)
  }

  /**
   * A chat leaves its reply. `left` resolves when it has. Resolves with whether the chat reads on: the AI SDK aborts the
   * earlier reading of a chat that resumes again, and asks for the next one before anything else runs.
   */
  async leave(chatId: string, conversationId: string | undefined, left: Promise<void>): Promise<boolean> {
    for (const key of [chatId, conversationId]) if (key !== undefined) this.#waitFor(key, left)
    const resumes = this.#resumesOf(chatId)
    const isKept = isUuid(chatId) || conversationId === undefined
    if (!isKept) this.#conversations.set(chatId, conversationId)
    await Promise.resolve()
    const isResumed = this.#resumesOf(chatId) > resumes
    if (!isKept && !isResumed) this.#conversations.delete(chatId)
    return isResumed
  }

  /** Resolves when the replies that the chat or its conversation has left are over, because the server writes one at a time. */
  async whenFree(options: SendOptions): Promise<void> {
    const isFirst = !isUuid(options.chatId) && options.messages.length === 1 && isAdded(options)
    const keys = isFirst ? [] : [options.chatId, this.conversationOf(options) ?? '']
    await Promise.all(keys.map(key => this.#leaving.get(key)))
  }

  #waitFor(key: string, left: Promise<void>): void {
    const all = Promise.all([this.#leaving.get(key), left])
    this.#leaving.set(key, all)
    void all.then(() => this.#leaving.get(key) === all && this.#leaving.delete(key))
  }

  #resumesOf(chatId: string): number {
    return this.#resumes.get(chatId) ?? 0
  }
}

/** The last message is new, and not one that is edited or answered again. */
function isAdded({ trigger, messageId }: SendOptions): boolean {
  return trigger === 'submit-message' && messageId === undefined
}
