import type { RunStart } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import type { Caller } from '../access/caller.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import { moveHead } from '../database/conversations.ts'
import type { Transaction } from '../database/database.ts'
import { declinePauses } from '../database/pauses.ts'
import { findRun } from '../database/runs.ts'
import type { ConversationRow, MessageRow, Queries } from '../database/schema.ts'
import type { ActiveRuns } from '../generation/activeRuns.ts'
import type { FileReader } from '../generation/fileReader.ts'
import type { RunTask } from '../generation/runOptions.ts'
import type { RunStore } from '../log/runStore.ts'
import { firstEvents } from '../log/storedLog.ts'
import type { Reserve } from '../spending/reserve.ts'
import { historyOf } from './branchHistory.ts'
import { assistantOf, requestOf } from './requestOf.ts'

export interface AcceptRunOptions {
  store: Pick<RunStore, 'accept'>
  runs: Pick<ActiveRuns, 'prepare'>
  /** The first one is the default. */
  assistants: readonly Assistant[]
  reserve: Reserve
  /** The most tokens of documents whose whole text goes with one message. */
  documentTokens: number
  /** Absent where there is no place for files. */
  files?: FileReader | undefined
  clock: Clock
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  createId: () => string
}

/** The transaction in which a run is accepted, and who asks. */
export interface Acceptance {
  queries: Queries
  transaction: Transaction
  caller: Caller
}

/** The message that a run answers, with its conversation. Both are stored. */
export interface Question {
  conversation: ConversationRow
  message: MessageRow
  clientRunId?: string | undefined
  /** The message that the run continues: its parts, and the break as the last of them. */
  continued?: { messageId: string; parts: Part[] } | undefined
  /** What a person has decided and answered about calls of the continued message, which then has no break. */
  decided?: Pick<RunTask, 'decisions' | 'answered' | 'keptItems'> | undefined
}

export type AcceptRun = ReturnType<typeof createAcceptRun>

export function createAcceptRun(options: AcceptRunOptions) {
  const { store, runs, assistants, reserve, files, clock, steadyTime, createId } = options

  /**
   * Stores a run for `question` with its first events, and prepares its log. The run starts once the transaction is
   * committed. If the transaction fails, the log is discarded. Throws `TOO_MANY_RUNS`, `LIMIT_REACHED`, `BUDGET_REACHED`.
   */
  return async function acceptRun(
    { queries, transaction, caller }: Acceptance,
    question: Question,
  ): Promise<{ runId: string }> {
    const { ownerId, locale, trace } = caller
    const { conversation, message, clientRunId, continued, decided } = question
    const assistant = assistantOf(assistants, conversation.assistant)
    const start: RunStart = {
      runId: createId(),
      conversationId: conversation.id,
      userMessageId: message.id,
      messageId: createId(),
      model: assistant.model,
      assistant: assistant.id,
    }
    const run = { ownerId, start, startedAt: clock.now(), stored: firstEvents(start, continued) }
    await store.accept(queries, { ...run, clientRunId, continuedMessageId: continued?.messageId })
    const head = { messageId: message.id, at: run.startedAt, touchedAt: steadyTime() }
    if (!decided) await declinePauses(queries, conversation.id)
    await moveHead(queries, { id: conversation.id, ...head })
    const { history, historyFrom } = await historyOf(queries, message, options)
    await transaction.giveWay()
    const partial = decided ? [] : continued?.parts
    const request = requestOf({ assistant, history, partial, conversation, locale, files })
    await reserve(queries, { runId: start.runId, ownerId, request })
    const prepared = runs.prepare({ ...run, trace })
    transaction.afterCommit(() => void prepared.start({ request, historyFrom, ...decided }))
    transaction.onRollback(prepared.discard)
    transaction.confirmBy(async queries => !!(await findRun(queries, { id: start.runId, ownerId })))
    return { runId: start.runId }
  }
}
