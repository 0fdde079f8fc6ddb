import { type Part, textOf } from '../../protocol/events.ts'
import type { Caller } from '../access/caller.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import { updateConversation } from '../database/conversations.ts'
import { listBranch, partsOf } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import { insertRun, toRunStart } from '../database/runs.ts'
import type { ConversationRow, MessageRow, Queries, RunRow } from '../database/schema.ts'
import { insertFirstSegment } from '../database/segments.ts'
import type { PreparedRun, Runs } from '../generation/activeRuns.ts'
import { toldText } from '../generation/history.ts'
import type { ProviderMessage, ProviderRequest } from '../generation/provider.ts'
import { firstEvents } from '../log/eventLog.ts'

export interface AcceptanceOptions {
  database: Database
  runs: Runs
  /** The first one is the default. */
  assistants: readonly Assistant[]
  clock: Clock
  createId: () => string
}

/** What a run is to answer, all of it stored. */
export interface Question {
  conversation: ConversationRow
  message: MessageRow
  clientRunId?: string | undefined
  /** The message to go on from: its parts, with the break at their end. */
  continued?: { messageId: string; parts: Part[] } | undefined
}

/** Stores a run for `question`, to be started once the transaction is. Resolves with its id. */
export type PrepareRun = (question: Question) => Promise<{ runId: string }>

/**
 * How runs come to be: `work` decides within one transaction, synced to disk, whether there is one to `prepare`, and it
 * starts only when that transaction has been stored.
 */
export function createAcceptance({ database, runs, assistants, clock, createId }: AcceptanceOptions) {
  return async function accept(
    caller: Caller,
    work: (queries: Queries, prepare: PrepareRun) => Promise<{ runId: string }>,
  ): Promise<{ runId: string }> {
    let prepared: { run: PreparedRun; request: ProviderRequest } | undefined
    try {
      const accepted = await database.write('power', queries =>
        work(queries, async question => {
          const { conversation, message, continued } = question
          const assistant = assistants.find(({ id }) => id === conversation.assistant) ?? assistants[0]
          if (!assistant) throw new Error('no assistant')
          const row = newRun(question, assistant)
          const start = toRunStart(row)
          const stored = firstEvents(start, continued)
          const startedAt = row.started_at
          await insertRun(queries, row)
          await insertFirstSegment(queries, { runId: row.id, toSeq: stored.lastSeq, frames: stored.frames })
          const head = { head_message_id: message.id, updated_at: startedAt }
          await updateConversation(queries, { id: conversation.id, change: head })
          const branch = await listBranch(queries, { conversationId: conversation.id, messageId: message.id })
          const { ownerId, locale } = caller
          prepared = {
            run: runs.prepare({ ownerId, start, startedAt, stored }),
            request: { ...requestOf(assistant, branch, continued?.parts), locale },
          }
          return { runId: row.id }
        }),
      )
      prepared?.run.start(prepared.request)
      return accepted
    } catch (error) {
      prepared?.run.discard()
      throw error
    }
  }

  function newRun({ conversation, message, clientRunId, continued }: Question, assistant: Assistant): RunRow {
    return {
      id: createId(),
      conversation_id: conversation.id,
      owner_id: conversation.owner_id,
      user_message_id: message.id,
      message_id: createId(),
      client_run_id: clientRunId ?? null,
      continued_message_id: continued?.messageId ?? null,
      status: 'active',
      model: assistant.model,
      assistant: assistant.id,
      code: null,
      retry_after: null,
      usage: null,
      timing: null,
      cost: null,
      last_seq: 0,
      checkpoint: null,
      resumes: 0,
      started_at: clock.now(),
      ended_at: null,
    }
  }
}

function requestOf(assistant: Assistant, branch: readonly MessageRow[], parts: Part[] = []) {
  const { model, instructions, temperature, effort } = assistant
  const partial = textOf(parts)
  return { model, instructions, temperature, effort, history: historyOf(branch), ...(partial && { partial }) }
}

/** What the provider is told of a branch: a reply that left no text says nothing. */
function historyOf(branch: readonly MessageRow[]): ProviderMessage[] {
  return branch.flatMap(row => {
    const text = toldText(partsOf(row))
    return text === '' ? [] : { role: row.role === 'USER' ? 'user' : 'assistant', text }
  })
}
