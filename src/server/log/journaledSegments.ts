import type { SegmentRow } from '../database/schema.ts'
import type { LogWrite } from './eventLog.ts'

/** The most frames that the journal, and its copy in memory, hold, in UTF-16 units. */
const MAX_JOURNALED = 4 * 1024 * 1024

/** The changes that one transaction makes to segments. */
export interface SegmentPlan {
  /** Each of these becomes a segment of its run. */
  readonly settling: readonly SegmentRow[]
  /** These go to the journal. */
  readonly staying: readonly SegmentRow[]
  /** Whether all segments settle and the journal is cleared. */
  readonly settlesAll: boolean
  /** UTF-16 units of frames in the journal after the transaction. */
  readonly length: number
}

/**
 * Mirrors the journal in memory. The events of a run are first journaled, then settled:
 * - **journaled**: in rows that hold what one transaction added for all runs, and in this copy.
 * - **settled**: in a segment of their own run. Events settle when their run ends, when the journal is full, on
 *   `settleJournal`, and when the next process opens the store.
 *
 * `plan` changes nothing. `stored` is the one setter. The caller calls it after the transaction that did what was
 * planned.
 */
export class JournaledSegments {
  readonly #rows = new Map<string, SegmentRow[]>()
  #length = 0

  /** Throws if events are not the next ones of their run. */
  plan(writes: readonly LogWrite[], { settles }: { settles: boolean }): SegmentPlan {
    const added = new Map<string, SegmentRow>()
    const ended = new Set<string>()
    let length = this.#length
    for (const { start, segment, end } of writes) {
      if (end) ended.add(start.runId)
      if (!segment) continue
      const row = toRow(start.runId, segment)
      assertNext(row, this.#rows.get(row.run_id)?.at(-1))
      added.set(row.run_id, row)
      length += row.frames.length
    }
    const settlesAll = settles || length > MAX_JOURNALED || this.#allIn(ended, added)
    const runIds = settlesAll ? new Set([...this.#rows.keys(), ...added.keys()]) : ended
    const settling = [...runIds].flatMap(runId => {
      const row = added.get(runId)
      const rows = [...(this.#rows.get(runId) ?? []), ...(row ? [row] : [])]
      return rows.length > 0 ? joinSegments(rows) : []
    })
    const staying = settlesAll ? [] : [...added.values()].filter(row => !ended.has(row.run_id))
    return { settling, staying, settlesAll, length: settlesAll ? 0 : length }
  }

  /** Whether nothing stays in the journal. */
  #allIn(ended: ReadonlySet<string>, added: ReadonlyMap<string, SegmentRow>): boolean {
    for (const runId of this.#rows.keys()) if (!ended.has(runId)) return false
    for (const runId of added.keys()) if (!ended.has(runId)) return false
    return true
  }

  stored({ settling, staying, length }: SegmentPlan): void {
    for (const { run_id } of settling) this.#rows.delete(run_id)
    for (const row of staying) {
      const rows = this.#rows.get(row.run_id)
      if (rows) rows.push(row)
      else this.#rows.set(row.run_id, [row])
    }
    this.#length = length
  }

  /** The journaled segments of a run that hold events after `seq`. */
  after(runId: string, seq: number): SegmentRow[] {
    return this.#rows.get(runId)?.filter(row => row.to_seq > seq) ?? []
  }
}

/** Joins consecutive segments, at least one, into one. */
export function joinSegments(rows: readonly SegmentRow[]): SegmentRow {
  for (const [index, row] of rows.entries()) assertNext(row, rows[index - 1])
  const [first, last] = [rows[0], rows.at(-1)]
  if (!first || !last) throw new Error('no segment to join')
  return { ...first, to_seq: last.to_seq, frames: rows.map(row => row.frames).join('') }
}

function toRow(runId: string, { fromSeq, toSeq, frames }: Required<LogWrite>['segment']): SegmentRow {
  return { run_id: runId, from_seq: fromSeq, to_seq: toSeq, frames }
}

function assertNext({ run_id, from_seq }: SegmentRow, before: SegmentRow | undefined): void {
  if (before && from_seq !== before.to_seq + 1)
    throw new Error(`run ${run_id}: event ${from_seq} after ${before.to_seq}`)
}
