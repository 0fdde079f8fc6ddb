import { CompiledQuery } from 'kysely'
import type { Queries, SegmentRow } from './schema.ts'

const INSERT = `
  insert into segments (run_id, from_seq, to_seq, frames)
  select id, ?, ?, ? from runs where id = ? and status = 'active'`

/**
 * Adds to the log of an active run; a run that has ended, or is gone, takes nothing.
 * Raw because every reply ends with it, and building the query costs more than the row.
 */
export async function insertSegment(queries: Queries, row: SegmentRow): Promise<void> {
  await queries.executeQuery(CompiledQuery.raw(INSERT, [row.from_seq, row.to_seq, row.frames, row.run_id]))
}

/** The segment that is stored together with the row of its run. */
export async function insertFirstSegment(
  queries: Queries,
  { runId, toSeq, frames }: { runId: string; toSeq: number; frames: string },
): Promise<void> {
  await queries.insertInto('segments').values({ run_id: runId, from_seq: 1, to_seq: toSeq, frames }).execute()
}

/** The segments that hold events after `after`, in order. */
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

/** Forgets the events of runs that ended before `endedBefore`; their messages and ends stay. */
export async function deleteOldSegments(queries: Queries, endedBefore: number): Promise<void> {
  await queries
    .deleteFrom('segments')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('runs')
          .select('id')
          .whereRef('runs.id', '=', 'segments.run_id')
          .where('ended_at', '<', endedBefore),
      ),
    )
    .execute()
}
