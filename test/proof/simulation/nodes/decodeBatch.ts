import type { Durability } from '../../../../src/server/database/database.ts'
import type { EncodedBatch, WindowEnd } from '../../../../src/server/database/postgres/window.ts'
import type { RunRow, SegmentRow } from '../../../../src/server/database/schema.ts'

/** The parameters of a window's statement, by their meaning. */
export interface DecodedBatch {
  nodeId: string
  durability: Durability
  number: number
  /** The row of the journal. `null` if the batch has none. */
  journaled: Buffer | null
  clears: boolean
  settling: SegmentRow[]
  checkpoints: { id: string; checkpoint: string | null }[]
  ends: (Partial<RunRow> & Pick<WindowEnd, 'id' | 'parts'>)[]
  /** The batch that has to be there. */
  after: number
}

type Columns = readonly (readonly unknown[])[]

/** The first column of the ends, among the parameters. */
const FIRST_END = 11

export function decodeBatch(batch: EncodedBatch): DecodedBatch {
  const columns = batch as Columns
  const rows = (first: number) => (columns[first] ?? []).map((_, index) => index)
  const at = (column: number, index: number) => columns[column]?.[index] as never
  return {
    nodeId: batch[0] as string,
    durability: batch[1] === 'on' ? 'power' : 'process',
    number: batch[2] as number,
    journaled: batch[3] as Buffer | null,
    clears: batch[4] as boolean,
    settling: rows(5).map(index => ({
      run_id: at(5, index),
      from_seq: at(6, index),
      to_seq: at(7, index),
      frames: at(8, index),
    })),
    checkpoints: rows(9).map(index => ({ id: at(9, index), checkpoint: at(10, index) })),
    ends: rows(FIRST_END).map(index => {
      const end = (offset: number) => at(FIRST_END + offset, index)
      return {
        id: end(0),
        status: end(1),
        code: end(2),
        retry_after: end(3),
        usage: end(4),
        timing: end(5),
        cost: end(6),
        history_from: end(7),
        documents: at(31, index),
        last_seq: end(8),
        ended_at: end(9),
        parts: end(14),
        ...((end(17) as boolean) && { checkpoint: end(16) }),
      }
    }),
    after: batch[32] as number,
  }
}
