import { randomBytes } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import type {
  Message,
  Share,
  SharedConversation,
  SharedMessage,
  ShareListResponse,
  ShareResponse,
  SharingMode,
} from '../../protocol/responses.ts'
import type { Caller } from '../access/caller.ts'
import type { Clock } from '../clock.ts'
import { type Assistant, nameOfAssistant } from '../config/assistant.ts'
import { keysOfBranch, readMessages } from '../conversations/messageSlices.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import { findLasting } from '../conversations/requireOpen.ts'
import type { RequireRoom } from '../conversations/requireRoom.ts'
import { findAccount } from '../database/accounts/accounts.ts'
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
  /** Who may make copies and read them. */
  sharing: SharingMode
  clock: Clock
}

/** Frozen copies of conversations. Everyone who has the address of a copy can read it, unless `sharing` says otherwise. */
export function createShareService(options: ShareServiceOptions) {
  const { database, assistants, requireRoom, sharing, files, clock } = options

  /** Whether somebody may make copies and read them. */
  async function mayShare(caller: Caller | undefined): Promise<boolean> {
    if (sharing === 'anyone') return true
    if (sharing === 'off' || !caller) return false
    // A host has signed its people in. A key may be that of a visitor.
    if (caller.kind === 'host' || caller.accountId !== undefined) return true
    return caller.kind === 'key' && (await findAccount(database.queries, caller)) !== undefined
  }

  /**
   * Shares the current branch as it is stored now. Messages never change, so the share keeps only the last one's id, and
   * the assistant's name in the caller's language. Throws `SHARING_NOT_ALLOWED`, `NOT_FOUND`, `CONVERSATION_TEMPORARY`,
   * `QUOTA_EXCEEDED`.
   */
  async function create(caller: Caller, conversationId: string): Promise<ShareResponse> {
    const { locale } = caller
    const key = { id: conversationId, ownerId: caller.ownerId }
    if (!(await mayShare(caller))) throw new RiachoError('SHARING_NOT_ALLOWED')
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
  async function list(caller: Caller, conversationId: string): Promise<ShareListResponse> {
    const { ownerId } = caller
    if (!(await findConversation(database.queries, { id: conversationId, ownerId })))
      throw new RiachoError('NOT_FOUND')
    return listed(caller, await listShares(database.queries, { ownerId, conversationId }))
  }

  /** All shares of an owner, newest first. */
  const listAll = async (caller: Caller): Promise<ShareListResponse> =>
    listed(caller, await listShares(database.queries, { ownerId: caller.ownerId }))

  const listed = async (caller: Caller, shares: Share[]): Promise<ShareListResponse> => ({
    shares,
    sharing,
    mayShare: await mayShare(caller),
  })

  /** Deletes a share, so that nobody can read it any more. Throws `NOT_FOUND`. */
  async function revoke(key: OwnedId): Promise<void> {
    if (!(await database.write('power', queries => deleteShare(queries, key))))
      throw new RiachoError('NOT_FOUND')
  }

  /** Reads a share. To whom it is closed it is unknown. Throws `NOT_FOUND`. */
  async function read(id: string, caller: Caller | undefined): Promise<SharedReading> {
    const { queries } = database
    const share = (await mayShare(caller)) ? await findShare(queries, id) : undefined
    if (!share) throw new RiachoError('NOT_FOUND')
    const old = oldCopyOf(share)
    if (old) return { ...old, messages: oneList(old.messages) }
    const { title, assistant, assistant_name: assistantName, created_at: createdAt } = share
    const { conversation_id: conversationId, head_message_id } = share
    const keys = await keysOfBranch(queries, { conversationId, messageId: head_message_id })
    return { title, assistant, assistantName, createdAt, messages: copiesOf(readMessages(queries, keys)) }
  }

  /** Reads a file of a message that a share shows, for whoever may read the share. Throws `NOT_FOUND`. */
  async function readFile(id: string, fileId: string, caller: Caller | undefined): Promise<FileReading> {
    const { queries } = database
    const share = (await mayShare(caller)) ? await findShare(queries, id) : undefined
    const file = share && files && (await findFile(queries, { id: fileId, ownerId: share.owner_id }))
    if (!file) throw new RiachoError('NOT_FOUND')
    const { conversation_id: conversationId, head_message_id: messageId } = share
    const keys = await keysOfBranch(queries, { conversationId, messageId })
    const numbers = new Set(keys.map(({ number }) => number))
    if (!(await isFileOf(queries, { fileId, numbers }))) throw new RiachoError('NOT_FOUND')
    return files.openContent(file)
  }

  return { sharing, create, list, listAll, revoke, read, readFile }
}

/** Messages with new numbers as ids, so that they name nothing that leads to their owner. */
export async function* copiesOf(
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
