import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import { textOf } from '../../protocol/events.ts'
import type { Caller } from '../access/caller.ts'
import { type Clock, within } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import { findConversation, settleTitle } from '../database/conversations.ts'
import { listMessages, partsOf } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import type { ConversationRow } from '../database/schema.ts'
import { toldText } from '../generation/history.ts'
import type { Provider, TitleRequest } from '../generation/provider.ts'
import type { Subscription } from '../log/subscribe.ts'
import { cleanTitle } from './cleanTitle.ts'

export interface TitleServiceOptions {
  database: Database
  /** Absent: the first words are the titles. */
  write: Provider['title']
  /** The first one is the default. */
  assistants: readonly Assistant[]
  clock: Clock
  logger: Logger
}

/** Told of a title as it is written. */
export interface TitleReader {
  /** More of it. */
  content(text: string): void
  /** The conversation's title, whatever came before. */
  end(title: string): void
}

/** A title being written, or being looked up: one for all that ask for it at a time. */
interface Writing {
  readonly readers: Set<TitleReader>
  /** What readers have been given. */
  shown: string
  title: string | undefined
  /** Rejects with `NOT_FOUND`. */
  readonly found: Promise<void>
}

/** Characters a provider may write before it is interrupted. */
const MAX_WRITTEN = 160

/**
 * Gives conversations a better title than their first words, once each. What a provider writes belongs to no reader, as
 * a run does not; and it never replaces a title that a person gave.
 */
export function createTitleService({ database, write, assistants, clock, logger }: TitleServiceOptions) {
  const writings = new Map<string, Writing>()
  const works = new Set<Promise<void>>()
  const abort = new AbortController()

  /**
   * Follows the title of a conversation, and has it written if it is provisional and there is a reply to make it from.
   * Rejects, before the reader is told anything, with `NOT_FOUND`.
   */
  async function subscribe(caller: Caller, id: string, reader: TitleReader): Promise<Subscription> {
    const key = `${caller.ownerId} ${id}`
    // Looked up and begun in one synchronous block: of two that ask at once the second one finds the first one's.
    const writing = writings.get(key) ?? begin(key, caller, id)
    await writing.found
    if (writing.shown) reader.content(writing.shown)
    if (writing.title === undefined) writing.readers.add(reader)
    else reader.end(writing.title)
    return { unsubscribe: () => void writing.readers.delete(reader) }
  }

  function begin(key: string, caller: Caller, id: string): Writing {
    const found = Promise.withResolvers<void>()
    const writing: Writing = { readers: new Set(), shown: '', title: undefined, found: found.promise }
    writings.set(key, writing)
    const work = findConversation(database.queries, { id, ownerId: caller.ownerId })
      .then(async conversation => {
        if (!conversation) throw new RiachoError('NOT_FOUND')
        found.resolve()
        writing.title = await titleFor(conversation, caller, writing)
        for (const reader of writing.readers) reader.end(writing.title)
      })
      .catch(found.reject)
      .finally(() => {
        writings.delete(key)
        works.delete(work)
      })
    works.add(work)
    return writing
  }

  /** The title to stay, stored as final; or the provisional one while there is nothing to make another from. */
  async function titleFor(
    conversation: ConversationRow,
    { locale }: Caller,
    writing: Writing,
  ): Promise<string> {
    const { id, title: firstWords } = conversation
    if (conversation.title_final === 1) return firstWords
    try {
      const beginning = await beginningOf(conversation)
      if (write && !beginning) return firstWords
      const request = write && beginning && { ...beginning, model: modelOf(conversation), locale }
      const title = request && (await written(request, writing))
      const isSettled = await database.write('power', queries => settleTitle(queries, { id, title }))
      if (isSettled) return title ?? firstWords
      const { owner_id: ownerId } = conversation
      return (await findConversation(database.queries, { id, ownerId }))?.title ?? firstWords
    } catch (error) {
      logger.warn({ err: error, conversationId: id }, 'the title could not be stored')
      return firstWords
    }
  }

  /** What the provider makes of it; `undefined` when it fails, or writes nothing that could be a title. */
  async function written(request: TitleRequest, writing: Writing): Promise<string | undefined> {
    let text = ''
    try {
      for await (const piece of write?.(request, abort.signal) ?? []) {
        text += piece
        show(writing, cleanTitle(text))
        if (text.length > MAX_WRITTEN || /\S\s*\n/.test(text)) break
      }
      if (abort.signal.aborted) return undefined
    } catch (error) {
      logger.warn({ err: error }, 'the provider failed at a title')
      return undefined
    }
    return cleanTitle(text) || undefined
  }

  /** Where cleaning took back what was shown, readers wait for the end. */
  function show(writing: Writing, title: string): void {
    if (!title.startsWith(writing.shown) || title === writing.shown) return
    const content = title.slice(writing.shown.length)
    writing.shown = title
    for (const reader of writing.readers) reader.content(content)
  }

  /** The first reply with a text, and its question. */
  async function beginningOf({
    id,
  }: ConversationRow): Promise<{ question: string; reply: string } | undefined> {
    const messages = await listMessages(database.queries, id)
    for (const message of messages) {
      const reply = message.role === 'ASSISTANT' ? textOf(partsOf(message)) : ''
      const question = messages.find(({ id }) => id === message.parent_id)
      if (reply.trim() && question) return { question: toldText(partsOf(question)), reply }
    }
    return undefined
  }

  function modelOf({ assistant }: ConversationRow): string {
    return (assistants.find(({ id }) => id === assistant) ?? assistants[0])?.model ?? ''
  }

  return {
    subscribe,
    /** Lets titles be written for `ms` milliseconds; those that are not done by then stay the first words. */
    async close(ms: number): Promise<void> {
      await within(ms, clock, Promise.all(works))
      abort.abort()
      await Promise.all(works)
    },
  }
}
