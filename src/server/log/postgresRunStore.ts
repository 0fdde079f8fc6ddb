import { sql } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Durability } from '../database/database.ts'
import { askToSettle } from '../database/postgres/nodes.ts'
import type { PostgresDatabase } from '../database/postgres/open.ts'
import { encodeBatch, readSegmentsOf, type WindowBatch, type WindowEnd } from '../database/postgres/window.ts'
import type { Queries, SegmentRow } from '../database/schema.ts'
import { deleteOldSegments, listSegments, withoutOverlaps } from '../database/segments.ts'
import type { LogWrite } from './eventLog.ts'
import { JournaledSegments, type SegmentPlan } from './journaledSegments.ts'
import type { PostgresNode } from './postgresNode.ts'
import type { RunStore } from './runStore.ts'
import { createReadRun, createTurns, framesOf, insertNewRun } from './storedRuns.ts'
import { FencedError, WindowBatches } from './windowBatches.ts'

export interface PostgresRunStoreOptions {
  database: PostgresDatabase
  node: Pick<PostgresNode, 'id' | 'fenced'>
  clock: Clock
  /** As `createSteadyTime` makes it. It says when runs ended. */
  steadyTime: () => number
  /** Somebody asked another node to stop these runs of this one. */
  onStops: (runIds: readonly string[]) => void
}

interface CommitOptions {
  durability: Durability
  settles?: boolean
  onStalled?: ((error: unknown) => void) | undefined
}

/** The runs that this node writes, in the tables that all nodes share. */
export function createPostgresRunStore(options: PostgresRunStoreOptions): PostgresRunStore {
  const { database, node, clock, steadyTime, onStops } = options
  const { queries } = database
  let journaled = new JournaledSegments()
  const inTurn = createTurns()
  const batches = new WindowBatches({ database, clock, onFenced: nodeId => node.fenced(nodeId), onStops })

  async function commit(
    writes: readonly LogWrite[],
    { durability, settles = false, onStalled }: CommitOptions,
  ): Promise<void> {
    const plan = journaled.plan(writes, { settles })
    // What is not synced stays in memory, and what settles is long.
    const kept = plan.settlesAll ? 'power' : durability
    const changes = changesOf(writes, plan, { at: clock.now(), endedAt: steadyTime() })
    // Where the journal was cleared a row without segments is left, so that whoever reads it sees a change. A row also
    // tells that the checkpoints of its batch are stored. And only a commit that writes makes earlier ones survive.
    const writesNothing = kept === 'power' && changes.ends.length === 0
    const hasRow =
      plan.staying.length > 0 || plan.settlesAll || changes.checkpoints.length > 0 || writesNothing
    const batch = encodeBatch(node.id, {
      ...changes,
      hasRow,
      number: hasRow ? batches.next() : batches.last,
      durability: kept,
    })
    const mirror = journaled
    await batches.store(batch, kept, onStalled)
    mirror.stored(plan)
  }

  /**
   * What memory has is copied before the database is read, because events move from the journal to a segment meanwhile:
   * then both have them, and none has not.
   */
  async function segmentsOf(runId: string, after: number): Promise<SegmentRow[]> {
    const owned = journaled.after(runId, after)
    if (owned.length > 0)
      return withoutOverlaps([...(await listSegments(queries, { runId, after })), ...owned])
    return database.read(queries => storedSegments(queries, { runId, after }))
  }

  const settleOwnJournal = () => inTurn(() => commit([], { durability: 'process', settles: true }))

  return {
    async accept(queries, run) {
      await requireAlive(queries, node.id)
      await insertNewRun(queries, run, node.id)
    },
    commit: (writes, durability, onStalled) => inTurn(() => commit(writes, { durability, onStalled })),
    read: createReadRun(queries, segmentsOf),
    framesAfter: async (runId, seq) => framesOf(await segmentsOf(runId, seq), seq + 1),
    // Not any synced commit: a batch also finds out whether the server has lost the ones before it.
    sync: () => inTurn(() => commit([], { durability: 'power' })),
    async settleJournal() {
      await database.write('process', queries => askToSettle(queries, node.id))
      await settleOwnJournal()
    },
    settleOwnJournal,
    deleteOldEvents: endedBefore => deleteOldSegments(database, endedBefore),
    lastBatch: () => batches.lastStored,
    forgetRuns() {
      journaled = new JournaledSegments()
      batches.forget()
    },
    close: () => batches.close(),
  }
}

export interface PostgresRunStore extends RunStore {
  /** The number of the last stored batch with a row in the journal. */
  lastBatch(): number
  /** As `settleJournal`, without the journals of other nodes. */
  settleOwnJournal(): Promise<void>
  /** Another node has taken over: nothing of what this one wrote is kept in memory. */
  forgetRuns(): void
  close(): void
}

/** Holds the row of the node until the transaction ends, so that no takeover comes between. Throws `STORAGE_UNAVAILABLE`. */
async function requireAlive(queries: Queries, nodeId: string): Promise<void> {
  const { rows } = await sql`
    select id from nodes where id = ${nodeId}::uuid and dead_at is null for key share`.execute(queries)
  if (rows.length === 0) throw new FencedError()
}

/** The segments of a run that any node writes: what has settled, and what is in the journal of its node. */
async function storedSegments(
  queries: Queries,
  { runId, after }: { runId: string; after: number },
): Promise<SegmentRow[]> {
  const settled = await listSegments(queries, { runId, after })
  const { rows } = await sql<{ segments: Buffer }>`
    select segments from journal
    where node_id = (select node_id from runs where id = ${runId} and status = 'active')
    order by batch`.execute(queries)
  const journaled = rows.flatMap(({ segments }) => readSegmentsOf(runId, segments))
  return withoutOverlaps([...settled, ...journaled.filter(row => row.to_seq > after)])
}

function changesOf(
  writes: readonly LogWrite[],
  { staying, settling, settlesAll }: SegmentPlan,
  times: { at: number; endedAt: number },
): Omit<WindowBatch, 'number' | 'hasRow' | 'durability'> {
  return {
    staying,
    settling,
    clearsJournal: settlesAll,
    checkpoints: writes.flatMap(({ start, checkpoint, end }) =>
      checkpoint === undefined || end ? [] : { id: start.runId, checkpoint },
    ),
    ends: writes.flatMap(write => toEnd(write, times)),
  }
}

function toEnd(
  { ownerId, start, checkpoint, end }: LogWrite,
  { at, endedAt }: { at: number; endedAt: number },
): WindowEnd[] {
  if (!end) return []
  const { event, seq, parts } = end
  const json = (value: unknown) => (value ? JSON.stringify(value) : null)
  return [
    {
      id: start.runId,
      status: event.status,
      code: event.code ?? null,
      retry_after: event.retryAfter ?? null,
      usage: json(event.usage),
      timing: json(event.timing),
      cost: json(event.cost),
      history_from: event.historyFrom ?? null,
      last_seq: seq,
      ended_at: endedAt,
      conversation_id: start.conversationId,
      owner_id: ownerId,
      user_message_id: start.userMessageId,
      message_id: start.messageId,
      parts: JSON.stringify(parts),
      at,
      checkpoint: checkpoint ?? null,
      sets_checkpoint: checkpoint !== undefined,
    },
  ]
}
