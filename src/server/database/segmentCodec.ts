import type { SegmentRow } from './schema.ts'

/**
 * Writes a line with the run, the numbers of its events and the length of the frames in UTF-16 units, and then the
 * frames.
 */
export function encodeSegment({ run_id, from_seq, to_seq, frames }: SegmentRow): string {
  return `${run_id} ${from_seq} ${to_seq} ${frames.length}\n${frames}`
}

/**
 * Those of one run. Frames have no line that begins with an id of a run, so that the others need not be read: a journal may
 * have a hundred thousand.
 */
export function* decodeSegmentsOf(runId: string, text: string): Generator<SegmentRow> {
  const begin = `${runId} `
  for (let at = text.indexOf(begin); at !== -1; at = text.indexOf(begin, at + 1)) {
    if (at > 0 && text[at - 1] !== '\n') continue
    const [segment] = decodeSegments(text.slice(at))
    if (segment) yield segment
  }
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
