import { setImmediate } from 'node:timers/promises'
import { numberedName } from '../../protocol/attachmentNames.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { EXPORT_MESSAGES } from '../../protocol/exportMessages.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { StoredFile } from '../../protocol/parts.ts'
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
import { safeFileName } from '../fileName.ts'
import type { FileService } from '../files/fileService.ts'
import { jsonOf } from '../jsonOf.ts'
import { conversationMarkdown, type MarkdownOptions } from './conversationMarkdown.ts'
import { type ZipEntry, zipOf } from './zip.ts'

/** How long the export writes before other requests run, in milliseconds. */
const MAX_TURN = 5
/** The shortest piece of a file but for the last, in UTF-16 units. */
const MIN_PIECE = 16 * 1024

export interface ExportServiceOptions {
  database: Database
  conversations: ConversationService
  /** Absent where there is no place for files. */
  files: Pick<FileService, 'open'> | undefined
  assistants: readonly Assistant[]
  clock: Clock
}

/**
 * A file for the person to keep. Its name contains the title, which a person wrote. Whoever sends the file cleans the
 * name.
 */
export interface ExportedFile<Piece = string> {
  name: string
  content: AsyncIterable<Piece>
}

/** Exports what an owner has. */
export function createExportService(options: ExportServiceOptions) {
  const { database, conversations, files, assistants, clock } = options

  /** The current branch of a conversation as Markdown, in `locale`. Throws `NOT_FOUND`. */
  async function markdown(key: OwnedId, locale: Locale): Promise<ExportedFile> {
    const { name, pieces } = await markdownOf(key, locale)
    return { name: `${name}.md`, content: gathered(pieces, clock) }
  }

  /** The same in a zip, with the files of the branch. Throws `NOT_FOUND`. */
  async function zip(key: OwnedId, locale: Locale): Promise<ExportedFile<Uint8Array>> {
    const names = new FileNames()
    const { name, pieces } = await markdownOf(key, locale, file => names.pathOf(file))
    const { ownerId } = key
    const entries = async function* (): AsyncGenerator<ZipEntry, undefined> {
      yield { name: `${safeFileName(name)}.md`, isPacked: false, content: encoded(gathered(pieces, clock)) }
      for (const [id, path] of names.paths) {
        // It may have been erased since the zip began.
        const file = await files?.open({ id, ownerId }).catch(undefinedIfDeleted)
        if (file) yield { name: path, isPacked: isPacked(file.mediaType), content: file.content }
      }
    }
    return { name: `${name}.zip`, content: zipOf(entries()) }
  }

  async function markdownOf(key: OwnedId, locale: Locale, pathOf?: MarkdownOptions['pathOf']) {
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
      pathOf,
    })
    return { name: title || words.untitled, pieces }
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

  return { markdown, zip, json, everything }
}

/** It may be deleted while others are exported. */
function undefinedIfDeleted(error: unknown): undefined {
  if (!(error instanceof RiachoError && error.code === 'NOT_FOUND')) throw error
}

/** The paths of files in a zip. No two are the same, also where names differ in their case alone. */
class FileNames {
  /** By the ids of the files, in the order in which they were named. */
  readonly paths = new Map<string, string>()
  readonly #taken = new Set<string>()

  pathOf({ fileId, name }: StoredFile): string {
    const known = this.paths.get(fileId)
    if (known) return known
    const safe = safeFileName(name)
    let path = `files/${safe}`
    for (let number = 2; this.#taken.has(path.toLowerCase()); number++)
      path = `files/${numberedName(safe, number)}`
    this.#taken.add(path.toLowerCase())
    this.paths.set(fileId, path)
    return path
  }
}

/** Kinds of files that packing makes no smaller. Office documents are zips. */
function isPacked(mediaType: string): boolean {
  return !mediaType.startsWith('text/')
}

async function* encoded(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array, undefined> {
  for await (const piece of pieces) yield Buffer.from(piece)
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
