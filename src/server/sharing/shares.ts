import { randomBytes } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import type {
  Message,
  SharedConversation,
  ShareListResponse,
  ShareResponse,
} from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import { findConversation } from '../database/conversations.ts'
import { listBranch, toMessage } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import { listRuns } from '../database/runs.ts'
import type { ConversationRow } from '../database/schema.ts'
import { deleteShare, findSharedConversation, insertShare, listShares } from '../database/shares.ts'

/** So many random bytes that nobody can guess the address. */
const ID_BYTES = 18

/** Frozen copies of conversations. Everyone who has the address of a copy can read it. */
export function createShareService({ database, clock }: { database: Database; clock: Clock }) {
  /** Copies the current branch as it is stored now. Throws `NOT_FOUND`. */
  async function create(key: OwnedId): Promise<ShareResponse> {
    return database.write('power', async queries => {
      const conversation = await findConversation(queries, key)
      if (!conversation) throw new RiachoError('NOT_FOUND')
      const { title, head_message_id: messageId } = conversation
      const branch = messageId ? await listBranch(queries, { conversationId: key.id, messageId }) : []
      const runs = new Map((await listRuns(queries, key.id)).map(run => [run.id, run]))
      const messages = branch.map(row => toMessage(row, runs.get(row.run_id ?? '')))
      const id = randomBytes(ID_BYTES).toString('base64url')
      const createdAt = clock.now()
      await insertShare(queries, {
        id,
        owner_id: key.ownerId,
        conversation_id: key.id,
        title,
        conversation: JSON.stringify(copyOf(conversation, messages, createdAt)),
        created_at: createdAt,
      })
      return { share: { id, conversationId: key.id, title, createdAt } }
    })
  }

  /** The shares of one conversation, newest first. Throws `NOT_FOUND`. */
  async function list(key: OwnedId): Promise<ShareListResponse> {
    if (!(await findConversation(database.queries, key))) throw new RiachoError('NOT_FOUND')
    return {
      shares: await listShares(database.queries, { ownerId: key.ownerId, conversationId: key.id }),
    }
  }

  /** All shares of an owner, newest first. */
  async function listAll(ownerId: string): Promise<ShareListResponse> {
    return { shares: await listShares(database.queries, { ownerId }) }
  }

  /** Deletes a share, so that nobody can read it any more. Throws `NOT_FOUND`. */
  async function revoke(key: OwnedId): Promise<void> {
    if (!(await database.write('power', queries => deleteShare(queries, key))))
      throw new RiachoError('NOT_FOUND')
  }

  /** Reads a share, for anybody. Throws `NOT_FOUND`. */
  async function read(id: string): Promise<SharedConversation> {
    const conversation = await findSharedConversation(database.queries, id)
    if (conversation === undefined) throw new RiachoError('NOT_FOUND')
    return conversation
  }

  return { create, list, listAll, revoke, read }
}

/** The copy names nothing that leads to its owner, so its messages get new numbers as ids. */
function copyOf(
  { title, assistant }: ConversationRow,
  messages: readonly Message[],
  createdAt: number,
): SharedConversation {
  return {
    title,
    assistant,
    createdAt,
    messages: messages.map((message, index) => ({
      id: String(index + 1),
      role: message.role,
      parts: message.parts,
      createdAt: message.createdAt,
      ...(message.role === 'ASSISTANT' && { timing: message.timing }),
    })),
  }
}
