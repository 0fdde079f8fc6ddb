import { createParser } from 'eventsource-parser'
import { foldEvent } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { decodeFrame } from '../../protocol/sse.ts'
import { advanceHead } from '../database/conversations.ts'
import type { Durability } from '../database/groupCommit.ts'
import { appendToJournal, clearJournal, readJournal } from '../database/journal.ts'
import { findMessage, insertMessage, partsOf } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import {
  clampEnds,
  countResume,
  endRun,
  insertActiveRun,
  listActiveRuns,
  saveCheckpoint,
} from '../database/runProgress.ts'
import { findRun, toRunEnd, toRunStart } from '../database/runs.ts'
import type { Queries, RunRow, SegmentRow } from '../database/schema.ts'
import {
  deleteSomeOldSegments,
  insertFirstSegment,
  insertSegment,
  listSegments,
} from '../database/segments.ts'
import { writeSetting } from '../database/storedSettings.ts'
import { framesFrom, type LogWrite } from './eventLog.ts'
import { JournaledSegments, joinSegments } from './journaledSegments.ts'
import type { NewRun, OrphanedRun, RunStore, StoredRun } from './runStore.ts'

export interface RunStoreOptions {
  database: Database
  /** The time of day. */
  now: () => number
  /** As `createSteadyTime` makes it. It says when runs ended. */
  steadyTime: () => number
}

/**
 * Opens the runs that `database` holds. The file is locked for this process, so only a dead process can have left
 * events in the journal. They settle before this process appends anything.
 */
export async function openRunStore({ database, now, steadyTime }: RunStoreOptions) {
  await database.write('process', async queries => {
    await settleLeftEvents(queries)
    await clampEnds(queries, steadyTime())
  })
  const journaled = new JournaledSegments()
  const inTurn = createTurns()

  async function commit(
    writes: readonly LogWrite[],
    { durability, settles = false }: { durability: Durability; settles?: boolean },
  ): Promise<void> {
    const plan = journaled.plan(writes, { settles })
    await database.write(durability, async (queries, { giveWay }) => {
      for (const row of plan.settling) {
        await insertSegment(queries, row)
        await giveWay()
      }
      if (plan.settlesAll) await clearJournal(queries)
      else await appendToJournal(queries, plan.staying)
      for (const write of writes) {
        await storeRun(queries, write, { at: now(), endedAt: steadyTime() })
        await giveWay()
      }
    })
    journaled.stored(plan)
  }

  /** Queued, because events can move from the journal to a segment between the two reads and be missed. */
  function segmentsOf(runId: string, after: number): Promise<SegmentRow[]> {
    return inTurn(async () => {
      const settled = await listSegments(database.queries, { runId, after })
      return [...settled, ...journaled.after(runId, after)]
    })
  }

  async function read(key: { id: string; ownerId: string }): Promise<StoredRun | undefined> {
    const row = await findRun(database.queries, key)
    if (!row) return undefined
    if (row.status === 'active') return toActiveRun(row, await segmentsOf(row.id, 0))
    const { ownerId } = key
    const message = await findMessage(database.queries, { id: row.message_id, ownerId })
    return message && { ...shared(row), parts: partsOf(message), lastSeq: row.last_seq, end: toRunEnd(row) }
  }

  const store: RunStore = {
    accept: insertNewRun,
    commit: (writes, durability) => inTurn(() => commit(writes, { durability })),
    read,
    framesAfter: async (runId, seq) => framesOf(await segmentsOf(runId, seq), seq + 1),
    sync: () =>
      database.write('power', queries => writeSetting(queries, { key: 'synced_at', value: String(now()) })),
    settleJournal: () => inTurn(() => commit([], { durability: 'process', settles: true })),
    async deleteOldEvents(endedBefore) {
      // One transaction for each slice, with other work in between, because there may be many.
      while (await database.write('process', queries => deleteSomeOldSegments(queries, endedBefore)));
    },
  }
  return { store, ownership: fileOwnership(database, segmentsOf) }
}

/** The file lock is the ownership. A run that is active when this process begins was left by a dead one. */
function fileOwnership(
  { queries, write }: Database,
  segmentsOf: (runId: string, after: number) => Promise<SegmentRow[]>,
) {
  return {
    async takeOver(): Promise<OrphanedRun[]> {
      const left: OrphanedRun[] = []
      for (const row of await listActiveRuns(queries)) {
        const { checkpoint, resumes } = row
        left.push({ ...toActiveRun(row, await segmentsOf(row.id, 0)), checkpoint, resumes })
      }
      return left
    },
    countResume: (runId: string) => write('power', queries => countResume(queries, runId)),
  }
}

/** Makes a function that does one work at a time. Each work depends on what the one before it left in the journal. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve()
  return work => {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }
}

/** Moves what a dead process left in the journal to segments of the active runs. */
async function settleLeftEvents(queries: Queries): Promise<void> {
  const rows = Map.groupBy(await readJournal(queries), row => row.run_id)
  for (const ofRun of rows.values()) await insertSegment(queries, joinSegments(ofRun))
  if (rows.size > 0) await clearJournal(queries)
}

async function insertNewRun(queries: Queries, run: NewRun): Promise<void> {
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
  })
  await insertFirstSegment(queries, { runId: start.runId, toSeq: stored.lastSeq, frames: stored.frames })
}

async function storeRun(
  queries: Queries,
  { ownerId, start, checkpoint, end }: LogWrite,
  { at, endedAt }: { at: number; endedAt: number },
): Promise<void> {
  if (checkpoint !== undefined) await saveCheckpoint(queries, { id: start.runId, checkpoint })
  if (!end) return
  const claimed = await endRun(queries, { id: start.runId, end: end.event, lastSeq: end.seq, endedAt })
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

function shared(row: RunRow): Pick<StoredRun, 'ownerId' | 'start' | 'startedAt'> {
  return { ownerId: row.owner_id, start: toRunStart(row), startedAt: row.started_at }
}

function toActiveRun(row: RunRow, segments: readonly SegmentRow[]): StoredRun {
  return { ...shared(row), parts: foldSegments(segments), lastSeq: segments.at(-1)?.to_seq ?? 0 }
}

/** The frames from `seq` on. `undefined` if `segments` lack some of them. */
function framesOf(segments: readonly SegmentRow[], seq: number): string | undefined {
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
