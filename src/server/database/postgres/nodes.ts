import { sql } from 'kysely'
import type { Pool } from 'pg'
import { countResume } from '../runProgress.ts'
import { type Queries, RUN_COLUMNS, type RunRow, type SegmentRow } from '../schema.ts'
import { withoutOverlaps } from '../segments.ts'
import { forgetLiveQuestions } from '../tools/liveQuestions.ts'
import type { PostgresDatabase } from './open.ts'
import { readSegments } from './window.ts'

/** A life of a node, as it registers. */
export interface NewNode {
  id: string
  /** Where other nodes reach it. */
  address: string | undefined
  version: string
}

/** A run with everything that is stored of its log. */
export interface LeftRun {
  row: RunRow
  segments: SegmentRow[]
}

/** What a node asks of the database that it shares with others. Everything throws if the database does not answer. */
export interface NodeDatabase {
  register(node: NewNode): Promise<void>
  /** Raises the beat of a node. False once another node took over. */
  beat(id: string): Promise<boolean>
  /** All nodes that nobody has found dead. */
  list(): Promise<NodeRow[]>
  /** The time of the database, in milliseconds since 1970. */
  time(): Promise<number>
  /** The runs of a node that somebody asked to stop. */
  stops(nodeId: string): Promise<string[]>
  /** The active runs that are this node's in the database. */
  ownRunIds(nodeId: string): Promise<string[]>
  /** Those of them that `isWanted` names. */
  ownRuns(nodeId: string, isWanted: (runId: string) => boolean): Promise<LeftRun[]>
  /** Makes `by` the node that writes the runs of a dead one. Gives none if the dead one has beaten, or another was faster. */
  takeOver(dead: { id: string; beat: number; by: string }): Promise<LeftRun[]>
  countResume(runId: string): Promise<void>
  /** Forgets a node that writes nothing any more. If it has runs, another one takes them over at once. */
  forget(id: string): Promise<void>
}

export function createNodeDatabase(database: PostgresDatabase): NodeDatabase {
  const { beats, looks, chores, read, write } = database
  return {
    register: node => write('power', queries => registerNode(queries, node)),
    beat: id => beatOf(beats, id),
    list: () => listNodes(looks),
    time: () => timeOf(looks),
    stops: nodeId => listStops(chores, nodeId),
    ownRunIds: nodeId => listOwnRunIds(chores, nodeId),
    ownRuns: (nodeId, isWanted) => read(queries => listOwnRuns(queries, nodeId, isWanted)),
    takeOver: dead => write('power', queries => takeOverNode(queries, dead)),
    countResume: runId => write('power', queries => countResume(queries, runId)),
    forget: id => write('process', queries => forgetNode(queries, id)),
  }
}

export async function registerNode(queries: Queries, { id, address, version }: NewNode): Promise<void> {
  await sql`insert into nodes (id, address, version) values (${id}::uuid, ${address ?? null}, ${version})
    on conflict do nothing`.execute(queries)
}

export async function beatOf(pool: Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'update nodes set beat = beat + 1 where id = $1::uuid and dead_at is null',
    [id],
  )
  return rowCount === 1
}

/** A node that nobody has found dead. */
export interface NodeRow {
  id: string
  /** It raises this while it lives. */
  beat: number
  /** It writes nothing more, although it still has runs. */
  hasLeft: boolean
  /** How often it was asked to settle its journal. */
  settlesAsked: number
  /** The time of the database, in milliseconds since 1970. The same in all rows. */
  now: number
}

async function listNodes(pool: Pool): Promise<NodeRow[]> {
  const { rows } = await pool.query<NodeRow>(`
    select id, beat, has_left as "hasLeft", settles_asked as "settlesAsked",
      (extract(epoch from clock_timestamp()) * 1000)::bigint as now
    from nodes where dead_at is null`)
  return rows
}

async function timeOf(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ now: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::bigint as now',
  )
  return rows[0]?.now ?? 0
}

/** Asks all nodes but one to settle their journals, because something was erased that they may hold. */
export async function askToSettle(queries: Queries, exceptId: string): Promise<void> {
  await sql`update nodes set settles_asked = settles_asked + 1
    where id <> ${exceptId}::uuid and dead_at is null`.execute(queries)
}

async function listStops(pool: Pool, nodeId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from runs where node_id = $1::uuid and status = 'active' and stop_asked`,
    [nodeId],
  )
  return rows.map(({ id }) => id)
}

async function listOwnRunIds(pool: Pool, nodeId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from runs where node_id = $1::uuid and status = 'active'`,
    [nodeId],
  )
  return rows.map(({ id }) => id)
}

async function listOwnRuns(
  queries: Queries,
  nodeId: string,
  isWanted: (runId: string) => boolean,
): Promise<LeftRun[]> {
  const rows = await queries
    .selectFrom('runs')
    .select(RUN_COLUMNS)
    .where('node_id', '=', nodeId)
    .where('status', '=', 'active')
    .execute()
  const wanted = rows.filter(({ id }) => isWanted(id))
  if (wanted.length === 0) return []
  // A run that the node has given up may have text in the journal.
  const left = await leftInJournal(queries, nodeId)
  const settled = await settledSegments(queries, wanted)
  return wanted.map(row => ({
    row,
    segments: withoutOverlaps([...(settled.get(row.id) ?? []), ...(left.get(row.id) ?? [])]),
  }))
}

/**
 * Forgets a node that writes nothing any more, and those that died long ago, with what is left of their journals. A node
 * that still has runs is marked, so that another one takes them over at once. The mark comes before its runs are counted,
 * because it locks the row, and a takeover may give it some meanwhile.
 */
async function forgetNode(queries: Queries, id: string): Promise<void> {
  await sql`update nodes set has_left = true where id = ${id}::uuid`.execute(queries)
  const { rows } = await sql<{ id: string }>`
    delete from nodes where (id = ${id}::uuid or dead_at < now() - interval '1 hour')
      and not exists (select from runs where node_id = nodes.id and status = 'active')
    returning id::text as id`.execute(queries)
  const gone = rows.map(row => row.id)
  await sql`delete from journal where node_id = any(${gone}::uuid[])`.execute(queries)
}

/**
 * Makes `by` the node that writes the active runs of a dead one, and settles what that one left in the journal. Gives
 * the runs with their segments. Gives none if the dead one has beaten since, or if another node was faster. `for update`
 * waits for the windows of the dead node that hold its row, and makes all later ones find it dead.
 */
export async function takeOverNode(
  queries: Queries,
  { id, beat, by }: { id: string; beat: number; by: string },
): Promise<LeftRun[]> {
  const { rows: dead } = await sql`
    select id from nodes where id = ${id}::uuid and beat = ${beat} and dead_at is null for update`.execute(
    queries,
  )
  if (dead.length === 0) return []
  await sql`update nodes set dead_at = now() where id = ${id}::uuid`.execute(queries)
  const { rows: alive } = await sql`
    select id from nodes where id = ${by}::uuid and dead_at is null for key share`.execute(queries)
  if (alive.length === 0) throw new Error('a node that is dead itself takes nothing over')
  const runs = await queries
    .updateTable('runs')
    .set({ node_id: by })
    .where('node_id', '=', id)
    .where('status', '=', 'active')
    .returning(RUN_COLUMNS)
    .execute()
  const left = await leftInJournal(queries, id)
  const settled = await settledSegments(queries, runs)
  const taken: LeftRun[] = []
  for (const row of runs) {
    const { id } = row
    taken.push({ row, segments: await settle(queries, settled.get(id) ?? [], left.get(id) ?? []) })
  }
  await sql`delete from journal where node_id = ${id}::uuid`.execute(queries)
  await forgetLiveQuestions(
    queries,
    runs.map(({ id }) => id),
  )
  return taken
}

async function leftInJournal(queries: Queries, nodeId: string): Promise<Map<string, SegmentRow[]>> {
  const { rows } = await sql<{ segments: Buffer }>`
    select segments from journal where node_id = ${nodeId}::uuid order by batch`.execute(queries)
  return Map.groupBy(
    rows.flatMap(({ segments }) => readSegments(segments)),
    ({ run_id }) => run_id,
  )
}

/** One statement for all runs, because a dead node may have had thousands. */
async function settledSegments(
  queries: Queries,
  runs: readonly { id: string }[],
): Promise<Map<string, SegmentRow[]>> {
  const ids = runs.map(({ id }) => id)
  const { rows } = await sql<SegmentRow>`
    select * from segments where run_id = any(${ids}::text[]) order by from_seq`.execute(queries)
  return Map.groupBy(rows, ({ run_id }) => run_id)
}

/** Stores what the journal has of a run, besides what has `settled`, as a segment. Gives all segments of the run. */
async function settle(
  queries: Queries,
  settled: SegmentRow[],
  left: readonly SegmentRow[],
): Promise<SegmentRow[]> {
  const added = withoutOverlaps([...settled, ...left]).slice(settled.length)
  const [first, last] = [added[0], added.at(-1)]
  if (!first || !last) return settled
  const joined = { ...first, to_seq: last.to_seq, frames: added.map(({ frames }) => frames).join('') }
  await queries.insertInto('segments').values(joined).execute()
  return [...settled, joined]
}
