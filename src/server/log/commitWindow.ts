import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import type { Clock, Timer } from '../clock.ts'
import type { Durability } from '../database/database.ts'
import { logFault } from '../logFault.ts'
import type { EventLog, LogWrite } from './eventLog.ts'
import type { RunStore } from './runStore.ts'

/** Text that is stored `process`-durable survives a power loss after at most this long, in milliseconds. */
const SYNC_INTERVAL = 1000
/** The window is widest when one transaction stores this many runs. */
const BUSY_RUNS = 100
/**
 * The narrowest and the widest window, as factors of `windowMs`. With few runs a token hardly waits. With many runs, at
 * 25 ms, more than two tokens of a provider that writes 50 a second share one row, one frame and one write.
 */
const NARROWEST = 0.4
const WIDEST = 1.8
/** Milliseconds between two tries to store while the database refuses. */
const RETRY_INTERVAL = 250

export interface CommitWindowOptions {
  store: Pick<RunStore, 'commit' | 'sync'>
  clock: Clock
  logger: Logger
  /**
   * How long deltas gather before one transaction stores them, in milliseconds. The window is shorter with few runs and
   * longer with many.
   */
  windowMs: number
  /** How durable text is before it is shown. Default: `process`. */
  durability?: Durability
  /** Told how long each commit took, in milliseconds. */
  onCommit?: (took: number) => void
  /** Told at each failed try that nothing could be stored for `forMs` milliseconds. */
  onRefused?: (forMs: number) => void
  /** Told that what a log has to store can never be stored, although the database takes writes. It is asked no more. */
  onUnstorable?: (log: EventLog) => void
}

/** A log, and what it has to store. */
type Taken = readonly [EventLog, LogWrite]

function isOfStorage(error: unknown): boolean {
  return error instanceof RiachoError && error.code === 'STORAGE_UNAVAILABLE'
}

/**
 * Stores the events of all runs, with one transaction for each window.
 *
 * The window is always in one of these states:
 * - **idle**: no log has anything to store.
 * - **armed**: a timer is set. If a request is urgent, it fires at the end of the current turn of the event loop.
 *   Otherwise it fires one window after the last window began.
 * - **committing**: one transaction is under way, and never more than one. Requests wait for it and then arm the window
 *   again. If it fails, nothing is stored and nothing is shown: its logs wait again, and the window is armed for
 *   another try. Only a log that the database would never store is given up, so that no other waits for it.
 *
 * Before the window is over, an urgent commit stores the urgent logs alone. With many runs there is nearly always an
 * urgent log. If an urgent commit stored everything, all other runs would be written token by token. Once the window is
 * over, a commit stores all logs, so that none waits for ever.
 *
 * A commit is `power`-durable if `durability` says so, if it ends a run, if a log asks for it, or if the last sync was a second
 * ago. Otherwise
 * it is `process`-durable.
 */
export class CommitWindow {
  readonly #options: CommitWindowOptions
  /** Logs that wait for the window. */
  readonly #dirty = new Set<EventLog>()
  readonly #urgent = new Set<EventLog>()
  #state: 'idle' | 'armed' | 'committing' = 'idle'
  #timer: { handle: Timer; urgent: boolean } | undefined
  #lastStart = Number.NEGATIVE_INFINITY
  #lastCount = 0
  #unsyncedSince: number | undefined
  #syncTimer: Timer | undefined
  #refusedSince: number | undefined
  /** What the commit that is under way stores. */
  #committing: readonly Taken[] = []
  #closed = false

  constructor(options: CommitWindowOptions) {
    this.#options = options
  }

  /** Asks for a commit of what `log` has to store. */
  requestCommit(log: EventLog, urgent: boolean): void {
    if (urgent) this.#urgent.add(log)
    else this.#dirty.add(log)
    if (this.#state !== 'committing') this.#arm()
  }

  /** Stops every timer. What is not stored by then is never shown. */
  close(): void {
    this.#closed = true
    if (this.#timer) this.#options.clock.cancel(this.#timer.handle)
    if (this.#syncTimer !== undefined) this.#options.clock.cancel(this.#syncTimer)
  }

  #arm(): void {
    if (this.#closed) return
    const { clock } = this.#options
    const refused = this.#refusedSince !== undefined
    const urgent = this.#urgent.size > 0 && !refused
    if (this.#timer) {
      if (this.#timer.urgent || !urgent) return
      clock.cancel(this.#timer.handle)
    }
    const wait = refused ? RETRY_INTERVAL : urgent ? 0 : this.#windowLeft()
    this.#timer = { urgent, handle: clock.schedule(() => void this.#commit(urgent), wait) }
    this.#state = 'armed'
  }

  /** Milliseconds until the window is over. */
  #windowLeft(): number {
    const load = Math.min(1, this.#lastCount / BUSY_RUNS)
    const length = this.#options.windowMs * (NARROWEST + (WIDEST - NARROWEST) * load)
    return Math.max(0, this.#lastStart + length - this.#options.clock.monotonic())
  }

  async #commit(urgent: boolean): Promise<void> {
    if (this.#state !== 'armed') throw new Error(`commit while ${this.#state}`)
    const onlyUrgent = urgent && this.#windowLeft() > 0
    this.#state = 'committing'
    this.#timer = undefined
    const { clock, onCommit } = this.#options
    const started = clock.monotonic()
    const taken = this.#take(onlyUrgent)
    if (!onlyUrgent) this.#lastCount = taken.length
    if (this.#dirty.size === 0) this.#lastStart = started
    const sync =
      this.#options.durability === 'power' ||
      taken.some(([, write]) => write.end || write.syncs) ||
      started - (this.#unsyncedSince ?? started) >= SYNC_INTERVAL
    this.#committing = taken
    const refusal = await this.#store(taken, sync)
    this.#committing = []
    this.#state = 'idle'
    if (refusal) {
      for (const [log] of refusal.of) {
        this.#dirty.add(log)
        log.markRefused()
      }
      this.#refused(refusal.reason)
    } else {
      this.#refusedSince = undefined
      this.#synced(sync)
      onCommit?.(clock.monotonic() - started)
    }
    if (this.#dirty.size + this.#urgent.size > 0) this.#arm()
  }

  /**
   * Stores what the logs have, and shows it. If the database takes writes and refuses these, it stores each log alone, and
   * gives up those that it refuses again. Returns what waits for another try.
   */
  async #store(
    taken: readonly Taken[],
    sync: boolean,
  ): Promise<{ of: readonly Taken[]; reason: unknown } | undefined> {
    const { store, logger, onUnstorable } = this.#options
    try {
      await store.commit(
        taken.map(([, write]) => write),
        sync ? 'power' : 'process',
        stalled => this.#stalled(taken, stalled),
      )
    } catch (reason) {
      if (isOfStorage(reason)) return { of: taken, reason }
      if (taken.length > 1) {
        for (const [index, one] of taken.entries()) {
          const refusal = await this.#store([one], sync)
          if (refusal) return { of: taken.slice(index), reason: refusal.reason }
        }
        return undefined
      }
      for (const [log] of taken) {
        logger.error(
          { err: reason, runId: log.start.runId },
          'the events of a run cannot be stored: it is given up',
        )
        log.abandon()
        onUnstorable?.(log)
      }
      return undefined
    }
    for (const [log, write] of taken) log.markStored(write)
    return undefined
  }

  #take(onlyUrgent: boolean): Taken[] {
    const taken: Taken[] = []
    for (const log of onlyUrgent ? this.#urgent : new Set([...this.#urgent, ...this.#dirty])) {
      const write = log.takeUnstored()
      if (write) taken.push([log, write])
      this.#dirty.delete(log)
    }
    this.#urgent.clear()
    return taken
  }

  /** Nobody knows yet whether it is stored. What came since waits too. */
  #stalled(taken: readonly Taken[], error: unknown): void {
    for (const [log] of taken) log.markRefused()
    for (const log of [...this.#dirty, ...this.#urgent]) log.markRefused()
    this.#refused(error)
  }

  #refused(error: unknown): void {
    const { clock, logger, onRefused } = this.#options
    this.#refusedSince ??= clock.monotonic()
    const forMs = Math.round(clock.monotonic() - this.#refusedSince)
    logFault(logger, error, { message: 'events could not be stored', forMs })
    onRefused?.(forMs)
  }

  /** The timer syncs a run that falls silent after an unsynced commit. */
  #synced(sync: boolean): void {
    const { clock } = this.#options
    if (sync) {
      this.#unsyncedSince = undefined
      if (this.#syncTimer !== undefined) clock.cancel(this.#syncTimer)
      this.#syncTimer = undefined
      return
    }
    this.#unsyncedSince ??= clock.monotonic()
    this.#syncIn(SYNC_INTERVAL)
  }

  async #sync(): Promise<void> {
    this.#syncTimer = undefined
    if (this.#unsyncedSince === undefined) return
    if (this.#state === 'committing') return this.#syncIn(RETRY_INTERVAL)
    try {
      // A commit may wait for the sync. What it stores counts as refused meanwhile.
      await this.#options.store.sync(error => this.#stalled(this.#committing, error))
      this.#unsyncedSince = undefined
      this.#refusedSince = undefined
    } catch (error) {
      logFault(this.#options.logger, error, { message: 'events could not be synced' })
      this.#syncIn(SYNC_INTERVAL)
    }
  }

  #syncIn(delay: number): void {
    if (!this.#closed) this.#syncTimer ??= this.#options.clock.schedule(() => void this.#sync(), delay)
  }
}
