import { RiachoError } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'
import type { Durability } from '../database/database.ts'
import { faultOf, isFaultOfStatement } from '../database/postgres/storageFaults.ts'
import {
  afterAny,
  type EncodedBatch,
  RefusedBatch,
  type SendBatch,
  UnknownOutcome,
  type WindowAnswer,
} from '../database/postgres/window.ts'

/** How long a batch waits before it is sent again, in milliseconds. */
const RESEND_INTERVAL = 250

export interface WindowBatchesOptions {
  sendBatch: SendBatch
  clock: Clock
  /** Somebody asked another node to stop these runs of this one. */
  onStops: (runIds: readonly string[]) => void
  /** `nodeId`: the life that was taken over. */
  onFenced: (nodeId: string) => void
}

/**
 * Stores batches in their order, each once. A batch is
 * - **sent**: nobody knows whether it is stored. It is sent again with the same bytes until the server answers.
 * - **unsynced**: stored, and lost if the server dies within its next 0.6 s, although this node lives on. It is sent
 *   again when the server says that it lacks the batch before the one that it gets.
 * - **synced**: a commit that survives power loss has come after it. It is forgotten.
 */
export class WindowBatches {
  readonly #options: WindowBatchesOptions
  #number = 0
  /** Of this life of the node. */
  #stored = { last: 0, unsynced: [] as EncodedBatch[] }
  #isClosed = false

  constructor(options: WindowBatchesOptions) {
    this.#options = options
  }

  /** The number of the last stored batch with a row in the journal. One that was refused left a hole in the numbers. */
  get lastStored(): number {
    return this.#stored.last
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
    const stored = this.#stored
    let isUnknown = false
    for (;;) {
      try {
        await this.#send(batch)
        break
      } catch (error) {
        if (this.#isClosed) throw new RiachoError('STORAGE_UNAVAILABLE', 'this node ends')
        if (error instanceof FencedError) throw error
        // After an unknown outcome only a fault of the batch itself says that it is not stored.
        const isRefused = error instanceof RefusedBatch && (!isUnknown || isFaultOfStatement(error.cause))
        if (isRefused) throw faultOf(error.cause)
        isUnknown ||= error instanceof UnknownOutcome
        onStalled?.(faultOf(error instanceof Error ? (error.cause ?? error) : error))
        await new Promise<void>(resolve => this.#options.clock.schedule(resolve, RESEND_INTERVAL))
      }
    }
    stored.last = Number(batch[2])
    if (durability === 'power') stored.unsynced = []
    else stored.unsynced.push(batch)
  }

  async #send(batch: EncodedBatch): Promise<void> {
    const { sendBatch, onFenced, onStops } = this.#options
    let answer = await sendBatch(batch)
    if (answer.isAlive && !answer.isNext) answer = await this.#sendAfterLoss(batch)
    if (!answer.isAlive) {
      onFenced(String(batch[0]))
      throw new FencedError()
    }
    if (answer.stops.length > 0) onStops(answer.stops)
  }

  /** The server has lost batches before this one. */
  async #sendAfterLoss(batch: EncodedBatch): Promise<WindowAnswer> {
    const { sendBatch } = this.#options
    for (const earlier of this.#stored.unsynced) await sendBatch(earlier).catch(throwAsUnsent)
    const answer = await sendBatch(batch)
    // A server that took over from another one may lack even what was synced.
    return answer.isAlive && !answer.isNext ? sendBatch(afterAny(batch)) : answer
  }

  forget(): void {
    this.#stored = { last: 0, unsynced: [] }
  }

  close(): void {
    this.#isClosed = true
  }
}

/** What befell an earlier batch says nothing of the one that waits for it. */
function throwAsUnsent(error: unknown): never {
  throw error instanceof Error ? (error.cause ?? error) : error
}

/** Another node has taken over the runs of this one. */
export class FencedError extends RiachoError {
  constructor() {
    super('STORAGE_UNAVAILABLE', 'another node took over the runs of this one')
  }
}
