import type { NewNode } from '../../../../src/server/database/postgres/nodes.ts'
import type { RunRow, SegmentRow } from '../../../../src/server/database/schema.ts'
import type { NewRun } from '../../../../src/server/log/runStore.ts'

export interface Node extends NewNode {
  beat: number
  isDead: boolean
  hasLeft: boolean
  settlesAsked: number
}

export interface Run {
  row: RunRow
  nodeId: string
  isStopAsked: boolean
  /** JSON of the parts of the message, once it has ended. */
  parts?: string
}

export interface JournalRow {
  batch: number
  segments: readonly SegmentRow[]
}

/** What happens in the database, for whoever judges it. */
export interface PostgresEvents {
  /** A batch with a row was stored. `segments`: what it says of runs of the node. */
  onBatch?(nodeId: string, number: number, segments: readonly SegmentRow[]): void
  onAccepted?(run: NewRun, nodeId: string): void
  onTakenOver?(dead: string, by: string): void
  onEnded?(runId: string): void
  /** A server that died has lost this batch. */
  onLost?(nodeId: string, number: number, runIds: readonly string[]): void
}

/** The row of a run that is accepted. */
export function newRow({ ownerId, start, startedAt }: NewRun): RunRow {
  return {
    id: start.runId,
    conversation_id: start.conversationId,
    owner_id: ownerId,
    user_message_id: start.userMessageId,
    message_id: start.messageId,
    client_run_id: null,
    continued_message_id: null,
    status: 'active',
    model: start.model,
    assistant: start.assistant,
    code: null,
    retry_after: null,
    usage: null,
    timing: null,
    cost: null,
    history_from: null,
    documents: null,
    last_seq: 0,
    checkpoint: null,
    resumes: 0,
    started_at: startedAt,
    ended_at: null,
  }
}
