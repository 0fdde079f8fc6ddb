import { createParser } from 'eventsource-parser'
import { foldEvent, type RunEnd, type RunStart } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { decodeFrame } from '../../protocol/sse.ts'
import { advanceHead } from '../database/conversations.ts'
import type { Durability } from '../database/groupCommit.ts'
import { appendToJournal, clearJournal, readJournal } from '../database/journal.ts'
import { insertMessage } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import { endRun, saveCheckpoint } from '../database/runs.ts'
import type { Queries, SegmentRow } from '../database/schema.ts'
import { insertSegment, listSegments } from '../database/segments.ts'
import { writeSetting } from '../database/storedSettings.ts'
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
   * active.
   */
  commit(writes: readonly LogWrite[], durability: Durability): Promise<void>
  /** Makes what was stored survive power loss. Throws when the database takes no write. */
  sync(): Promise<void>
  /** Leaves nothing journaled: what was of runs that are erased is gone with them. */
  settle(): Promise<void>
  /** The stored frames after `seq`, without the end; `undefined` when some of them are gone, or never were. */
  framesAfter(runId: string, seq: number): Promise<string | undefined>
  /** What is stored of a run: its message so far, and the `seq` of its last event. */
  read(runId: string): Promise<{ parts: Part[]; lastSeq: number }>
}

/** The journal holds at most this many UTF-16 units of frames, and so does memory. */
const MAX_JOURNALED = 4 * 1024 * 1024

/**
 * Opens the logs that `database` holds. The events of a run are, one after the other:
 * - **journaled**: in rows that hold what one transaction added for all runs, and in memory.
 * - **settled**: in a segment of the run's own. They become so when the run ends, when the journal is full, on
 *   `settle`, and when the next process opens the logs.
 */
export async function openLogStore(options: { database: Database; now: () => number }): Promise<LogStore> {
  const { database, now } = options
  await database.write('process', settleJournal)
  /** What is journaled of each run, in order. */
  const journaled = new Map<string, SegmentRow[]>()
  let journaledLength = 0
  let turn: Promise<unknown> = Promise.resolve()

  /** One at a time, since each begins with what the last one left journaled. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }

  async function store(
    writes: readonly LogWrite[],
    { durability, settles = false }: { durability: Durability; settles?: boolean },
  ): Promise<void> {
    const added = writes.flatMap(({ start, segment }) => (segment ? toRow(start.runId, segment) : []))
    for (const row of added) assertNext(row, journaled.get(row.run_id)?.at(-1))
    const ended = new Set(writes.flatMap(({ start, end }) => (end ? start.runId : [])))
    const length = added.reduce((sum, { frames }) => sum + frames.length, journaledLength)
    const runIds = new Set([...journaled.keys(), ...added.map(row => row.run_id)])
    const nothingStays = [...runIds].every(runId => ended.has(runId))
    const settlesAll = settles || nothingStays || length > MAX_JOURNALED
    const settling = [...(settlesAll ? runIds : ended)].flatMap(runId => {
      const rows = [...(journaled.get(runId) ?? []), ...added.filter(row => row.run_id === runId)]
      return rows.length > 0 ? joined(rows) : []
    })
    const staying = settlesAll ? [] : added.filter(row => !ended.has(row.run_id))
    await database.write(durability, async queries => {
      for (const row of settling) await insertSegment(queries, row)
      if (settlesAll) await clearJournal(queries)
      else await appendToJournal(queries, staying)
      for (const write of writes) await storeRun(queries, write, now())
    })
    for (const { run_id } of settling) journaled.delete(run_id)
    for (const row of staying) rowsOf(row.run_id).push(row)
    journaledLength = settlesAll ? 0 : length
  }

  function rowsOf(runId: string): SegmentRow[] {
    const rows = journaled.get(runId) ?? []
    journaled.set(runId, rows)
    return rows
  }

  /** In turn, for what is journaled when the database is read may be settled a moment later. */
  function storedOf(runId: string, after: number): Promise<SegmentRow[]> {
    return inTurn(async () => {
      const settled = await listSegments(database.queries, { runId, after })
      const rest = journaled.get(runId)?.filter(row => row.to_seq > after) ?? []
      return [...settled, ...rest]
    })
  }

  return {
    commit: (writes, durability) => inTurn(() => store(writes, { durability })),

    sync: () =>
      database.write('power', queries => writeSetting(queries, { key: 'synced_at', value: String(now()) })),

    settle: () => inTurn(() => store([], { durability: 'process', settles: true })),

    async framesAfter(runId, seq) {
      const segments = await storedOf(runId, seq)
      let next = seq + 1
      for (const segment of segments) {
        if (segment.from_seq > next) return undefined
        next = segment.to_seq + 1
      }
      if (segments.length === 0) return undefined
      return framesFrom(segments.map(segment => segment.frames).join(''), seq + 1)
    },

    async read(runId) {
      const segments = await storedOf(runId, 0)
      return {
        parts: foldFrames(segments.map(segment => segment.frames)),
        lastSeq: segments.at(-1)?.to_seq ?? 0,
      }
    },
  }
}

/** Gives every run that is still active what is journaled of it. */
async function settleJournal(queries: Queries): Promise<void> {
  const rows = Map.groupBy(await readJournal(queries), row => row.run_id)
  for (const ofRun of rows.values()) await insertSegment(queries, joined(ofRun))
  if (rows.size > 0) await clearJournal(queries)
}

function toRow(runId: string, { fromSeq, toSeq, frames }: Required<LogWrite>['segment']): SegmentRow {
  return { run_id: runId, from_seq: fromSeq, to_seq: toSeq, frames }
}

function assertNext({ run_id, from_seq }: SegmentRow, before: SegmentRow | undefined): void {
  if (before && from_seq !== before.to_seq + 1)
    throw new Error(`run ${run_id}: event ${from_seq} after ${before.to_seq}`)
}

/** One segment of consecutive ones, of which there is at least one. */
function joined(rows: readonly SegmentRow[]): SegmentRow {
  for (const [index, row] of rows.entries()) assertNext(row, rows[index - 1])
  const [first, last] = [rows[0], rows.at(-1)]
  if (!first || !last) throw new Error('no segment to join')
  return { ...first, to_seq: last.to_seq, frames: rows.map(row => row.frames).join('') }
}

async function storeRun(
  queries: Queries,
  { ownerId, start, checkpoint, end }: LogWrite,
  at: number,
): Promise<void> {
  if (checkpoint !== undefined) await saveCheckpoint(queries, { id: start.runId, checkpoint })
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
