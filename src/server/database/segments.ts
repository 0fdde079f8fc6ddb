import { CompiledQuery, sql } from 'kysely'
import type { Queries, SegmentRow } from './schema.ts'

const INSERT = `
  insert into segments (run_id, from_seq, to_seq, frames)
  select id, ?, ?, ? from runs where id = ? and status = 'active'`

/**
 * Adds a segment to the log of a run, if the run is active. The query is raw, because every reply ends with it, and
 * Kysely takes longer to build it than SQLite to store the row.
 */
export async function insertSegment(queries: Queries, row: SegmentRow): Promise<void> {
  await queries.executeQuery(CompiledQuery.raw(INSERT, [row.from_seq, row.to_seq, row.frames, row.run_id]))
}

/** Adds the segment that is stored together with the row of its run. */
export async function insertFirstSegment(
  queries: Queries,
  { runId, toSeq, frames }: { runId: string; toSeq: number; frames: string },
): Promise<void> {
  await queries.insertInto('segments').values({ run_id: runId, from_seq: 1, to_seq: toSeq, frames }).execute()
}

/** The segments with events after `after`, in order. */
export function listSegments(
  queries: Queries,
  { runId, after }: { runId: string; after: number },
): Promise<SegmentRow[]> {
  return queries
    .selectFrom('segments')
    .selectAll()
    .where('run_id', '=', runId)
    .where('to_seq', '>', after)
    .orderBy('from_seq')
    .execute()
}

/** How many segments one transaction deletes. */
const MAX_DELETED = 100

/**
 * Deletes some of the events of runs that ended before `endedBefore`. Their messages and ends stay. False if there were
 * none. Segments come in the order in which they were stored, so that the oldest ones are found at once.
 */
export async function deleteSomeOldSegments(queries: Queries, endedBefore: number): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    delete from segments where rowid in (
      select segments.rowid from segments cross join runs on runs.id = run_id
      where ended_at < ${endedBefore} order by segments.rowid limit ${sql.lit(MAX_DELETED)})`.execute(queries)
  return numAffectedRows > 0n
}
