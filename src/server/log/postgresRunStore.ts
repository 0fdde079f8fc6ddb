import { sql } from 'kysely'
import { askToSettle } from '../database/postgres/nodes.ts'
import type { PostgresDatabase } from '../database/postgres/open.ts'
import { readSegmentsOf } from '../database/postgres/window.ts'
import type { Queries, SegmentRow } from '../database/schema.ts'
import { deleteOldSegments, listSegments, withoutOverlaps } from '../database/segments.ts'
import type { NodeWindows } from './nodeWindows.ts'
import type { PostgresNode } from './postgresNode.ts'
import type { RunStore } from './runStore.ts'
import { createReadRun, framesOf, insertNewRun } from './storedRuns.ts'
import { FencedError } from './windowBatches.ts'

export interface PostgresRunStoreOptions {
  database: PostgresDatabase
  node: Pick<PostgresNode, 'id'>
  windows: NodeWindows
}

/** The runs that this node writes, in the tables that all nodes share. */
export function createPostgresRunStore({ database, node, windows }: PostgresRunStoreOptions): RunStore {
  const { queries } = database

  /**
   * What memory has is copied before the database is read, because events move from the journal to a segment meanwhile:
   * then both have them, and none has not.
   */
  async function segmentsOf(runId: string, after: number): Promise<SegmentRow[]> {
    const owned = windows.journaledAfter(runId, after)
    if (owned.length > 0)
      return withoutOverlaps([...(await listSegments(queries, { runId, after })), ...owned])
    return database.read(queries => storedSegments(queries, { runId, after }))
  }

  return {
    async accept(queries, run) {
      await requireAlive(queries, node.id)
      await insertNewRun(queries, run, node.id)
    },
    commit: (writes, durability, onStalled) => windows.commit(writes, durability, onStalled),
    read: createReadRun(queries, segmentsOf),
    framesAfter: async (runId, seq) => framesOf(await segmentsOf(runId, seq), seq + 1),
    sync: onStalled => windows.sync(onStalled),
    async settleJournal() {
      await database.write('process', queries => askToSettle(queries, node.id))
      await windows.settle()
    },
    deleteOldEvents: endedBefore => deleteOldSegments(database, endedBefore),
  }
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
