import type { AdminConversationResponse } from '../../protocol/admin/adminResponses.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { SharedMessage } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import { keysOfBranch, readMessages } from '../conversations/messageSlices.ts'
import { findAccount } from '../database/accounts/accounts.ts'
import { findConversationOfAnybody, noteRead } from '../database/administration/adminReads.ts'
import { writeAuditLine } from '../database/administration/audit.ts'
import type { Database } from '../database/database.ts'
import { copiesOf } from '../sharing/shares.ts'

/** An `AdminConversationResponse` whose messages are read while they are sent. */
export interface AdminReading extends Omit<AdminConversationResponse, 'messages'> {
  messages: AsyncIterable<SharedMessage[]>
}

export interface ReadConversationOptions {
  database: Pick<Database, 'queries' | 'writeFor'>
  clock: Pick<Clock, 'now'>
  /** The time that all nodes share. */
  steadyTime: () => number
}

/** Lets an administrator read conversations of others, each time with a line of the audit and a notice to the owner. */
export function createReadConversation({ database, clock, steadyTime }: ReadConversationOptions) {
  /** Gives the open branch. Line and notice are stored before a word is read. Throws `NOT_FOUND`. */
  return async function readConversation(actorId: string, id: string): Promise<AdminReading> {
    const { queries } = database
    const found = await findConversationOfAnybody(queries, id)
    if (!found) throw new RiachoError('NOT_FOUND')
    const { owner_id: ownerId } = found
    await database.writeFor(ownerId, 'power', async tx => {
      if (!(await noteRead(tx, { id, ownerId, at: clock.now() }))) throw new RiachoError('NOT_FOUND')
      await writeAuditLine(tx, {
        at: steadyTime(),
        actorId,
        action: 'conversation-read',
        subject: ownerId,
        detail: id,
      })
    })
    const keys = await keysOfBranch(queries, { conversationId: id, messageId: found.head_message_id })
    const account = await findAccount(queries, { ownerId })
    return {
      id,
      ownerId,
      email: account?.email ?? null,
      title: found.title,
      assistant: found.assistant,
      createdAt: found.created_at,
      messages: copiesOf(readMessages(queries, keys)),
    }
  }
}
