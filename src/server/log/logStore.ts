import { createParser } from 'eventsource-parser'
import { foldEvent, type Part, type RunEnd, type RunStart } from '../../protocol/events.ts'
import { decodeFrame } from '../../protocol/sse.ts'
import { advanceHead } from '../database/conversations.ts'
import { insertMessage } from '../database/messages.ts'
import type { Database, Durability } from '../database/open.ts'
import { endRun, saveCheckpoint } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'
import { insertSegment, listSegments } from '../database/segments.ts'
import { writeSetting } from '../database/settings.ts'
import { framesFrom, type LogWrite } from './eventLog.ts'

/** A run that has ended, with the message it left. */
export interface EndedRun {
  start: RunStart
  parts: Part[]
  end: RunEnd
  /** `seq` of `run-end`. */
  lastSeq: number
}

/** Where logs live. One contract suite runs over every implementation. */
export interface LogStore {
  /**
   * Stores all of `writes`, or none and throws. An end is stored together with its message, and only while the run is
   * active; segments of a run that has ended are dropped.
   */
  commit(writes: readonly LogWrite[], durability: Durability): Promise<void>
  /** Makes what was stored survive power loss. Throws when the database takes no write. */
  sync(): Promise<void>
  /** The stored frames after `seq`, without the end; `undefined` when some of them are gone, or never were. */
  framesAfter(runId: string, seq: number): Promise<string | undefined>
  /** What is stored of a run: its message so far, and the `seq` of its last event. */
  read(runId: string): Promise<{ parts: Part[]; lastSeq: number }>
}

export function createLogStore({ database, now }: { database: Database; now: () => number }): LogStore {
  return {
    commit: (writes, durability) =>
      database.write(durability, async queries => {
        for (const write of writes) await store(queries, write, now())
      }),

    sync: () =>
      database.write('power', queries => writeSetting(queries, { key: 'synced_at', value: String(now()) })),

    async framesAfter(runId, seq) {
      const segments = await listSegments(database.queries, { runId, after: seq })
      let next = seq + 1
      for (const segment of segments) {
        if (segment.from_seq > next) return undefined
        next = segment.to_seq + 1
      }
      if (segments.length === 0) return undefined
      return framesFrom(segments.map(segment => segment.frames).join(''), seq + 1)
    },

    async read(runId) {
      const segments = await listSegments(database.queries, { runId, after: 0 })
      return {
        parts: foldFrames(segments.map(segment => segment.frames)),
        lastSeq: segments.at(-1)?.to_seq ?? 0,
      }
    },
  }
}

async function store(queries: Queries, write: LogWrite, at: number): Promise<void> {
  const { ownerId, start, segment, checkpoint, end } = write
  if (segment) {
    const { fromSeq, toSeq, frames } = segment
    await insertSegment(queries, { run_id: start.runId, from_seq: fromSeq, to_seq: toSeq, frames })
  }
  if (checkpoint !== undefined && !end) await saveCheckpoint(queries, { id: start.runId, checkpoint })
  if (!end) return
  const claimed = await endRun(queries, { id: start.runId, end: end.event, lastSeq: end.seq, endedAt: at })
  if (!claimed) return
  await insertMessage(queries, {
    id: start.messageId,
    conversation_id: start.conversationId,
    owner_id: ownerId,
    parent_id: start.userMessageId,
    role: 'ASSISTANT',
    parts: JSON.stringify(end.parts),
    run_id: start.runId,
    created_at: at,
  })
  await advanceHead(queries, { id: start.conversationId, from: start.userMessageId, to: start.messageId, at })
}

function foldFrames(chunks: readonly string[]): Part[] {
  const parts: Part[] = []
  const parser = createParser({
    onEvent({ event, data }) {
      const decoded = decodeFrame(event, data)
      if (decoded) foldEvent(parts, decoded)
    },
  })
  for (const chunk of chunks) parser.feed(chunk)
  return parts
}
