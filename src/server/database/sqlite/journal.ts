import { CompiledQuery } from 'kysely'
import type { Queries, SegmentRow } from '../schema.ts'
import { decodeSegments, encodeSegment } from '../segmentCodec.ts'

/**
 * Adds `segments` of any runs as one row. With a row for each run, each run would write one page of the database. With
 * 200 runs that is 1,160 kB for each window, and one row is 40 kB.
 */
export async function appendToJournal(queries: Queries, segments: Iterable<SegmentRow>): Promise<void> {
  let text = ''
  for (const segment of segments) text += encodeSegment(segment)
  if (text === '') return
  await queries.executeQuery(CompiledQuery.raw('insert into journal (segments) values (?)', [text]))
}

/** All segments in the journal, in the order in which they were added. */
export async function readJournal(queries: Queries): Promise<SegmentRow[]> {
  const rows = await queries.selectFrom('journal').select('segments').orderBy('id').execute()
  return rows.flatMap(row => [...decodeSegments(row.segments)])
}

export async function clearJournal(queries: Queries): Promise<void> {
  await queries.deleteFrom('journal').execute()
}

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
