import { setImmediate } from 'node:timers/promises'
import { RiachoError } from '../../protocol/errors.ts'
import { EXPORT_MESSAGES } from '../../protocol/exportMessages.ts'
import type { Locale } from '../../protocol/locale.ts'
import { pathTo } from '../../protocol/messageTree.ts'
import type { ConversationExport } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import { type Assistant, describeAssistant } from '../config/assistant.ts'
import type { ConversationService } from '../conversations/conversationService.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import { listConversationIds } from '../database/conversations.ts'
import type { Database } from '../database/open.ts'
import { listShares } from '../database/shares.ts'
import { conversationMarkdown } from './conversationMarkdown.ts'

export interface ExportServiceOptions {
  database: Database
  conversations: ConversationService
  assistants: readonly Assistant[]
  clock: Clock
}

/**
 * A file for the person to keep. Its name contains the title, which a person wrote. Whoever sends the file cleans the
 * name.
 */
export interface ExportedFile {
  name: string
  content: string
}

/** Exports what an owner has. */
export function createExportService(options: ExportServiceOptions) {
  const { database, conversations, assistants, clock } = options

  /** The current branch of a conversation as Markdown, in `locale`. Throws `NOT_FOUND`. */
  async function markdown(key: OwnedId, locale: Locale): Promise<ExportedFile> {
    const words = EXPORT_MESSAGES[locale]
    const { conversation, messages } = await conversations.read(key)
    const assistant = assistants.find(({ id }) => id === conversation.assistant)
    const content = conversationMarkdown({
      title: conversation.title,
      branch: pathTo(messages, conversation.headMessageId),
      assistant: assistant ? describeAssistant(assistant, locale).name : conversation.assistant,
      words,
    })
    return { name: `${conversation.title || words.untitled}.md`, content }
  }

  /** Every message of a conversation as JSON. Throws `NOT_FOUND`. */
  async function json(key: OwnedId, locale: Locale): Promise<ExportedFile> {
    const exported = await exportOf(key)
    const { title } = exported.conversation
    return {
      name: `${title || EXPORT_MESSAGES[locale].untitled}.json`,
      content: JSON.stringify(exported, null, 2),
    }
  }

  /** The JSON of an `OwnerExport`, piece by piece. Only one conversation is in memory at a time. */
  async function* everything(ownerId: string): AsyncGenerator<string> {
    let separator = '\n'
    yield `{"exportedAt":${clock.now()},"conversations":[`
    for (const id of await listConversationIds(database.queries, ownerId)) {
      const exported = await exportOf({ id, ownerId }).catch(undefinedIfDeleted)
      if (!exported) continue
      yield separator + JSON.stringify(exported)
      separator = ',\n'
      // Lets other requests run between two conversations.
      await setImmediate()
    }
    yield '\n]}\n'
  }

  async function exportOf(key: OwnedId): Promise<ConversationExport> {
    const { conversation, messages } = await conversations.read(key)
    const { id, ownerId } = key
    return {
      conversation,
      messages,
      shares: await listShares(database.queries, { ownerId, conversationId: id }),
    }
  }

  return { markdown, json, everything }
}

/** Its conversation may be deleted while others are exported. */
function undefinedIfDeleted(error: unknown): undefined {
  if (!(error instanceof RiachoError && error.code === 'NOT_FOUND')) throw error
}
