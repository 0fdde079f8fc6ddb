import type { Logger } from 'pino'
import { limitsOfRole, SPENDING_ROLES, type SpendingLimits } from '../config/spendingLimits.ts'
import type { Database } from '../database/database.ts'
import type { Queries, SpendingSumRow } from '../database/schema.ts'
import {
  ALL,
  addToSums,
  deleteOldSums,
  deleteSumsOfOwner,
  inOrder,
  listEndedReservations,
  readSpentRun,
  readSums,
  takeReservation,
} from '../database/spending.ts'
import { logFault } from '../logFault.ts'
import type { Estimates } from './estimates.ts'
import { dayOf, monthOf, periodsBefore } from './periods.ts'
import { countedBy, sumsOf } from './reserve.ts'

/** The most runs that one transaction settles. */
const SLICE = 20

export interface SettlerOptions {
  limits: SpendingLimits
  database: Database
  estimates: Pick<Estimates, 'after'>
  /** The time that all nodes share. */
  steadyTime: () => number
  logger: Logger
  /** Learns what is used by all owners in a month. */
  onSum: (sum: SpendingSumRow) => void
}

/** Puts what runs have used in the place of what they reserved, once for each run, on whichever node. */
export class Settler {
  readonly #options: SettlerOptions
  /** Whether runs of this process may have reserved. If not, an end costs no transaction. */
  #mayHaveReserved: boolean
  /** Runs of this process that have ended. The next batch takes all of them. */
  readonly #waiting: string[] = []
  /** Resolves once the last batch is over. */
  #batches: Promise<void> = Promise.resolve()
  #sweep: Promise<void> | undefined
  #tidiedOn = ''

  constructor(options: SettlerOptions) {
    this.#options = options
    this.#mayHaveReserved = SPENDING_ROLES.some(
      role => countedBy({ ...options.limits, ...limitsOfRole(options.limits, role) }).reserves,
    )
  }

  /** A run of this process reserves, by the budget of a group if by nothing else. */
  readonly noteReservation = (): void => {
    this.#mayHaveReserved = true
  }

  /** Settles a run whose end is stored, soon. If that fails, `settleLeft` does it. */
  settle(runId: string): void {
    if (!this.#mayHaveReserved) return
    this.#waiting.push(runId)
    if (this.#waiting.length === 1) this.#batches = this.#batches.then(() => this.#settleBatch())
  }

  /** Resolves once every run is settled that `settle` was called for before. */
  batches(): Promise<void> {
    return this.#batches
  }

  /** Resolves once nothing is being settled. Nothing may begin any more. */
  async close(): Promise<void> {
    await Promise.all([this.#batches, this.#sweep])
  }

  /**
   * Settles runs that have ended and that nobody has settled, such as those of a process that died. Forgets what owners
   * used in periods that have passed. A fault is logged, because the next call tries again.
   */
  readonly settleLeft = (): Promise<void> => {
    this.#sweep ??= this.#settleLeft()
      .catch(this.#logFault)
      .finally(() => {
        this.#sweep = undefined
      })
    return this.#sweep
  }

  async #settleLeft(): Promise<void> {
    const { database, limits, steadyTime, onSum } = this.#options
    // Also without limits in the settings, because a group may have a budget, and other nodes run too.
    await this.#settleEnded()
    const now = steadyTime()
    if (limits.budget !== undefined || limits.tokenBudget !== undefined)
      for (const sum of await readSums(database.queries, [{ scope: ALL, period: monthOf(now) }])) onSum(sum)
    if (this.#tidiedOn === dayOf(now)) return
    await database.write('process', queries => deleteOldSums(queries, periodsBefore(now)))
    this.#tidiedOn = dayOf(now)
  }

  /**
   * Forgets what an owner used, in the transaction that erases the owner. No run of the owner is active. What the owner's
   * runs used stays in the sums of all, which name nobody.
   */
  async forgetOwner(queries: Queries, ownerId: string): Promise<void> {
    for (let isMore = true; isMore; ) {
      const runIds = await listEndedReservations(queries, { limit: SLICE, ownerId })
      await this.#settleIn(queries, runIds)
      isMore = runIds.length === SLICE
    }
    await deleteSumsOfOwner(queries, ownerId)
  }

  async #settleBatch(): Promise<void> {
    const runIds = this.#waiting.splice(0)
    for (let from = 0; from < runIds.length; from += SLICE)
      await this.#settleSlice(runIds.slice(from, from + SLICE)).catch(this.#logFault)
  }

  readonly #logFault = (error: unknown): void =>
    logFault(this.#options.logger, error, { message: 'what replies used could not be counted yet' })

  async #settleEnded(): Promise<void> {
    for (let isMore = true; isMore; ) {
      const runIds = await listEndedReservations(this.#options.database.queries, { limit: SLICE })
      if (runIds.length > 0) await this.#settleSlice(runIds)
      isMore = runIds.length === SLICE
    }
  }

  async #settleSlice(runIds: readonly string[]): Promise<void> {
    const { database, onSum } = this.#options
    const sums = await database.write('process', queries => this.#settleIn(queries, runIds))
    for (const sum of sums) onSum(sum)
  }

  /** Gives the sums that changed. A run that is active, or that is settled already, changes nothing. */
  async #settleIn(queries: Queries, runIds: readonly string[]): Promise<SpendingSumRow[]> {
    const changes: SpendingSumRow[] = []
    // In one order, because two nodes may settle the same runs.
    for (const runId of runIds.toSorted()) {
      const reservation = await takeReservation(queries, runId)
      if (!reservation) continue
      const used = this.#options.estimates.after(await readSpentRun(queries, reservation), reservation)
      const { owner_id, tokens, micros } = reservation
      const change = { messages: 0, ...used, reserved_tokens: -tokens, reserved_micros: -micros }
      changes.push(...sumsOf(owner_id, reservation, change))
    }
    return addToSums(queries, addedUp(changes).toSorted(inOrder))
  }
}

/** One row for each sum, because a statement changes a row only once. */
function addedUp(changes: readonly SpendingSumRow[]): SpendingSumRow[] {
  const rows = new Map<string, SpendingSumRow>()
  for (const change of changes) {
    const key = `${change.scope} ${change.period}`
    const sum = rows.get(key)
    if (!sum) rows.set(key, { ...change })
    else
      for (const field of ['tokens', 'micros', 'reserved_tokens', 'reserved_micros'] as const)
        sum[field] += change[field]
  }
  return [...rows.values()]
}
