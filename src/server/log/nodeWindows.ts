import { RiachoError } from '../../protocol/errors.ts'
import { type Clock, within } from '../clock.ts'
import type { Durability } from '../database/database.ts'
import { encodeBatch, type SendBatch, type WindowBatch, type WindowEnd } from '../database/postgres/window.ts'
import type { SegmentRow } from '../database/schema.ts'
import type { LogWrite } from './eventLog.ts'
import { JournaledSegments, type SegmentPlan } from './journaledSegments.ts'
import type { PostgresNode } from './postgresNode.ts'
import { createTurns } from './storedRuns.ts'
import { FencedError, WindowBatches } from './windowBatches.ts'

/** Milliseconds. Whoever waits for an erasure gets an answer. */
const LONGEST_SETTLE = 10_000

export interface NodeWindowsOptions {
  sendBatch: SendBatch
  node: Pick<PostgresNode, 'id' | 'fenced'>
  clock: Clock
  /** As `createSteadyTime` makes it. It says when runs ended. */
  steadyTime: () => number
  /** Somebody asked another node to stop these runs of this one. */
  onStops: (runIds: readonly string[]) => void
}

interface CommitOptions {
  durability: Durability
  settles?: boolean
  onStalled?: ((error: unknown) => void) | undefined
}

/** Makes numbered batches of what the windows of this node gather, and stores them one after the other. */
export class NodeWindows {
  readonly #options: NodeWindowsOptions
  readonly #batches: WindowBatches
  readonly #inTurn = createTurns()
  #journaled = new JournaledSegments()

  constructor(options: NodeWindowsOptions) {
    const { sendBatch, node, clock, onStops } = options
    this.#options = options
    this.#batches = new WindowBatches({ sendBatch, clock, onFenced: nodeId => node.fenced(nodeId), onStops })
  }

  /** As `RunStore.commit`. */
  commit(
    writes: readonly LogWrite[],
    durability: Durability,
    onStalled?: (error: unknown) => void,
  ): Promise<void> {
    const { node } = this.#options
    const { id } = node
    return this.#inTurn(() => {
      // A takeover while it waited: the writes are those of the life before.
      if (node.id !== id) throw new FencedError()
      return this.#commit(writes, { durability, onStalled })
    })
  }

  /** Not any synced commit: a batch also finds out whether the server has lost the ones before it. */
  sync(onStalled?: (error: unknown) => void): Promise<void> {
    return this.#inTurn(() => this.#commit([], { durability: 'power', onStalled }))
  }

  /** Moves all events of this node out of the journal. Throws `STORAGE_UNAVAILABLE` if that takes longer than 10 s. */
  async settle(): Promise<void> {
    let isSettled = false
    const settled = this.#inTurn(async () => {
      await this.#commit([], { durability: 'process', settles: true })
      isSettled = true
    })
    await within(LONGEST_SETTLE, this.#options.clock, settled)
    if (!isSettled) throw new RiachoError('STORAGE_UNAVAILABLE', 'the journal is not settled yet')
  }

  /** The number of the last stored batch with a row in the journal. */
  get lastBatch(): number {
    return this.#batches.lastStored
  }

  /** The segments of a run in the journal of this node that hold events after `seq`. */
  journaledAfter(runId: string, seq: number): SegmentRow[] {
    return this.#journaled.after(runId, seq)
  }

  /** Another node has taken over: nothing of what this one wrote is kept in memory. */
  forget(): void {
    this.#journaled = new JournaledSegments()
    this.#batches.forget()
  }

  close(): void {
    this.#batches.close()
  }

  async #commit(
    writes: readonly LogWrite[],
    { durability, settles = false, onStalled }: CommitOptions,
  ): Promise<void> {
    const { node, clock, steadyTime } = this.#options
    const mirror = this.#journaled
    const plan = mirror.plan(writes, { settles })
    // What is not synced stays in memory, and what settles is long.
    const kept = plan.settlesAll ? 'power' : durability
    const changes = changesOf(writes, plan, { at: clock.now(), endedAt: steadyTime() })
    // Where the journal was cleared a row without segments is left, so that whoever reads it sees a change. A row also
    // tells that the checkpoints of its batch are stored. And only a commit that writes makes earlier ones survive.
    const writesNothing = kept === 'power' && changes.ends.length === 0
    const hasRow =
      plan.staying.length > 0 || plan.settlesAll || changes.checkpoints.length > 0 || writesNothing
    const batch = encodeBatch(node.id, {
      ...changes,
      hasRow,
      number: hasRow ? this.#batches.next() : this.#batches.lastStored,
      after: this.#batches.lastStored,
      durability: kept,
    })
    await this.#batches.store(batch, kept, onStalled)
    mirror.stored(plan)
  }
}

function changesOf(
  writes: readonly LogWrite[],
  { staying, settling, settlesAll }: SegmentPlan,
  times: { at: number; endedAt: number },
): Omit<WindowBatch, 'number' | 'after' | 'hasRow' | 'durability'> {
  return {
    staying,
    settling,
    clearsJournal: settlesAll,
    checkpoints: writes.flatMap(({ start, checkpoint, end }) =>
      checkpoint === undefined || end ? [] : { id: start.runId, checkpoint },
    ),
    ends: writes.flatMap(write => toEnd(write, times)),
  }
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
      documents: json(event.documents),
      model: event.model ?? null,
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
