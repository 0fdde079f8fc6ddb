import { RiachoError } from '../../protocol/errors.ts'
import { type Attachment, composeParts } from '../../protocol/parts.ts'
import type { SendRequest } from '../../protocol/requests.ts'
import type { Caller } from '../access/caller.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import { newConversation } from '../conversations/newConversation.ts'
import { requireIdle, requireOpen } from '../conversations/requireOpen.ts'
import type { RequireRoom } from '../conversations/requireRoom.ts'
import { insertConversation } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { insertMessageFiles } from '../database/files/messageFiles.ts'
import { findMessage, insertMessage } from '../database/messages.ts'
import type { ConversationRow, MessageRow, Queries } from '../database/schema.ts'
import { claimFiles } from '../files/claimFiles.ts'
import { decideGivenAs } from '../files/searching/givenAs.ts'
import { firstWordsOf } from '../titles/cleanTitle.ts'
import type { AcceptRun } from './acceptRun.ts'
import { findRepeatedSend, idempotencyFields } from './idempotency.ts'

export interface SendOptions {
  database: Database
  acceptRun: AcceptRun
  /** The first one is the default. */
  assistants: readonly Assistant[]
  requireRoom: RequireRoom
  /** The most text of a message with its attachments, in UTF-16 units. */
  maxMessageLength: number
  /** The most tokens of documents whose whole text goes with one message. */
  documentTokens: number
  clock: Clock
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  createId: () => string
  /** Whether titles are written later. If so, the first words are provisional. */
  makesTitles: boolean
}

export function createSend(options: SendOptions) {
  const { database, acceptRun, assistants, requireRoom, maxMessageLength, makesTitles } = options
  const { clock, steadyTime, createId } = options
  /**
   * Stores a user message and starts a run for it. A repeated `clientMessageId` returns the first run. Resolves once
   * both survive a power loss. Throws `NOT_FOUND`, `CONVERSATION_CLOSED`, `RUN_ACTIVE`, `IDEMPOTENCY_MISMATCH`,
   * `INVALID_REQUEST` (unknown assistant), `TOO_LARGE`, `FILE_NOT_READY`, `QUOTA_EXCEEDED`, `TOO_MANY_RUNS`, `LIMIT_REACHED`,
   * `BUDGET_REACHED`, `STORAGE_UNAVAILABLE`.
   */
  return function send(caller: Caller, request: SendRequest): Promise<{ runId: string }> {
    const { ownerId } = caller
    return database.writeFor(ownerId, 'power', async (queries, transaction) => {
      const id = idempotencyFields(request)
      const repeated = await findRepeatedSend(queries, ownerId, id)
      if (repeated) return repeated
      if (lengthOf(request) > maxMessageLength) throw new RiachoError('TOO_LARGE')
      const place = request.conversationId
        ? await requirePlace(queries, { ...request, id: request.conversationId, ownerId })
        : undefined
      const claimed = await claimFiles(queries, ownerId, request.attachments)
      const { fileIds } = claimed
      const attachments = decideGivenAs(claimed.attachments, {
        mostTokens: options.documentTokens,
        asFiles: assistantOf(assistants, place ?? request)?.documents === 'file',
      })
      const parts = JSON.stringify(composeParts({ content: request.content, attachments }))
      await requireRoom(queries, ownerId, {
        rows: request.conversationId ? 1 : 2,
        textBytes: Buffer.byteLength(parts),
      })
      const now = clock.now()
      const conversation = place ?? (await beginConversation(queries, request, { ownerId, now, attachments }))
      const { parentId = conversation.head_message_id } = request
      const message: MessageRow = {
        id: createId(),
        conversation_id: conversation.id,
        owner_id: ownerId,
        parent_id: parentId,
        role: 'USER',
        parts,
        ...id,
        run_id: null,
        created_at: now,
        feedback: null,
      }
      await insertMessage(queries, message)
      if (fileIds.length > 0) await insertMessageFiles(queries, { messageId: message.id, fileIds })
      await transaction.giveWay()
      return acceptRun({ queries, transaction, caller }, { conversation, message })
    })
  }

  /** Stores a new conversation for the message. */
  async function beginConversation(
    queries: Queries,
    { parentId, assistant, content, temporary = false }: SendRequest,
    { ownerId, now, attachments }: { ownerId: string; now: number; attachments: readonly Attachment[] },
  ): Promise<ConversationRow> {
    const title = firstWordsOf(content) || firstWordsOf(attachments[0]?.name ?? '')
    const fields = { id: createId(), ownerId, assistant, title, temporary, now, touchedAt: steadyTime() }
    const row = newConversation(fields, assistants)
    const conversation: ConversationRow = { ...row, title_final: makesTitles && !temporary ? 0 : 1 }
    if (parentId) throw new RiachoError('NOT_FOUND')
    await insertConversation(queries, conversation)
    return conversation
  }
}

/** Who answers. An assistant that is gone is replaced by the first one. */
function assistantOf(
  assistants: readonly Assistant[],
  { assistant }: { assistant?: string | undefined },
): Assistant | undefined {
  return assistants.find(({ id }) => id === assistant) ?? assistants[0]
}

/** The text of a message with the texts that go with it, in UTF-16 units. */
function lengthOf({ content, attachments = [] }: SendRequest): number {
  return attachments.reduce((sum, each) => sum + ('text' in each ? each.text.length : 0), content.length)
}

/** The conversation that the message goes to. Throws unless it is open and idle and contains the parent. */
async function requirePlace(
  queries: Queries,
  { id, ownerId, parentId }: { id: string; ownerId: string; parentId?: string | null | undefined },
): Promise<ConversationRow> {
  const conversation = await requireOpen(queries, { id, ownerId })
  await requireIdle(queries, id)
  const parent = parentId ? await findMessage(queries, { id: parentId, ownerId }) : undefined
  if (parentId && parent?.conversation_id !== id) throw new RiachoError('NOT_FOUND')
  return conversation
}
