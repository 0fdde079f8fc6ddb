import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Durability } from '../database.ts'
import type { RunRow, SegmentRow } from '../schema.ts'
import { decodeSegments, decodeSegmentsOf, encodeSegment } from '../segmentCodec.ts'
import { lexemesOf } from './messageIndex.ts'
import type { PostgresDatabase } from './open.ts'
import { withoutNul } from './pool.ts'
import { isRefusal } from './storageFaults.ts'

/** The end of a run, with the message that it writes. */
export interface WindowEnd
  extends Pick<
    RunRow,
    | 'id'
    | 'status'
    | 'code'
    | 'retry_after'
    | 'usage'
    | 'timing'
    | 'cost'
    | 'history_from'
    | 'documents'
    | 'last_seq'
    | 'ended_at'
    | 'conversation_id'
    | 'owner_id'
    | 'user_message_id'
    | 'message_id'
  > {
  /** The model that wrote. `null`: the one that is stored. */
  model: string | null
  /** JSON of the parts of the message. */
  parts: string
  /** When the message was written. */
  at: number
  /** The last checkpoint, if `sets_checkpoint`: one statement changes a row once. */
  checkpoint: string | null
  sets_checkpoint: boolean
}

/** What one window changes. */
export interface WindowBatch {
  /** Counts the batches of a node. */
  number: number
  /** The last one with a row that is stored. Without it nothing is stored. */
  after: number
  durability: Durability
  /** Whether a row of the journal has its number. Other batches bear the number of the last one that has. */
  hasRow: boolean
  /** They go to the journal. */
  staying: readonly SegmentRow[]
  /** Each of these becomes a segment of its run. */
  settling: readonly SegmentRow[]
  /** Whether the journal of the node is cleared. */
  clearsJournal: boolean
  checkpoints: readonly { id: string; checkpoint: string | null }[]
  ends: readonly WindowEnd[]
}

/** The parameters of the statement. A batch that is sent again has the same bytes. */
export type EncodedBatch = readonly unknown[]

export function encodeBatch(nodeId: string, batch: WindowBatch): EncodedBatch {
  const { staying, settling, checkpoints } = batch
  const ends = batch.ends.toSorted(byConversation)
  const column = <Row, Key extends keyof Row>(rows: readonly Row[], key: Key) => rows.map(row => row[key])
  return [
    nodeId,
    batch.durability === 'power' ? 'on' : 'off',
    batch.number,
    batch.hasRow ? encodeSegments(staying) : null,
    batch.clearsJournal,
    column(settling, 'run_id'),
    column(settling, 'from_seq'),
    column(settling, 'to_seq'),
    column(settling, 'frames'),
    column(checkpoints, 'id'),
    checkpoints.map(({ checkpoint }) => withoutNul(checkpoint)),
    ...END_COLUMNS.map(key => ends.map(end => withoutNul(end[key]))),
    ends.map(({ owner_id, parts }) => lexemesOf({ owner_id, parts }).join(' ')),
    ends.map(({ model }) => withoutNul(model)),
    ends.map(({ documents }) => withoutNul(documents)),
    batch.after,
  ]
}

/** The same batch, to be stored also if the one before it is gone for good. */
export function afterAny(batch: EncodedBatch): EncodedBatch {
  return [...batch.slice(0, -1), 0]
}

/** All nodes lock conversations in one order, so that none waits for another in a ring. */
function byConversation(a: WindowEnd, b: WindowEnd): number {
  return a.conversation_id < b.conversation_id ? -1 : 1
}

export function encodeSegments(segments: readonly SegmentRow[]): Buffer {
  return zstdCompressSync(segments.map(encodeSegment).join(''))
}

export function readSegments(bytes: Buffer): SegmentRow[] {
  return [...decodeSegments(zstdDecompressSync(bytes).toString('utf8'))]
}

export function readSegmentsOf(runId: string, bytes: Buffer): SegmentRow[] {
  return [...decodeSegmentsOf(runId, zstdDecompressSync(bytes).toString('utf8'))]
}

export interface WindowAnswer {
  /** False once another node took over. Then nothing was stored. */
  isAlive: boolean
  /**
   * False if the batch before this one is not there, because the server died and lost it, or if a later one is there.
   * Then nothing was stored.
   */
  isNext: boolean
  /** The runs of this node that somebody asked to stop. */
  stops: readonly string[]
}

/** The server refused this very batch. The cause says why. */
export class RefusedBatch extends Error {}

/** The batch was sent, and no answer came. Nobody knows whether it is stored. */
export class UnknownOutcome extends Error {}

/** Stores one batch. Throws `RefusedBatch` or `UnknownOutcome`, and what the driver throws if the server is not reached. */
export type SendBatch = (batch: EncodedBatch) => Promise<WindowAnswer>

export function createSendBatch({
  windows,
  namesStatements,
}: Pick<PostgresDatabase, 'windows' | 'namesStatements'>): SendBatch {
  const name = namesStatements ? { name: 'window' } : {}
  return async batch => {
    const client = await windows.connect()
    let isGood = false
    try {
      const { rows } = await client.query<{ alive: number; next: number; stops: string[] }>({
        ...name,
        text: WINDOW,
        values: [...batch],
      })
      isGood = true
      const [row] = rows
      return { isAlive: row?.alive === 1, isNext: row?.next === 1, stops: row?.stops ?? [] }
    } catch (cause) {
      isGood = isRefusal(cause)
      throw isGood ? new RefusedBatch('', { cause }) : new UnknownOutcome('', { cause })
    } finally {
      client.release(!isGood)
    }
  }
}

const END_COLUMNS = [
  'id',
  'status',
  'code',
  'retry_after',
  'usage',
  'timing',
  'cost',
  'history_from',
  'last_seq',
  'ended_at',
  'conversation_id',
  'owner_id',
  'user_message_id',
  'message_id',
  'parts',
  'at',
  'checkpoint',
  'sets_checkpoint',
] as const satisfies readonly (keyof WindowEnd)[]

/*
 * One statement, because each round trip would hold up the text of all runs. `alive` locks the row of the node against a
 * takeover (`select … for update`), so that nothing is stored after one. `me` has the row if the batch before this one is
 * there too, and none after it: the network may bring a batch once more after later ones, when the journal that had it is
 * cleared, and its checkpoint would be set again. Without `me` nothing else happens. `mode` runs
 * because the last line reads it. A batch that is sent again finds its journal row, its segments and the ends of its
 * runs, and changes nothing, so that no checkpoint goes back.
 */
const WINDOW = `
with alive as materialized (select id from nodes where id = $1::uuid and dead_at is null for key share),
me as materialized (select id from alive
  where coalesce((select max(batch) from journal where node_id = alive.id), 0) between $33::bigint and $3::bigint),
mode as materialized (select set_config('synchronous_commit', $2, true) from me),
ended as (
  update runs r set status = e.status, code = e.code, retry_after = e.retry_after, usage = e.usage, timing = e.timing,
    cost = e.cost, model = coalesce(e.model, r.model), history_from = e.history_from,
    documents = e.documents, last_seq = e.last_seq, ended_at = e.ended_at,
    checkpoint = case when e.sets_checkpoint then e.checkpoint else r.checkpoint end
  from me, unnest($12::text[], $13::text[], $14::text[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[],
    $20::int[], $21::bigint[], $28::text[], $29::boolean[], $31::text[], $32::text[])
    as e (id, status, code, retry_after, usage, timing, cost, history_from, last_seq, ended_at, checkpoint, sets_checkpoint,
      model, documents)
  where r.id = e.id and r.status = 'active' and r.node_id = me.id
  returning r.id),
message as (
  insert into messages (id, conversation_id, owner_id, parent_id, role, parts, run_id, created_at)
  select m.id, m.conversation_id, m.owner_id, m.parent_id, 'ASSISTANT', m.parts, m.run_id, m.at
  from unnest($12::text[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[], $27::bigint[])
    as m (run_id, conversation_id, owner_id, parent_id, id, parts, at)
  join ended on ended.id = m.run_id
  returning number, id),
indexed as (
  insert into message_index (number, words)
  select message.number, array_to_tsvector(string_to_array(w.words, ' '))
  from message join unnest($25::text[], $30::text[]) as w (id, words) on w.id = message.id),
head as (
  update conversations c set updated_at = h.at, touched_at = h.ended_at, position = nextval('conversation_positions'),
    head_message_id = case when c.head_message_id = h.parent_id then h.id else c.head_message_id end
  from unnest($12::text[], $22::text[], $24::text[], $25::text[], $27::bigint[], $21::bigint[])
    as h (run_id, conversation_id, parent_id, id, at, ended_at)
  join ended on ended.id = h.run_id
  where c.id = h.conversation_id),
settled as (
  insert into segments (run_id, from_seq, to_seq, frames)
  select s.run_id, s.from_seq, s.to_seq, s.frames
  from me, unnest($6::text[], $7::int[], $8::int[], $9::text[]) as s (run_id, from_seq, to_seq, frames)
  join runs on runs.id = s.run_id and runs.status = 'active'
  where runs.node_id = me.id
  on conflict do nothing),
checkpointed as (
  update runs r set checkpoint = k.checkpoint
  from me, unnest($10::text[], $11::text[]) as k (id, checkpoint)
  where r.id = k.id and r.status = 'active' and r.node_id = me.id
    and not exists (select from journal j where j.node_id = me.id and j.batch = $3)),
cleared as (delete from journal using me where $5::boolean and node_id = me.id and batch < $3),
journaled as (
  insert into journal (node_id, batch, segments) select me.id, $3, $4::bytea from me where $4::bytea is not null
  on conflict do nothing)
select (select count(*)::int from alive) as alive, (select count(*)::int from me) as next,
  (select count(*) from mode) as mode,
  array(select id from runs where node_id = $1::uuid and status = 'active' and stop_asked) as stops`
