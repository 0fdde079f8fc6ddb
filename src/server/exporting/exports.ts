import { setImmediate } from 'node:timers/promises'
import { RiachoError } from '../../protocol/errors.ts'
import { EXPORT_MESSAGES } from '../../protocol/exportMessages.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { Message } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import { type Assistant, nameOfAssistant } from '../config/assistant.ts'
import type { ConversationService } from '../conversations/conversationService.ts'
import { keysOfBranch, readMessages } from '../conversations/messageSlices.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import { findConversation, listConversationIds } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import type { Queries } from '../database/schema.ts'
import { listShares } from '../database/shares.ts'
import { jsonOf } from '../jsonOf.ts'
import { conversationMarkdown } from './conversationMarkdown.ts'

/** How long the export writes before other requests run, in milliseconds. */
const MAX_TURN = 5
/** The shortest piece of a file but for the last, in UTF-16 units. */
const MIN_PIECE = 16 * 1024

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
  content: AsyncIterable<string>
}

/** Exports what an owner has. */
export function createExportService(options: ExportServiceOptions) {
  const { database, conversations, assistants, clock } = options

  /** The current branch of a conversation as Markdown, in `locale`. Throws `NOT_FOUND`. */
  async function markdown(key: OwnedId, locale: Locale): Promise<ExportedFile> {
    const words = EXPORT_MESSAGES[locale]
    const { queries } = database
    const conversation = await findConversation(queries, key)
    if (!conversation) throw new RiachoError('NOT_FOUND')
    const { title, head_message_id: messageId } = conversation
    const pieces = conversationMarkdown({
      title,
      branch: branchOf(queries, { conversationId: key.id, messageId }),
      assistant: nameOfAssistant(conversation.assistant, { assistants, locale }),
      words,
    })
    return { name: `${title || words.untitled}.md`, content: gathered(pieces, clock) }
  }

  /** Every message of a conversation as JSON. Throws `NOT_FOUND`. */
  async function json(key: OwnedId, locale: Locale): Promise<ExportedFile> {
    const exported = await exportOf(key)
    const { title } = exported.conversation
    return {
      name: `${title || EXPORT_MESSAGES[locale].untitled}.json`,
      content: jsonOf(exported, { indent: 2 }),
    }
  }

  /** The JSON of an `OwnerExport`, piece by piece. */
  async function* everything(ownerId: string): AsyncGenerator<string> {
    let separator = '\n'
    yield `{"exportedAt":${clock.now()},"conversations":[`
    for (const id of await listConversationIds(database.queries, ownerId)) {
      const exported = await exportOf({ id, ownerId }).catch(undefinedIfDeleted)
      if (!exported) continue
      yield separator
      yield* jsonOf(exported)
      separator = ',\n'
      // Lets other requests run between two conversations.
      await setImmediate()
    }
    yield '\n]}\n'
  }

  /** A `ConversationExport` whose messages are read while they are sent. */
  async function exportOf(key: OwnedId) {
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

async function* branchOf(
  queries: Queries,
  branch: { conversationId: string; messageId: string | null },
): AsyncGenerator<Message, undefined> {
  for await (const slice of readMessages(queries, await keysOfBranch(queries, branch))) yield* slice
}

/**
 * Joins pieces to longer ones. Lets other requests run in between, because writing Markdown takes longer than reading
 * it.
 */
async function* gathered(pieces: AsyncIterable<string>, clock: Clock): AsyncGenerator<string, undefined> {
  let text = ''
  let before = clock.monotonic()
  for await (const piece of pieces) {
    text += piece
    if (clock.monotonic() - before < MAX_TURN) continue
    await setImmediate()
    before = clock.monotonic()
    if (text.length < MIN_PIECE) continue
    yield text
    text = ''
  }
  yield text
}
