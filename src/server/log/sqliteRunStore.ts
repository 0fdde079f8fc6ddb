import { fileIdsIn } from '../../protocol/parts.ts'
import { advanceHead } from '../database/conversations.ts'
import type { Database, Durability } from '../database/database.ts'
import { claimFilesOf } from '../database/files/messageFiles.ts'
import { insertMessage } from '../database/messages.ts'
import { clampEnds, countResume, endRun, listActiveRuns, saveCheckpoint } from '../database/runProgress.ts'
import type { Queries, SegmentRow } from '../database/schema.ts'
import { deleteOldSegments, listActiveSegments, listSegments } from '../database/segments.ts'
import { appendToJournal, clearJournal, insertSegment, readJournal } from '../database/sqlite/journal.ts'
import { writeSetting } from '../database/storedSettings.ts'
import { forgetLiveQuestions, hasLiveQuestions } from '../database/tools/liveQuestions.ts'
import type { LogWrite } from './eventLog.ts'
import { JournaledSegments, joinSegments } from './journaledSegments.ts'
import type { OrphanedRun, RunStore } from './runStore.ts'
import { createReadRun, createTurns, framesOf, insertNewRun, toOrphanedRun } from './storedRuns.ts'

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
export async function openSqliteRunStore({ database, now, steadyTime }: RunStoreOptions) {
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
      if (writes.some(onlySyncs)) await writeSomething(queries)
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

  function leftRuns(): Promise<OrphanedRun[]> {
    return inTurn(async () => {
      const rows = await listActiveRuns(database.queries)
      const settled = Map.groupBy(await listActiveSegments(database.queries), ({ run_id }) => run_id)
      return rows.map(row => {
        const segments = [...(settled.get(row.id) ?? []), ...journaled.after(row.id, 0)]
        return toOrphanedRun(row, segments)
      })
    })
  }

  /** SQLite syncs only what a transaction has written. */
  const writeSomething = (queries: Queries) =>
    writeSetting(queries, { key: 'synced_at', value: String(now()) })

  const read = createReadRun(database.queries, segmentsOf)

  const store: RunStore = {
    accept: (queries, run) => insertNewRun(queries, run),
    commit: (writes, durability) => inTurn(() => commit(writes, { durability })),
    read,
    framesAfter: async (runId, seq) => framesOf(await segmentsOf(runId, seq), seq + 1),
    sync: () => database.write('power', writeSomething),
    settleJournal: () => inTurn(() => commit([], { durability: 'process', settles: true })),
    deleteOldEvents: endedBefore => deleteOldSegments(database, endedBefore),
  }
  /** The file lock is the ownership. A run that is active when this process begins was left by a dead one. */
  const ownership = {
    async takeOver(): Promise<OrphanedRun[]> {
      const left = await leftRuns()
      // Where there is none, nothing is written, because a full disk must not keep a process from starting.
      if (await hasLiveQuestions(database.queries)) {
        const ids = left.map(({ start }) => start.runId)
        await database.write('process', queries => forgetLiveQuestions(queries, ids))
      }
      return left
    },
    findsLost: false,
    countResume: (runId: string) => database.write('power', queries => countResume(queries, runId)),
  }
  return { store, ownership }
}

/** Everything of the run is stored. It only has to survive a power loss now. */
function onlySyncs({ syncs, segment, checkpoint, end }: LogWrite): boolean {
  return syncs === true && !segment && checkpoint === undefined && !end
}

/** Moves what a dead process left in the journal to segments of the active runs. */
async function settleLeftEvents(queries: Queries): Promise<void> {
  const rows = Map.groupBy(await readJournal(queries), row => row.run_id)
  for (const ofRun of rows.values()) await insertSegment(queries, joinSegments(ofRun))
  if (rows.size > 0) await clearJournal(queries)
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
  await claimFilesOf(queries, { messageId: start.messageId, ownerId, fileIds: fileIdsIn(end.parts) })
  await advanceHead(queries, {
    id: start.conversationId,
    from: start.userMessageId,
    to: start.messageId,
    at,
    touchedAt: endedAt,
  })
}
