import type { RunEnd } from '../../../protocol/events.ts'
import type { Part } from '../../../protocol/parts.ts'
import type { SegmentRow } from '../../database/schema.ts'
import { decodeSegments, encodeSegment } from '../../database/segmentCodec.ts'

/**
 * What the node that writes runs tells another node of those that this one follows. It names a wish to follow a run by the
 * number that the wish came with.
 */
export interface RelayRecord {
  /** The last stored batch of the journal. Every event of it, and of all before it, has been sent for every joined run. */
  batch: number
  segments: readonly SegmentRow[]
  /**
   * Wishes that are granted, with the last event of the run. From here on every event is sent. `parts`: the message so far, if
   * the events before are not among the segments.
   */
  joined: readonly { wish: number; runId: string; lastSeq: number; parts?: readonly Part[] }[]
  /** Wishes for runs that this node does not write. */
  unknown: readonly { wish: number; runId: string }[]
  /** Runs whose events cannot be stored at the moment. */
  refused: readonly string[]
  ended: readonly { runId: string; seq: number; end: RunEnd }[]
}

/** The longest record that is read, in UTF-16 units. */
const MAX_LENGTH = 64 * 1024 * 1024

/**
 * Writes a line with the length of the rest in UTF-16 units, a line of JSON with everything but the segments, and then the
 * segments as the journal has them.
 */
export function encodeRecord({ segments, ...facts }: RelayRecord): string {
  const body = `${JSON.stringify(facts)}\n${segments.map(encodeSegment).join('')}`
  return `${body.length}\n${body}`
}

/** Finds records in a text that comes in pieces. */
export class RecordReader {
  #rest = ''

  /** The records that are complete with this piece. Throws if it finds something else. */
  read(piece: string): RelayRecord[] {
    this.#rest += piece
    const records: RelayRecord[] = []
    for (;;) {
      const line = this.#rest.indexOf('\n')
      const length = Number(line === -1 ? this.#rest : this.#rest.slice(0, line))
      if (!(length >= 0 && length <= MAX_LENGTH)) throw new Error('not a record of a relay')
      const end = line + 1 + length
      if (line === -1 || this.#rest.length < end) return records
      records.push(decodeRecord(this.#rest.slice(line + 1, end)))
      this.#rest = this.#rest.slice(end)
    }
  }
}

function decodeRecord(body: string): RelayRecord {
  const line = body.indexOf('\n')
  return { ...JSON.parse(body.slice(0, line)), segments: [...decodeSegments(body.slice(line + 1))] }
}
