import { RiachoError } from '../../protocol/errors.ts'
import type { DecisionsRequest } from '../../protocol/requests.ts'
import type { Caller } from '../access/caller.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import { requireIdle, requireOpen } from '../conversations/requireOpen.ts'
import type { RequireRoom } from '../conversations/requireRoom.ts'
import type { Database } from '../database/database.ts'
import { findMessage, partsOf } from '../database/messages.ts'
import { answerPause, findPause, storeGrant } from '../database/pauses.ts'
import { claimClientRunId, findRun } from '../database/runs.ts'
import type { MessageRow, Queries } from '../database/schema.ts'
import type { PauseRequest } from '../generation/tools.ts'
import type { AcceptRun } from './acceptRun.ts'
import { bindDecisions, isApproval } from './bindDecisions.ts'

export interface DecideOptions {
  database: Database
  acceptRun: AcceptRun
  requireRoom: RequireRoom
}

export function createDecide({ database, acceptRun, requireRoom }: DecideOptions) {
  /**
   * Decides about the calls that a paused run waits for, answers what they ask, and starts the run that goes on with its
   * message. A repeated `clientRunId` returns the first run. Throws as `rerun` does, `NOT_PENDING` if somebody has decided
   * before or has written something else, and `INVALID_REQUEST` unless there is one decision or answer for each of them.
   */
  return function decide(
    caller: Caller,
    { runId, clientRunId, ...given }: DecisionsRequest & { runId: string },
  ): Promise<{ runId: string }> {
    const { ownerId } = caller
    return database.writeFor(ownerId, 'power', async (queries, transaction) => {
      const repeated = clientRunId && (await claimClientRunId(queries, { clientRunId, ownerId }))
      if (repeated) {
        const answered = await findPause(queries, runId)
        if (answered?.answered_by !== repeated.id) throw new RiachoError('IDEMPOTENCY_MISMATCH')
        return { runId: repeated.id }
      }
      const paused = await findRun(queries, { id: runId, ownerId })
      if (!paused) throw new RiachoError('NOT_FOUND')
      const conversation = await requireOpen(queries, { id: paused.conversation_id, ownerId })
      if (paused.status === 'active') throw new RiachoError('RUN_ACTIVE', 'it has not paused yet', { runId })
      const pause = paused.status === 'paused' ? await findPause(queries, runId) : undefined
      if (!pause || pause.answered_by !== null || pause.declined === 1) throw new RiachoError('NOT_PENDING')
      await requireIdle(queries, conversation.id)
      const requests: PauseRequest[] = JSON.parse(pause.requests)
      const bound = bindDecisions(requests, given)
      await requireRoom(queries, ownerId, { rows: 0, textBytes: 0 })
      for (const { approvalId, decision } of given.decisions ?? []) {
        const request = requests.filter(isApproval).find(each => each.approvalId === approvalId)
        if (decision !== 'always' || !request) continue
        const { tool, digest } = request
        await storeGrant(queries, { conversation_id: conversation.id, tool, digest })
      }
      const reply = await requireMessage(queries, { id: paused.message_id, ownerId })
      const accepted = await acceptRun(
        { queries, transaction, caller },
        {
          conversation,
          message: await requireMessage(queries, { id: paused.user_message_id, ownerId }),
          clientRunId,
          continued: { messageId: paused.message_id, parts: partsOf(reply) },
          decided: { ...bound, keptItems: new Map(JSON.parse(pause.kept)) },
        },
      )
      // The guard is in the statement, because another node may have decided meanwhile.
      if (!(await answerPause(queries, { runId, answeredBy: accepted.runId })))
        throw new RiachoError('NOT_PENDING')
      return accepted
    })
  }
}

async function requireMessage(queries: Queries, key: OwnedId): Promise<MessageRow> {
  const message = await findMessage(queries, key)
  if (!message) throw new RiachoError('NOT_FOUND')
  return message
}
