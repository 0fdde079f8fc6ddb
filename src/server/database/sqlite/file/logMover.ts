import { statSync } from 'node:fs'
import type { Logger } from 'pino'
import { logFault } from '../../../logFault.ts'
import { isFullDisk } from '../storageFaults.ts'
import type { LogState, RestartOptions } from './fileThread.ts'

/** The log is moved after this many commits. A commit of a window takes a few pages, an acceptance about 25. */
const COMMITS = 250
/** The log is moved earlier if its file has grown by this many bytes since. */
const GROWTH = 4 * 1024 * 1024
/** A file of the log that has more bytes than this is truncated, so that its length stays near that of the log. */
const SPARE = 2 * GROWTH
/** While another process holds the log, nothing waits for it until the log has this many bytes. */
const WAIT_FROM = 64 * 1024 * 1024
/** After a wait in vain, the log has to grow by this factor before the next one. */
const WAIT_AGAIN = 1.5

export interface LogMoverOptions {
  /** The file of the database. */
  path: string
  logger: Logger
  moveLog(): Promise<LogState>
  /** Writes wait meanwhile. */
  restartLog(options: RestartOptions): Promise<LogState>
}

type State = 'resting' | 'moving' | 'closed'

/** The states that each state may follow. */
const AFTER: Record<State, readonly State[]> = {
  resting: ['moving'],
  moving: ['resting'],
  closed: ['resting', 'moving', 'closed'],
}

/**
 * Moves the write-ahead log to the file of the database before it is long. By default SQLite does so within a commit, and
 * the event loop waits for the disk. Here a thread moves the log while writes go on. Then it moves the little that was
 * written meanwhile while writes wait, and the next write begins the log anew. So the log stays short however much is
 * written. When the disk is full, the log is moved too, because then writes find room in its file.
 *
 * - **resting**: the log is short, or it waits for the next commit.
 * - **moving**: the thread is at work.
 * - **closed**: nothing is moved any more.
 */
export class LogMover {
  readonly #options: LogMoverOptions
  #state: State = 'resting'
  #moved = Promise.resolve()
  #commits = 0
  /** The bytes that the file of the log had when the log was moved last. */
  #sizeWhenMoved = 0
  /** The bytes of a log that is not waited for while another process holds it. */
  #tolerated = WAIT_FROM
  #isFaultLogged = false

  constructor(options: LogMoverOptions) {
    this.#options = options
  }

  /** To be called after each commit. Takes some microseconds, and never throws. */
  committed(): void {
    this.#commits += 1
    if (this.#state !== 'resting') return
    const now = this.#fileSize()
    // The file is truncated after an erasure.
    this.#sizeWhenMoved = Math.min(this.#sizeWhenMoved, now)
    if (this.#commits >= COMMITS || now >= this.#sizeWhenMoved + GROWTH) this.#start()
  }

  /** To be called after each write that failed. If the disk is full, the next write may find room in a log that begins anew. */
  refused(error: unknown): void {
    if (this.#state === 'resting' && isFullDisk(error)) this.#start()
  }

  /** Resolves once nothing is moved any more. */
  async close(): Promise<void> {
    this.#enter('closed')
    await this.#moved
  }

  #start(): void {
    this.#enter('moving')
    this.#commits = 0
    this.#moved = this.#move()
  }

  async #move(): Promise<void> {
    try {
      await this.#moveUnlessHeld()
      this.#isFaultLogged = false
    } catch (error) {
      const message = 'the write-ahead log could not be moved to the database'
      // Once, because it is tried again after each write that a full disk refuses.
      if (!this.#isFaultLogged) logFault(this.#options.logger, error, { message })
      this.#isFaultLogged = true
    } finally {
      this.#sizeWhenMoved = this.#fileSize()
      if (this.#state === 'moving') this.#enter('resting')
    }
  }

  async #moveUnlessHeld(): Promise<void> {
    const { isHeld, bytes } = await this.#options.moveLog()
    const waits = bytes >= this.#tolerated
    if (isHeld && !waits) return
    const restarted = await this.#options.restartLog({ waits, truncates: this.#fileSize() > SPARE })
    if (restarted.isHeld) this.#tellReader(restarted.bytes)
    else this.#tolerated = WAIT_FROM
  }

  #tellReader(bytes: number): void {
    if (bytes < this.#tolerated) return
    this.#tolerated = bytes * WAIT_AGAIN
    this.#options.logger.warn(
      { bytes },
      `Another process has been reading the database ${this.#options.path} for so long that its write-ahead log grows. It grows until that process ends its reading.`,
    )
  }

  /** The bytes of the log's file. Never throws, because the commit that asks is stored already. */
  #fileSize(): number {
    try {
      return statSync(`${this.#options.path}-wal`, { throwIfNoEntry: false })?.size ?? 0
    } catch {
      // The number of commits still has the log moved, and that fails with the reason.
      return this.#sizeWhenMoved
    }
  }

  #enter(state: State): void {
    if (!AFTER[state].includes(this.#state)) throw new Error(`${this.#state} cannot become ${state}`)
    this.#state = state
  }
}
