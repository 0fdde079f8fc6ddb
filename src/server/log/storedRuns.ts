import { createParser } from 'eventsource-parser'
import { foldEvent } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { decodeFrame, framesFrom } from '../../protocol/sse.ts'
import { findMessage, partsOf } from '../database/messages.ts'
import { insertActiveRun } from '../database/runProgress.ts'
import { findRun, toRunEnd, toRunStart } from '../database/runs.ts'
import type { Queries, RunRow, SegmentRow } from '../database/schema.ts'
import { insertFirstSegment } from '../database/segments.ts'
import type { NewRun, OrphanedRun, StoredRun } from './runStore.ts'

/** The stored segments of a run that hold events after `after`, in order. */
export type SegmentsOf = (runId: string, after: number) => Promise<SegmentRow[]>

/** Makes the function that reads a run of an owner. `undefined` if there is none, or if its conversation is deleted. */
export function createReadRun(queries: Queries, segmentsOf: SegmentsOf) {
  return async function read(key: { id: string; ownerId: string }): Promise<StoredRun | undefined> {
    const row = await findRun(queries, key)
    if (!row) return undefined
    if (row.status === 'active') return toActiveRun(row, await segmentsOf(row.id, 0))
    const message = await findMessage(queries, { id: row.message_id, ownerId: key.ownerId })
    return message && toEndedRun(row, partsOf(message))
  }
}

/** Makes a function that does one work at a time. Each work depends on what the one before it left in the journal. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve()
  return work => {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }
}

/** Stores a run with its first events. `nodeId` is the node that writes it, where there are several. */
export async function insertNewRun(queries: Queries, run: NewRun, nodeId?: string): Promise<void> {
  const { start, ownerId, startedAt, stored, clientRunId, continuedMessageId } = run
  await insertActiveRun(queries, {
    id: start.runId,
    conversation_id: start.conversationId,
    owner_id: ownerId,
    user_message_id: start.userMessageId,
    message_id: start.messageId,
    client_run_id: clientRunId ?? null,
    continued_message_id: continuedMessageId ?? null,
    model: start.model,
    assistant: start.assistant,
    started_at: startedAt,
    ...(nodeId !== undefined && { node_id: nodeId }),
  })
  await insertFirstSegment(queries, { runId: start.runId, toSeq: stored.lastSeq, frames: stored.frames })
}

/** What never changes of a run. */
export function toRunBase(row: RunRow): Pick<StoredRun, 'ownerId' | 'start' | 'startedAt'> {
  return { ownerId: row.owner_id, start: toRunStart(row), startedAt: row.started_at }
}

/** `parts`: those of its message. */
export function toEndedRun(row: RunRow, parts: Part[]): StoredRun {
  return { ...toRunBase(row), parts, lastSeq: row.last_seq, end: toRunEnd(row) }
}

export function toActiveRun(row: RunRow, segments: readonly SegmentRow[]): StoredRun {
  return { ...toRunBase(row), parts: foldSegments(segments), lastSeq: segments.at(-1)?.to_seq ?? 0 }
}

export function toOrphanedRun(row: RunRow, segments: readonly SegmentRow[]): OrphanedRun {
  const { checkpoint, resumes } = row
  return { ...toActiveRun(row, segments), checkpoint, resumes }
}

/** The frames from `seq` on. `undefined` if `segments` lack some of them. */
export function framesOf(segments: readonly SegmentRow[], seq: number): string | undefined {
  let next = seq
  for (const { from_seq, to_seq } of segments) {
    if (from_seq > next) return undefined
    next = to_seq + 1
  }
  if (segments.length === 0) return undefined
  return framesFrom(segments.map(({ frames }) => frames).join(''), seq)
}

function foldSegments(segments: readonly SegmentRow[]): Part[] {
  const parts: Part[] = []
  const parser = createParser({
    onEvent({ event, data }) {
      const decoded = decodeFrame(event, data)
      if (decoded) foldEvent(parts, decoded)
    },
  })
  for (const { frames } of segments) parser.feed(frames)
  return parts
}
