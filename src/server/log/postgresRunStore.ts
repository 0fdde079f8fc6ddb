import { sql } from 'kysely'
import type { PoolClient } from 'pg'
import { RiachoError } from '../../protocol/errors.ts'
import { framesFrom } from '../../protocol/sse.ts'
import type { Clock } from '../clock.ts'
import type { Durability } from '../database/database.ts'
import type { PostgresDatabase } from '../database/postgres/open.ts'
import { faultOf, isFaultOfStatement, isRefusal } from '../database/postgres/storageFaults.ts'
import {
  type EncodedBatch,
  encodeBatch,
  readSegments,
  storeBatch,
  type WindowAnswer,
  type WindowEnd,
} from '../database/postgres/window.ts'
import type { Queries, SegmentRow } from '../database/schema.ts'
import { deleteSomeOldSegments, listSegments } from '../database/segments.ts'
import { writeSetting } from '../database/storedSettings.ts'
import type { LogWrite } from './eventLog.ts'
import { JournaledSegments } from './journaledSegments.ts'
import type { PostgresNode } from './postgresNode.ts'
import type { RunStore } from './runStore.ts'
import { createReadRun, createTurns, framesOf, insertNewRun } from './storedRuns.ts'

/** How long a batch waits before it is sent again, in milliseconds. */
const RESEND_INTERVAL = 250

export interface PostgresRunStoreOptions {
  database: PostgresDatabase
  node: Pick<PostgresNode, 'id' | 'fenced'>
  clock: Clock
  /** As `createSteadyTime` makes it. It says when runs ended. */
  steadyTime: () => number
  /** Somebody asked another node to stop these runs of this one. */
  onStops: (runIds: readonly string[]) => void
}

/** The runs that this node writes, in the tables that all nodes share. */
export function createPostgresRunStore(options: PostgresRunStoreOptions): PostgresRunStore {
  const { database, node, clock, steadyTime, onStops } = options
  const { queries } = database
  let journaled = new JournaledSegments()
  const inTurn = createTurns()
  const batches = new Batches({ database, clock, onFenced: nodeId => node.fenced(nodeId), onStops })

  async function commit(
    writes: readonly LogWrite[],
    {
      durability,
      settles = false,
      onStalled,
    }: { durability: Durability; settles?: boolean; onStalled?: ((error: unknown) => void) | undefined },
  ): Promise<void> {
    const plan = journaled.plan(writes, { settles })
    // What is not synced stays in memory, and what settles is long.
    const kept = plan.settlesAll ? 'power' : durability
    const batch = encodeBatch(node.id, {
      number: plan.staying.length > 0 || plan.settlesAll ? batches.next() : batches.last,
      durability: kept,
      staying: plan.staying,
      settling: plan.settling,
      clearsJournal: plan.settlesAll,
      checkpoints: writes.flatMap(({ start, checkpoint, end }) =>
        checkpoint === undefined || end ? [] : { id: start.runId, checkpoint },
      ),
      ends: writes.flatMap(write => toEnd(write, { at: clock.now(), endedAt: steadyTime() })),
    })
    const mirror = journaled
    await batches.store(batch, kept, onStalled)
    mirror.stored(plan)
  }

  /**
   * What memory has is copied before the database is read, because events move from the journal to a segment meanwhile:
   * then both have them, and none has not.
   */
  async function segmentsOf(runId: string, after: number): Promise<SegmentRow[]> {
    const owned = journaled.after(runId, after)
    if (owned.length > 0) return merged([...(await listSegments(queries, { runId, after })), ...owned])
    return database.read(queries => storedSegments(queries, { runId, after }))
  }

  return {
    async accept(queries, run) {
      await requireAlive(queries, node.id)
      await insertNewRun(queries, run, node.id)
    },
    commit: (writes, durability, onStalled) => inTurn(() => commit(writes, { durability, onStalled })),
    read: createReadRun(queries, segmentsOf),
    framesAfter: async (runId, seq) => framesOf(await segmentsOf(runId, seq), seq + 1),
    // A synced commit makes all earlier ones survive, whichever connection it has.
    sync: () =>
      database.write('power', queries =>
        writeSetting(queries, { key: 'synced_at', value: String(clock.now()) }),
      ),
    settleJournal: () => inTurn(() => commit([], { durability: 'process', settles: true })),
    async deleteOldEvents(endedBefore) {
      // One transaction for each slice, with other work in between, because there may be many.
      while (await database.write('process', queries => deleteSomeOldSegments(queries, endedBefore)));
    },
    forgetRuns() {
      journaled = new JournaledSegments()
      batches.forget()
    },
    close: () => batches.close(),
  }
}

export interface PostgresRunStore extends RunStore {
  /** Another node has taken over: nothing of what this one wrote is kept in memory. */
  forgetRuns(): void
  close(): void
}

interface BatchesOptions extends Pick<PostgresRunStoreOptions, 'database' | 'clock' | 'onStops'> {
  /** `nodeId`: the life that was taken over. */
  onFenced: (nodeId: string) => void
}

/**
 * Stores batches in their order, each once. A batch is
 * - **sent**: nobody knows whether it is stored. It is sent again with the same bytes until the server answers.
 * - **unsynced**: stored, and lost if the server dies within its next 0.6 s, although this node lives on. It is sent
 *   again on every new connection, which changes nothing if it is there.
 * - **synced**: a commit that survives power loss has come after it. It is forgotten.
 */
class Batches {
  readonly #options: BatchesOptions
  #number = 0
  #unsynced: EncodedBatch[] = []
  #client: PoolClient | undefined
  #isClosed = false

  constructor(options: BatchesOptions) {
    this.#options = options
  }

  /** The number of the last batch with a row in the journal. */
  get last(): number {
    return this.#number
  }

  next(): number {
    this.#number += 1
    return this.#number
  }

  /** Throws if the server refused the batch, or if another node took over. Then nothing of it is stored. */
  async store(
    batch: EncodedBatch,
    durability: Durability,
    onStalled?: (error: unknown) => void,
  ): Promise<void> {
    let isUnknown = false
    for (;;) {
      try {
        await this.#send(batch)
        break
      } catch (error) {
        if (error instanceof FencedError || this.#isClosed) throw faultOf(error)
        // After an unknown outcome only a fault of the batch itself says that it is not stored.
        const isRefused = error instanceof RefusedBatch && (!isUnknown || isFaultOfStatement(error.cause))
        if (isRefused) throw faultOf(error.cause)
        isUnknown ||= error instanceof UnknownOutcome
        onStalled?.(faultOf(error instanceof Error ? (error.cause ?? error) : error))
        await new Promise<void>(resolve => this.#options.clock.schedule(resolve, RESEND_INTERVAL))
      }
    }
    if (durability === 'power') this.#unsynced = []
    else this.#unsynced.push(batch)
  }

  /** What may be lost comes first, because a later batch counts on it. */
  async #send(batch: EncodedBatch): Promise<void> {
    const { database, onFenced, onStops } = this.#options
    const client = await database.windows.connect()
    let isGood = false
    try {
      if (client !== this.#client)
        for (const earlier of this.#unsynced) await storeBatch(client, earlier, database.namesStatements)
      const { isAlive, stops } = await this.#sendLast(client, batch)
      isGood = true
      this.#client = client
      if (!isAlive) {
        onFenced(String(batch[0]))
        throw new FencedError()
      }
      if (stops.length > 0) onStops(stops)
    } catch (error) {
      isGood ||= error instanceof RefusedBatch
      throw error
    } finally {
      client.release(!isGood)
    }
  }

  async #sendLast(client: PoolClient, batch: EncodedBatch): Promise<WindowAnswer> {
    try {
      return await storeBatch(client, batch, this.#options.database.namesStatements)
    } catch (cause) {
      throw isRefusal(cause) ? new RefusedBatch('', { cause }) : new UnknownOutcome('', { cause })
    }
  }

  forget(): void {
    this.#unsynced = []
  }

  close(): void {
    this.#isClosed = true
  }
}

/** The server refused this very batch. */
class RefusedBatch extends Error {}

/** The batch was sent, and no answer came. */
class UnknownOutcome extends Error {}

/** Another node has taken over the runs of this one. */
class FencedError extends RiachoError {
  constructor() {
    super('STORAGE_UNAVAILABLE', 'another node took over the runs of this one')
  }
}

/** Holds the row of the node until the transaction ends, so that no takeover comes between. Throws `STORAGE_UNAVAILABLE`. */
async function requireAlive(queries: Queries, nodeId: string): Promise<void> {
  const { rows } = await sql`
    select id from nodes where id = ${nodeId}::uuid and dead_at is null for key share`.execute(queries)
  if (rows.length === 0) throw new FencedError()
}

/** The segments of a run that any node writes: what has settled, and what is in the journal of its node. */
async function storedSegments(
  queries: Queries,
  { runId, after }: { runId: string; after: number },
): Promise<SegmentRow[]> {
  const settled = await listSegments(queries, { runId, after })
  const { rows } = await sql<{ segments: Buffer }>`
    select segments from journal
    where node_id = (select node_id from runs where id = ${runId} and status = 'active')
    order by batch`.execute(queries)
  const journaled = rows.flatMap(({ segments }) => readSegments(segments))
  return merged([...settled, ...journaled.filter(row => row.run_id === runId && row.to_seq > after)])
}

/** A batch that was sent again may leave a row in the journal whose events have settled. */
function merged(segments: readonly SegmentRow[]): SegmentRow[] {
  let last = 0
  return segments.flatMap(segment => {
    if (segment.to_seq <= last) return []
    const isOverlap = segment.from_seq <= last
    const missing = isOverlap
      ? { ...segment, from_seq: last + 1, frames: framesFrom(segment.frames, last + 1) }
      : segment
    last = segment.to_seq
    return missing
  })
}

function toEnd(
  { ownerId, start, checkpoint, end }: LogWrite,
  { at, endedAt }: { at: number; endedAt: number },
): WindowEnd[] {
  if (!end) return []
  const { event, seq, parts } = end
  const json = (value: unknown) => (value ? JSON.stringify(value) : null)
  return [
    {
      id: start.runId,
      status: event.status,
      code: event.code ?? null,
      retry_after: event.retryAfter ?? null,
      usage: json(event.usage),
      timing: json(event.timing),
      cost: json(event.cost),
      history_from: event.historyFrom ?? null,
      last_seq: seq,
      ended_at: endedAt,
      conversation_id: start.conversationId,
      owner_id: ownerId,
      user_message_id: start.userMessageId,
      message_id: start.messageId,
      parts: JSON.stringify(parts),
      at,
      checkpoint: checkpoint ?? null,
      sets_checkpoint: checkpoint !== undefined,
    },
  ]
}
