import { sql } from 'kysely'
import { findRun } from '../runs.ts'
import type { Queries, RunRow, SegmentRow } from '../schema.ts'
import type { PostgresDatabase } from './open.ts'
import { readSegments } from './window.ts'

export interface RemoteState {
  id: string
  /** The node that writes the run. */
  nodeId: string | null
  /** Where other nodes reach that node. `null` if they cannot. */
  address: string | null
  hasEnded: boolean
}

export interface JournaledBatch {
  nodeId: string
  batch: number
  segments: SegmentRow[]
}

/** What a node asks of the database about the runs of others. Everything throws if the database does not answer. */
export interface RemoteDatabase {
  /** The row of a run of this owner. `undefined` if there is none, or if its conversation is deleted. */
  run(key: { id: string; ownerId: string }): Promise<RunRow | undefined>
  /** How these runs stand. One that was erased is not among them. */
  states(runIds: readonly string[]): Promise<RemoteState[]>
  /** The last batch in the journal of each of these nodes. */
  lastBatches(nodeIds: readonly string[]): Promise<{ nodeId: string; batch: number }[]>
  /** What these nodes have journaled after the last batch that was read of each, in order. */
  journals(nodeIds: readonly string[], cursors: readonly number[]): Promise<JournaledBatch[]>
  /** Asks the node that writes a run to stop it. */
  askToStop(runId: string): Promise<void>
}

export function createRemoteDatabase({ queries, write }: PostgresDatabase): RemoteDatabase {
  return {
    run: key => findRun(queries, key),
    states: runIds => readRemoteStates(queries, runIds),
    lastBatches: nodeIds => readLastBatches(queries, nodeIds),
    journals: (nodeIds, cursors) => readJournals(queries, nodeIds, cursors),
    askToStop: runId => write('power', stopping => askToStop(stopping, runId)),
  }
}

async function readRemoteStates(queries: Queries, runIds: readonly string[]): Promise<RemoteState[]> {
  const { rows } = await sql<RemoteState>`
    select runs.id, node_id as "nodeId", address, status <> 'active' as "hasEnded"
    from runs left join nodes on nodes.id = node_id where runs.id = any(${runIds}::text[])`.execute(queries)
  return rows
}

async function readLastBatches(
  queries: Queries,
  nodeIds: readonly string[],
): Promise<{ nodeId: string; batch: number }[]> {
  if (nodeIds.length === 0) return []
  const { rows } = await sql<{ nodeId: string; batch: number }>`
    select read.id as "nodeId", coalesce((select max(batch) from journal where node_id = read.id), 0) as batch
    from unnest(${nodeIds}::uuid[]) as read (id)`.execute(queries)
  return rows
}

async function readJournals(
  queries: Queries,
  nodeIds: readonly string[],
  cursors: readonly number[],
): Promise<JournaledBatch[]> {
  if (nodeIds.length === 0) return []
  const { rows } = await sql<{ nodeId: string; batch: number; segments: Buffer }>`
    select node_id as "nodeId", batch, segments
    from unnest(${nodeIds}::uuid[], ${cursors}::bigint[]) as read (id, last)
    join journal on node_id = read.id and batch > read.last
    order by node_id, batch`.execute(queries)
  return rows.map(row => ({ ...row, segments: readSegments(row.segments) }))
}

async function askToStop(queries: Queries, runId: string): Promise<void> {
  await sql`update runs set stop_asked = true where id = ${runId} and status = 'active'`.execute(queries)
}
