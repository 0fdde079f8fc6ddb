import type { PoolClient } from 'pg'
import { RiachoError } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'
import type { Durability } from '../database/database.ts'
import type { PostgresDatabase } from '../database/postgres/open.ts'
import { faultOf, isFaultOfStatement, isRefusal } from '../database/postgres/storageFaults.ts'
import { afterAny, type EncodedBatch, storeBatch, type WindowAnswer } from '../database/postgres/window.ts'

/** How long a batch waits before it is sent again, in milliseconds. */
const RESEND_INTERVAL = 250

export interface WindowBatchesOptions {
  database: PostgresDatabase
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
  /** The number of the last stored batch with a row in the journal. */
  lastStored = 0
  #number = 0
  #unsynced: EncodedBatch[] = []
  #isClosed = false

  constructor(options: WindowBatchesOptions) {
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
    this.lastStored = Number(batch[2])
    if (durability === 'power') this.#unsynced = []
    else this.#unsynced.push(batch)
  }

  async #send(batch: EncodedBatch): Promise<void> {
    const { database, onFenced, onStops } = this.#options
    const client = await database.windows.connect()
    let isGood = false
    try {
      let answer = await this.#sendLast(client, batch)
      if (answer.isAlive && !answer.isNext) {
        for (const earlier of this.#unsynced) await storeBatch(client, earlier, database.namesStatements)
        answer = await this.#sendLast(client, batch)
        // A server that took over from another one may lack even what was synced.
        if (answer.isAlive && !answer.isNext) answer = await this.#sendLast(client, afterAny(batch))
      }
      const { isAlive, stops } = answer
      isGood = true
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
export class FencedError extends RiachoError {
  constructor() {
    super('STORAGE_UNAVAILABLE', 'another node took over the runs of this one')
  }
}
