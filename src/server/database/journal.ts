import { CompiledQuery } from 'kysely'
import type { Queries, SegmentRow } from './schema.ts'

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

/**
 * Writes a line with the run, the numbers of its events and the length of the frames in UTF-16 units, and then the
 * frames.
 */
export function encodeSegment({ run_id, from_seq, to_seq, frames }: SegmentRow): string {
  return `${run_id} ${from_seq} ${to_seq} ${frames.length}\n${frames}`
}

export function* decodeSegments(text: string): Generator<SegmentRow> {
  for (let at = 0; at < text.length; ) {
    const lineEnd = text.indexOf('\n', at)
    const [runId = '', fromSeq, toSeq, length] = text.slice(at, lineEnd).split(' ')
    at = lineEnd + 1 + Number(length)
    yield {
      run_id: runId,
      from_seq: Number(fromSeq),
      to_seq: Number(toSeq),
      frames: text.slice(lineEnd + 1, at),
    }
  }
}
