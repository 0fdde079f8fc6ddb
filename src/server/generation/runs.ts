import type { Logger } from 'pino'
import type { RunEnd, RunStart } from '../../protocol/events.ts'
import type { Clock } from '../clock.ts'
import type { CommitWindow } from '../log/commitWindow.ts'
import { EventLog, type StoredEvents } from '../log/eventLog.ts'
import type { CostOf } from './cost.ts'
import type { KeptReply, Provider, ProviderRequest } from './provider.ts'
import { Run, type RunOptions } from './run.ts'

export interface RunsOptions {
  provider: Provider
  window: CommitWindow
  clock: Clock
  logger: Logger
  random: () => number
  maxAttempts: number
  /** Absent: nothing has a price. */
  costOf?: CostOf
  onEnd?: (end: RunEnd, tookMs: number) => void
}

/** A run whose row is being stored: `start` it once it is, `discard` it when it was not. */
export interface PreparedRun {
  start(request: ProviderRequest): Run
  /** Goes on with what an earlier process left at the provider. */
  resume(kept: KeptReply): Run
  discard(): void
}

/** The active runs of this process, by id. */
export interface Runs {
  /**
   * Makes the log of a run that a transaction is about to store, so that whoever finds its row also finds its log:
   * a repeated request may read the row before the first one has gone on. `startedAt` is that of the row.
   */
  prepare(run: { ownerId: string; start: RunStart; startedAt: number; stored: StoredEvents }): PreparedRun
  log(runId: string): EventLog | undefined
  get(runId: string): Run | undefined
  active(): Run[]
  readonly size: number
}

export function createRuns(options: RunsOptions): Runs {
  const { window, clock, onEnd } = options
  const entries = new Map<string, { log: EventLog; run?: Run }>()
  return {
    prepare({ ownerId, start, startedAt, stored }) {
      const log = new EventLog({
        ownerId,
        start,
        stored,
        startedAt,
        onPending: (pending, urgent) => window.mark(pending, urgent),
      })
      entries.set(start.runId, { log })
      const run = (task: RunOptions['task']) => {
        const started = new Run({ ...options, log, task })
        entries.set(start.runId, { log, run: started })
        void started.ended.then(end => {
          entries.delete(start.runId)
          onEnd?.(end, clock.now() - log.startedAt)
        })
        return started
      }
      return {
        start: request => run({ request }),
        resume: kept => run({ kept }),
        discard: () => void entries.delete(start.runId),
      }
    },
    log: runId => entries.get(runId)?.log,
    get: runId => entries.get(runId)?.run,
    active: () => [...entries.values()].flatMap(({ run }) => run ?? []),
    get size() {
      return entries.size
    },
  }
}
