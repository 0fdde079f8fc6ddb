import type { Logger } from 'pino'
import type { Clock, Timer } from '../clock.ts'
import type { LogWrite } from '../log/eventLog.ts'
import type { RunStore } from '../log/runStore.ts'
import { logFault } from '../logFault.ts'

/** The most runs that end in one transaction. Other writes wait for it, in some 20 ms. */
export const ENDS_A_TRANSACTION = 200
/** After how many milliseconds what the store refused is tried again. */
const RETRY = 1000

export interface WaitingEndsOptions {
  store: Pick<RunStore, 'commit'>
  clock: Clock
  logger: Logger
}

/**
 * The ends of runs that a dead process left, until they are stored. A node that had to store many of them before it
 * listens would keep everybody waiting. Instead each owner waits for the own ones: no request of an owner is answered
 * before they are stored. So nobody sees an active run that no process writes.
 */
export class WaitingEnds {
  readonly #options: WaitingEndsOptions
  readonly #ends = new Map<string, LogWrite[]>()
  /** The transaction that stores ends of this owner. */
  readonly #underWay = new Map<string, Promise<void>>()
  #retry: { timer: Timer; begin: () => void } | undefined
  #isClosed = false
  #done = Promise.resolve()

  constructor(options: WaitingEndsOptions) {
    this.#options = options
  }

  /** Takes these ends, and stores them in the background. `onStored` is called once no end waits. */
  add(ends: readonly LogWrite[], onStored: () => void): void {
    for (const [ownerId, more] of Map.groupBy(ends, end => end.ownerId))
      this.#ends.set(ownerId, [...(this.#ends.get(ownerId) ?? []), ...more])
    this.#done = this.#done.then(async () => {
      await this.#storeAll()
      if (!this.#isClosed) onStored()
    })
  }

  /** Resolves once no end of this owner waits. Throws what the store throws. */
  async storedFor(ownerId: string): Promise<void> {
    while (this.#ends.has(ownerId)) await this.#underWayFor([ownerId])
  }

  /** Resolves once no end waits. Throws what the store throws. */
  async storedForAll(): Promise<void> {
    while (this.#ends.size > 0) await this.#underWayFor(this.#nextOwners())
  }

  /** Stores no further end. The next process finds the runs. Resolves once no transaction is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#retry?.begin()
    await this.#done
    await Promise.allSettled(this.#underWay.values())
  }

  async #storeAll(): Promise<void> {
    while (this.#ends.size > 0 && !this.#isClosed) {
      try {
        await this.#underWayFor(this.#nextOwners())
      } catch (error) {
        logFault(this.#options.logger, error, { message: 'replies of a dead process could not be ended' })
        await this.#pause()
      }
    }
  }

  /** Owners whose ends fit into one transaction, or one owner who has more. */
  #nextOwners(): string[] {
    const owners: string[] = []
    let count = 0
    for (const [ownerId, { length }] of this.#ends) {
      count += length
      if (owners.length > 0 && count > ENDS_A_TRANSACTION) break
      owners.push(ownerId)
    }
    return owners
  }

  /** The transaction that stores ends of these owners. Begins one if there is none. */
  #underWayFor(ownerIds: readonly string[]): Promise<void> {
    for (const ownerId of ownerIds) {
      const storing = this.#underWay.get(ownerId)
      if (storing) return storing
    }
    const storing = this.#store(ownerIds).finally(() => {
      for (const ownerId of ownerIds) this.#underWay.delete(ownerId)
    })
    for (const ownerId of ownerIds) this.#underWay.set(ownerId, storing)
    return storing
  }

  async #store(ownerIds: readonly string[]): Promise<void> {
    const slices = ownerIds.map(ownerId => ({
      ownerId,
      slice: this.#ends.get(ownerId)?.slice(0, ENDS_A_TRANSACTION) ?? [],
    }))
    await this.#options.store.commit(
      slices.flatMap(({ slice }) => slice),
      'power',
    )
    for (const { ownerId, slice } of slices) {
      const left = this.#ends.get(ownerId)?.slice(slice.length) ?? []
      if (left.length > 0) this.#ends.set(ownerId, left)
      else this.#ends.delete(ownerId)
    }
  }

  async #pause(): Promise<void> {
    if (this.#isClosed) return
    const { clock } = this.#options
    const { promise, resolve: begin } = Promise.withResolvers<void>()
    this.#retry = { timer: clock.schedule(begin, RETRY), begin }
    await promise
    clock.cancel(this.#retry.timer)
    this.#retry = undefined
  }
}
