import { randomBytes } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import type {
  Message,
  SharedConversation,
  ShareListResponse,
  ShareResponse,
} from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import type { Key } from '../conversations/key.ts'
import { findConversation } from '../database/conversations.ts'
import { listBranch, toMessage } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import { listRuns } from '../database/runs.ts'
import type { ConversationRow } from '../database/schema.ts'
import { deleteShare, findSharedConversation, insertShare, listShares } from '../database/shares.ts'

/** Of an address that nobody can guess. */
const ID_BYTES = 18

/** Frozen copies of conversations, for whoever has their address. */
export function createShareService({ database, clock }: { database: Database; clock: Clock }) {
  /** Copies the current branch as it is stored now. Throws `NOT_FOUND`. */
  async function create(key: Key): Promise<ShareResponse> {
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

  /** Those of one conversation, newest first. Throws `NOT_FOUND`. */
  async function list(key: Key): Promise<ShareListResponse> {
    if (!(await findConversation(database.queries, key))) throw new RiachoError('NOT_FOUND')
    return {
      shares: await listShares(database.queries, { ownerId: key.ownerId, conversationId: key.id }),
    }
  }

  /** All that an owner has, newest first. */
  async function listAll(ownerId: string): Promise<ShareListResponse> {
    return { shares: await listShares(database.queries, { ownerId }) }
  }

  /** From then on nobody can read it. Throws `NOT_FOUND`. */
  async function revoke(key: Key): Promise<void> {
    if (!(await database.write('power', queries => deleteShare(queries, key))))
      throw new RiachoError('NOT_FOUND')
  }

  /** For anybody. Throws `NOT_FOUND`. */
  async function read(id: string): Promise<SharedConversation> {
    const conversation = await findSharedConversation(database.queries, id)
    if (conversation === undefined) throw new RiachoError('NOT_FOUND')
    return conversation
  }

  return { create, list, listAll, revoke, read }
}

/** Says nothing by which a reader could find its owner: messages are numbered anew. */
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
