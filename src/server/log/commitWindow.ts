import type { Logger } from 'pino'
import type { Clock, Timer } from '../clock.ts'
import type { EventLog, LogWrite } from './eventLog.ts'
import type { LogStore } from './logStore.ts'

/** Stored text survives a power loss after at most this long, in milliseconds. */
const SYNC_INTERVAL = 1000
/** Between two tries to store while the database refuses, in milliseconds. */
const RETRY_INTERVAL = 250

export interface CommitWindowOptions {
  store: LogStore
  clock: Clock
  logger: Logger
  /** How long deltas gather before one transaction stores them, in milliseconds. */
  windowMs: number
  /** Told how long each commit took, in milliseconds. */
  onCommit?: (took: number) => void
  /** Told, once a retry, that nothing could be stored for `forMs`. */
  onRefused?: (forMs: number) => void
}

/**
 * Stores the events of all runs, one transaction a window.
 *
 * The window is always in one of these states:
 * - **idle**: no log has anything to store.
 * - **armed**: a timer is set. An urgent mark moves it to the end of the current turn of the event loop, where the
 *   urgent marks of other runs join it; else the transaction starts one window after the last one did.
 * - **committing**: a transaction is under way, never more than one. Marks wait for it and arm the window again.
 *   When it fails, its logs are marked again and the window is armed for a retry: nothing was stored, nothing is shown.
 *
 * Commits are `process`-durable; one that ends a run, or comes a second after the last sync, is `power`-durable.
 */
export class CommitWindow {
  readonly #options: CommitWindowOptions
  readonly #dirty = new Set<EventLog>()
  #state: 'idle' | 'armed' | 'committing' = 'idle'
  #timer: { handle: Timer; urgent: boolean } | undefined
  #urgent = false
  #lastStart = 0
  #unsyncedSince: number | undefined
  #syncTimer: Timer | undefined
  #refusedSince: number | undefined
  #closed = false

  constructor(options: CommitWindowOptions) {
    this.#options = options
  }

  /** `log` has something to store. */
  mark(log: EventLog, urgent: boolean): void {
    this.#dirty.add(log)
    this.#urgent ||= urgent
    if (this.#state !== 'committing') this.#arm()
  }

  /** Stops every timer. What is not stored by then is not shown either. */
  close(): void {
    this.#closed = true
    if (this.#timer) this.#options.clock.cancel(this.#timer.handle)
    if (this.#syncTimer !== undefined) this.#options.clock.cancel(this.#syncTimer)
  }

  #arm(): void {
    if (this.#closed) return
    const { clock, windowMs } = this.#options
    const refused = this.#refusedSince !== undefined
    const urgent = this.#urgent && !refused
    if (this.#timer) {
      if (this.#timer.urgent || !urgent) return
      clock.cancel(this.#timer.handle)
    }
    const wait = refused ? RETRY_INTERVAL : urgent ? 0 : Math.max(0, this.#lastStart + windowMs - clock.now())
    this.#timer = { urgent, handle: clock.schedule(() => void this.#commit(), wait) }
    this.#state = 'armed'
  }

  async #commit(): Promise<void> {
    if (this.#state !== 'armed') throw new Error(`commit while ${this.#state}`)
    this.#state = 'committing'
    this.#timer = undefined
    this.#urgent = false
    const { clock, store, onCommit } = this.#options
    const started = clock.now()
    this.#lastStart = started
    const taken: [EventLog, LogWrite][] = []
    for (const log of this.#dirty) {
      const write = log.takeUnstored()
      if (write) taken.push([log, write])
    }
    this.#dirty.clear()
    const sync =
      taken.some(([, write]) => write.end) || started - (this.#unsyncedSince ?? started) >= SYNC_INTERVAL
    const error = await store
      .commit(
        taken.map(([, write]) => write),
        sync ? 'power' : 'process',
      )
      .then(
        () => undefined,
        (reason: unknown) => ({ reason }),
      )
    this.#state = 'idle'
    if (error) {
      for (const [log] of taken) {
        this.#dirty.add(log)
        log.markRefused()
      }
      this.#refused(error.reason)
    } else {
      this.#refusedSince = undefined
      this.#synced(sync)
      for (const [log, write] of taken) log.markStored(write)
      onCommit?.(clock.now() - started)
    }
    if (this.#dirty.size > 0) this.#arm()
  }

  #refused(error: unknown): void {
    const { clock, logger, onRefused } = this.#options
    this.#refusedSince ??= clock.now()
    const forMs = clock.now() - this.#refusedSince
    logger.error({ err: error, forMs }, 'events could not be stored')
    onRefused?.(forMs)
  }

  /** A run that falls silent after an unsynced commit is synced by the timer. */
  #synced(sync: boolean): void {
    const { clock } = this.#options
    if (sync) {
      this.#unsyncedSince = undefined
      if (this.#syncTimer !== undefined) clock.cancel(this.#syncTimer)
      this.#syncTimer = undefined
      return
    }
    this.#unsyncedSince ??= clock.now()
    this.#syncIn(SYNC_INTERVAL)
  }

  async #sync(): Promise<void> {
    this.#syncTimer = undefined
    if (this.#unsyncedSince === undefined) return
    if (this.#state === 'committing') return this.#syncIn(RETRY_INTERVAL)
    try {
      await this.#options.store.sync()
      this.#unsyncedSince = undefined
    } catch (error) {
      this.#options.logger.error({ err: error }, 'events could not be synced')
      this.#syncIn(SYNC_INTERVAL)
    }
  }

  #syncIn(delay: number): void {
    if (!this.#closed) this.#syncTimer ??= this.#options.clock.schedule(() => void this.#sync(), delay)
  }
}
