import { RiachoError } from '../../protocol/errors.ts'
import { nextPartId, type Part } from '../../protocol/parts.ts'
import type { CreateRunRequest } from '../../protocol/requests.ts'
import type { Caller } from '../access/caller.ts'
import { requireIdle, requireOpen } from '../conversations/requireOpen.ts'
import type { RequireRoom } from '../conversations/requireRoom.ts'
import type { Database } from '../database/database.ts'
import { findMessage, partsOf } from '../database/messages.ts'
import { findRun, toRunEnd } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'
import type { AcceptRun } from './acceptRun.ts'
import { findRepeatedRerun } from './idempotency.ts'

export interface RerunOptions {
  database: Database
  acceptRun: AcceptRun
  requireRoom: RequireRoom
}

export function createRerun({ database, acceptRun, requireRoom }: RerunOptions) {
  /**
   * Starts another run for a stored user message: a new reply, or one that continues a reply that broke off. A repeated
   * `clientRunId` returns the first run. Throws as `send` does, and `INVALID_REQUEST` for a reply that did not break
   * off.
   */
  return function rerun(caller: Caller, request: CreateRunRequest): Promise<{ runId: string }> {
    const { ownerId } = caller
    const { clientRunId, userMessageId, continueMessageId } = request
    return database.writeFor(ownerId, 'power', async (queries, transaction) => {
      const repeated = await findRepeatedRerun(queries, ownerId, request)
      if (repeated) return repeated
      const message = await findMessage(queries, { id: userMessageId, ownerId })
      if (message?.role !== 'USER') throw new RiachoError('NOT_FOUND')
      const conversation = await requireOpen(queries, { id: message.conversation_id, ownerId })
      await requireIdle(queries, conversation.id)
      // The reply counts once it is stored.
      await requireRoom(queries, ownerId, { rows: 0, textBytes: 0 })
      const continued = continueMessageId
        ? await brokenReply(queries, { id: continueMessageId, ownerId, userMessageId })
        : undefined
      return acceptRun({ queries, transaction, caller }, { conversation, message, clientRunId, continued })
    })
  }
}

/** The parts of the reply to continue, and the break as the last of them. */
async function brokenReply(
  queries: Queries,
  { id, ownerId, userMessageId }: { id: string; ownerId: string; userMessageId: string },
): Promise<{ messageId: string; parts: Part[] }> {
  const message = await findMessage(queries, { id, ownerId })
  if (!message?.run_id || message.parent_id !== userMessageId) throw new RiachoError('NOT_FOUND')
  const run = await findRun(queries, { id: message.run_id, ownerId })
  if (!run) throw new RiachoError('NOT_FOUND')
  const { status, code = null } = toRunEnd(run)
  if (status === 'completed' || status === 'paused') {
    const problem = status === 'paused' ? 'waits for a decision' : 'is complete'
    throw new RiachoError('INVALID_REQUEST', `reply ${problem}`, {
      issues: [`continueMessageId: ${problem}`],
    })
  }
  const parts = partsOf(message)
  if (parts.length > 0) parts.push({ id: nextPartId(parts), type: 'break', status, code })
  return { messageId: id, parts }
}
