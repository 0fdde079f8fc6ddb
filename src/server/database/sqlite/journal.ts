import { CompiledQuery } from 'kysely'
import { compiled } from '../compiled.ts'
import { dialectOf } from '../dialect.ts'
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
  await insertJournal(queries, { segments: text })
}

const insertJournal = compiled((queries, row: { segments: string }) =>
  queries.insertInto('journal').values(row),
)

/** All segments in the journal, in the order in which they were added. */
export async function readJournal(queries: Queries): Promise<SegmentRow[]> {
  const rows = await queries.selectFrom('journal').select('segments').orderBy('id').execute()
  return rows.flatMap(row => [...decodeSegments(row.segments)])
}

export async function clearJournal(queries: Queries): Promise<void> {
  await deleteJournal(queries, {})
}

const deleteJournal = compiled(queries => queries.deleteFrom('journal'))

const INSERT = `
  insert into segments (run_id, from_seq, to_seq, frames)
  select id, ?, ?, ? from runs where id = ? and status = 'active'`

/**
 * Adds a segment to the log of a run, if the run is active.
 */
export async function insertSegment(queries: Queries, row: SegmentRow): Promise<void> {
  await dialectOf(queries).execute(
    queries,
    CompiledQuery.raw(INSERT, [row.from_seq, row.to_seq, row.frames, row.run_id]),
  )
}
