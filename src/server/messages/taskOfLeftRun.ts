import { findConversation } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { findMessage } from '../database/messages.ts'
import type { CallsUnderWay } from '../generation/callsUnderWay.ts'
import type { RunTask } from '../generation/runOptions.ts'
import type { OrphanedRun } from '../log/runStore.ts'
import type { AcceptRunOptions } from './acceptRun.ts'
import { historyOf } from './branchHistory.ts'
import { assistantOf, requestOf } from './requestOf.ts'

type TaskOptions = Pick<AcceptRunOptions, 'assistants' | 'documentTokens' | 'files'> & {
  database: Pick<Database, 'queries'>
}

/** Makes the task of a run whose process died while it called tools, as `acceptRun` made it. */
export function createTaskOfLeftRun({ database, assistants, files, documentTokens }: TaskOptions) {
  const { queries } = database
  return async function taskOfLeftRun(
    { ownerId, start, parts }: Pick<OrphanedRun, 'ownerId' | 'start' | 'parts'>,
    underWay: CallsUnderWay,
  ): Promise<RunTask> {
    const message = await findMessage(queries, { id: start.userMessageId, ownerId })
    const conversation = await findConversation(queries, { id: start.conversationId, ownerId })
    if (!message || !conversation) throw new Error('the question of the run is gone')
    const { history, historyFrom } = await historyOf(queries, message, { documentTokens })
    const request = requestOf({
      assistant: assistantOf(assistants, start.assistant),
      history,
      partial: parts.slice(0, parts.findLastIndex(({ type }) => type === 'break') + 1),
      conversation,
      locale: underWay.locale,
      files,
    })
    return { request, historyFrom, underWay }
  }
}
