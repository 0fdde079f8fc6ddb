import type { Logger } from 'pino'
import type { Locale } from '../../protocol/locale.ts'
import { textOf } from '../../protocol/parts.ts'
import type { Assistant } from '../config/assistant.ts'
import { keysOfConversation, readMessages } from '../conversations/messageSlices.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import { findConversation, makeTitleFinal } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { lastNumber } from '../database/messageKeys.ts'
import { findMessage, partsOf } from '../database/messages.ts'
import type { ConversationRow, Queries } from '../database/schema.ts'
import type { Provider, TitleRequest } from '../generation/provider.ts'
import { writeTitle } from './writeTitle.ts'

export interface TitleMakerOptions {
  database: Database
  /** If absent, the first words are the title. */
  write?: Provider['title']
  /** The first one is the default. */
  assistants: readonly Assistant[]
  logger: Logger
}

export interface TitleOptions {
  locale: Locale
  signal: AbortSignal
  /** Is called with the title so far. */
  onTitle: (title: string) => void
}

export function createTitleMaker({ database, write, assistants, logger }: TitleMakerOptions) {
  /**
   * Makes the final title and resolves with it once it is stored. Resolves with the provisional title if there is no
   * reply yet to make a final one from, or if the final one cannot be stored. Never replaces a title that a person
   * gave. Does not throw.
   */
  return async function makeTitle(conversation: ConversationRow, options: TitleOptions): Promise<string> {
    const { id, owner_id: ownerId, title: firstWords } = conversation
    if (conversation.title_final === 1) return firstWords
    try {
      const beginning = await beginningOf(database.queries, { id, ownerId })
      if (write && !beginning) return firstWords
      const { locale } = options
      const request = beginning && { ...beginning, ...modelOf(conversation), locale }
      const title = write && request && (await writeTitle(request, { ...options, write, logger }))
      const isFinal = await database.write('power', queries => makeTitleFinal(queries, { id, title }))
      if (isFinal) return title ?? firstWords
      return (await findConversation(database.queries, { id, ownerId }))?.title ?? firstWords
    } catch (error) {
      logger.warn({ err: error, conversationId: id }, 'the title could not be stored')
      return firstWords
    }
  }

  function modelOf({ assistant }: ConversationRow): Pick<TitleRequest, 'model' | 'choices'> {
    const { model = '', choices } = assistants.find(({ id }) => id === assistant) ?? assistants[0] ?? {}
    return { model, choices }
  }
}

/** The first reply with text, and its question. */
async function beginningOf(
  queries: Queries,
  { id: conversationId, ownerId }: OwnedId,
): Promise<Pick<TitleRequest, 'question' | 'reply'> | undefined> {
  const keys = await keysOfConversation(queries, { conversationId, last: await lastNumber(queries) })
  for await (const slice of readMessages(queries, keys)) {
    for (const { role, parts, parentId } of slice) {
      if (role === 'USER' || !textOf(parts).trim()) continue
      const question = await findMessage(queries, { id: parentId, ownerId })
      if (question) return { question: partsOf(question), reply: parts }
    }
  }
  return undefined
}
