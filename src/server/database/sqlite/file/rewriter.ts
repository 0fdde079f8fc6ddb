import type { Logger } from 'pino'
import type { Clock } from '../../../clock.ts'
import type { RewritableFile } from '../../database.ts'
import type { Queries } from '../../schema.ts'
import { rewriteDueSince } from './rewriteMark.ts'

/** A moment is quiet if no run was active for this long, in milliseconds. */
const QUIET = 10_000
/** After this long a rewriting no longer waits for a quiet moment, in milliseconds. */
const LATEST = 24 * 60 * 60 * 1000
/** After a rewriting the next one waits this many times as long as it took. So at most 1 % of the time is spent on it. */
const REST = 100
/** How long the next try waits after a failed one, in milliseconds. */
const RETRY_WAIT = 60_000
/** A file of at most this many bytes is rewritten in about a second, so that a start or a stop can wait for it. */
const SMALL = 100_000_000

export interface RewriterOptions {
  file: RewritableFile
  queries: Queries
  /** Whether a run is active. */
  isBusy: () => boolean
  clock: Clock
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  logger: Logger
  /** Told how long each rewriting took, in milliseconds. */
  onRewrite?: (tookMs: number) => void
}

type State = 'clean' | 'due' | 'rewriting'

/** The states that each state may follow. */
const AFTER: Record<State, readonly State[]> = {
  clean: ['rewriting'],
  due: ['clean', 'rewriting'],
  rewriting: ['due'],
}

/**
 * Rewrites the file of the database after erasures. SQLite overwrites a row that it deletes, but not the copies of the
 * row that stay behind in a page when SQLite moves rows to other pages. Writes wait for a rewriting, and reads do not.
 *
 * The rewriter is always in one of these states:
 * - **clean**: the last look found no mark. An erasure stores the mark in its own transaction.
 * - **due**: the last look found the mark, or a rewriting failed. The file waits for a quiet moment.
 * - **rewriting**: a rewriting is under way. It removes the mark, or leaves it and fails.
 */
export class Rewriter {
  readonly #options: RewriterOptions
  #state: State = 'clean'
  /** When the mark was stored. `undefined` while the state is clean. */
  #dueSince: number | undefined
  #busyAt: number
  #notBefore: number

  constructor(options: RewriterOptions) {
    this.#options = options
    this.#busyAt = this.#notBefore = options.clock.monotonic()
  }

  /** How long erased words have waited by now, in milliseconds. */
  get waitedMs(): number {
    return this.#dueSince === undefined ? 0 : Math.max(0, this.#options.steadyTime() - this.#dueSince)
  }

  /** Rewrites if that is due, and now is quiet or it has waited too long. To be called every few seconds. */
  rewriteInTime(): Promise<void> {
    return this.#rewriteIf(() => this.#isTime())
  }

  /** Rewrites a small file at once if that is due. For a moment at which nobody waits: a start or a stop. */
  rewriteSmall(): Promise<void> {
    return this.#rewriteIf(() => this.#options.file.size() <= SMALL)
  }

  async #rewriteIf(isWanted: () => boolean): Promise<void> {
    try {
      await this.#look()
      if (isWanted() && this.#state === 'due') await this.#rewrite()
    } catch (error) {
      this.#options.logger.error({ err: error }, 'the database file could not be rewritten after an erasure')
    }
  }

  async #look(): Promise<void> {
    this.#dueSince = await rewriteDueSince(this.#options.queries)
    if (this.#dueSince !== undefined && this.#state === 'clean') this.#enter('due')
  }

  /** Whether now is the time for a rewriting. */
  #isTime(): boolean {
    const now = this.#options.clock.monotonic()
    if (this.#options.isBusy()) this.#busyAt = now
    if (now < this.#notBefore) return false
    return now - this.#busyAt >= QUIET || this.waitedMs >= LATEST
  }

  async #rewrite(): Promise<void> {
    const { file, clock, logger, onRewrite } = this.#options
    this.#enter('rewriting')
    const started = clock.monotonic()
    try {
      await file.rewrite()
    } catch (error) {
      this.#notBefore = clock.monotonic() + RETRY_WAIT
      this.#enter('due')
      throw error
    }
    const tookMs = Math.round(clock.monotonic() - started)
    this.#notBefore = clock.monotonic() + tookMs * REST
    this.#dueSince = undefined
    this.#enter('clean')
    onRewrite?.(tookMs)
    logger.info({ tookMs }, 'the database file was rewritten after an erasure')
  }

  #enter(state: State): void {
    if (!AFTER[state].includes(this.#state)) throw new Error(`${this.#state} cannot become ${state}`)
    this.#state = state
  }
}
