import { sql } from 'kysely'
import { framesFrom } from '../../protocol/sse.ts'
import { compiled } from './compiled.ts'
import type { Database } from './database.ts'
import type { Queries, SegmentRow } from './schema.ts'

/** Adds the segment that is stored together with the row of its run. */
export async function insertFirstSegment(
  queries: Queries,
  segment: { runId: string; toSeq: number; frames: string },
): Promise<void> {
  await insertFirst(queries, segment)
}

const insertFirst = compiled((queries, { runId, toSeq, frames }: Parameters<typeof insertFirstSegment>[1]) =>
  queries.insertInto('segments').values({ run_id: runId, from_seq: 1, to_seq: toSeq, frames }),
)

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

/** The segments of all active runs, those of a run in order. */
export async function listActiveSegments(queries: Queries): Promise<SegmentRow[]> {
  // By itself SQLite might read the segments of all runs.
  const { rows } = await sql<SegmentRow>`
    select segments.* from runs cross join segments on run_id = runs.id
    where status = 'active' order by from_seq`.execute(queries)
  return rows
}

/** How many segments one transaction deletes. */
const MAX_DELETED = 100

/**
 * Deletes some of the events of runs that ended before `endedBefore`. Their messages and ends stay. False if there were
 * none. Segments come in the order in which they were stored, so that the oldest ones are found at once.
 */
async function deleteSomeOldSegments(queries: Queries, endedBefore: number): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    delete from segments where rowid in (
      select segments.rowid from segments cross join runs
      where runs.id = run_id and ended_at < ${endedBefore} order by segments.rowid limit ${sql.lit(MAX_DELETED)})`.execute(
    queries,
  )
  return numAffectedRows > 0n
}

/** Deletes the events of runs that ended before `endedBefore`. Their messages and ends stay. */
export async function deleteOldSegments(
  { write }: Pick<Database, 'write'>,
  endedBefore: number,
): Promise<void> {
  // One transaction for each slice, with other work in between, because there may be many.
  while (await write('process', queries => deleteSomeOldSegments(queries, endedBefore)));
}

/**
 * The segments of a run, in their order, each event once. A batch that was sent again may leave events in the journal
 * that have settled.
 */
export function withoutOverlaps(segments: readonly SegmentRow[]): SegmentRow[] {
  let last = 0
  return segments.flatMap(segment => {
    const { from_seq, to_seq, frames } = segment
    if (to_seq <= last) return []
    const next = last + 1
    last = to_seq
    return from_seq < next ? { ...segment, from_seq: next, frames: framesFrom(frames, next) } : segment
  })
}
