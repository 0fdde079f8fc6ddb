import { randomBytes } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import type { Locale } from '../../protocol/locale.ts'
import type {
  Message,
  SharedConversation,
  SharedMessage,
  ShareListResponse,
  ShareResponse,
} from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import { type Assistant, nameOfAssistant } from '../config/assistant.ts'
import { keysOfBranch, readMessages } from '../conversations/messageSlices.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import { findLasting } from '../conversations/requireOpen.ts'
import type { RequireRoom } from '../conversations/requireRoom.ts'
import { findConversation } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { findFile } from '../database/files/files.ts'
import { isFileOf } from '../database/files/messageFiles.ts'
import { deleteShare, findShare, insertShare, listShares, oldCopyOf } from '../database/shares.ts'
import type { FileReading, FileService } from '../files/fileService.ts'

/** So many random bytes that nobody can guess the address. */
const ID_BYTES = 18

/** A `SharedConversation` whose messages are read while they are sent. */
export interface SharedReading extends Omit<SharedConversation, 'messages'> {
  messages: AsyncIterable<SharedMessage[]>
}

export interface ShareServiceOptions {
  database: Database
  assistants: readonly Assistant[]
  requireRoom: RequireRoom
  /** Absent where there is no place for files. */
  files: Pick<FileService, 'openContent'> | undefined
  clock: Clock
}

/** Frozen copies of conversations. Everyone who has the address of a copy can read it. */
export function createShareService(options: ShareServiceOptions) {
  const { database, assistants, requireRoom, files, clock } = options

  /**
   * Shares the current branch as it is stored now. Messages never change, so the share keeps only the last one's id, and
   * the assistant's name in `locale`. Throws `NOT_FOUND`, `CONVERSATION_TEMPORARY`, `QUOTA_EXCEEDED`.
   */
  async function create(key: OwnedId, locale: Locale): Promise<ShareResponse> {
    return database.writeFor(key.ownerId, 'power', async queries => {
      const conversation = await findLasting(queries, key)
      await requireRoom(queries, key.ownerId, { rows: 1, textBytes: 0 })
      const { title, head_message_id } = conversation
      const id = randomBytes(ID_BYTES).toString('base64url')
      const createdAt = clock.now()
      await insertShare(queries, {
        id,
        owner_id: key.ownerId,
        conversation_id: key.id,
        title,
        conversation: '',
        assistant: conversation.assistant,
        assistant_name: nameOfAssistant(conversation.assistant, { assistants, locale }),
        head_message_id,
        created_at: createdAt,
      })
      return { share: { id, conversationId: key.id, title, createdAt } }
    })
  }

  /** The shares of one conversation, newest first. Throws `NOT_FOUND`. */
  async function list(key: OwnedId): Promise<ShareListResponse> {
    if (!(await findConversation(database.queries, key))) throw new RiachoError('NOT_FOUND')
    return { shares: await listShares(database.queries, { ownerId: key.ownerId, conversationId: key.id }) }
  }

  /** All shares of an owner, newest first. */
  const listAll = async (ownerId: string): Promise<ShareListResponse> => ({
    shares: await listShares(database.queries, { ownerId }),
  })

  /** Deletes a share, so that nobody can read it any more. Throws `NOT_FOUND`. */
  async function revoke(key: OwnedId): Promise<void> {
    if (!(await database.write('power', queries => deleteShare(queries, key))))
      throw new RiachoError('NOT_FOUND')
  }

  /** Reads a share, for anybody. Throws `NOT_FOUND`. */
  async function read(id: string): Promise<SharedReading> {
    const { queries } = database
    const share = await findShare(queries, id)
    if (!share) throw new RiachoError('NOT_FOUND')
    const old = oldCopyOf(share)
    if (old) return { ...old, messages: oneList(old.messages) }
    const { title, assistant, assistant_name: assistantName, created_at: createdAt } = share
    const { conversation_id: conversationId, head_message_id } = share
    const keys = await keysOfBranch(queries, { conversationId, messageId: head_message_id })
    return { title, assistant, assistantName, createdAt, messages: copiesOf(readMessages(queries, keys)) }
  }

  /** Reads a file of a message that a share shows, for anybody. Throws `NOT_FOUND`. */
  async function readFile(id: string, fileId: string): Promise<FileReading> {
    const { queries } = database
    const share = await findShare(queries, id)
    const file = share && files && (await findFile(queries, { id: fileId, ownerId: share.owner_id }))
    if (!file) throw new RiachoError('NOT_FOUND')
    const { conversation_id: conversationId, head_message_id: messageId } = share
    const keys = await keysOfBranch(queries, { conversationId, messageId })
    const numbers = new Set(keys.map(({ number }) => number))
    if (!(await isFileOf(queries, { fileId, numbers }))) throw new RiachoError('NOT_FOUND')
    return files.openContent(file)
  }

  return { create, list, listAll, revoke, read, readFile }
}

/** A share names nothing that leads to its owner, so its messages get new numbers as ids. */
async function* copiesOf(
  slices: AsyncIterable<readonly Message[]>,
): AsyncGenerator<SharedMessage[], undefined> {
  let count = 0
  for await (const slice of slices) {
    yield slice.map(message => {
      count += 1
      return {
        id: String(count),
        role: message.role,
        parts: message.parts,
        createdAt: message.createdAt,
        ...(message.role === 'ASSISTANT' && { timing: message.timing }),
      }
    })
  }
}

async function* oneList<Item>(list: Item[]): AsyncGenerator<Item[], undefined> {
  yield list
}
