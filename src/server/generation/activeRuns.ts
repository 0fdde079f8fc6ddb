import type { SpanContext } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import type { RunEnd, RunStart } from '../../protocol/events.ts'
import type { Clock } from '../clock.ts'
import type { CommitWindow } from '../log/commitWindow.ts'
import { EventLog } from '../log/eventLog.ts'
import type { StoredEvents } from '../log/storedLog.ts'
import type { CostOf } from './cost.ts'
import type { FileKeeper } from './fileKeeper.ts'
import type { Provider } from './provider.ts'
import { Run } from './run.ts'
import type { RunOptions, RunTask } from './runOptions.ts'
import type { RunTimes } from './stopwatch.ts'
import type { Calling } from './tools.ts'

export interface ActiveRunsOptions {
  provider: Provider
  window: CommitWindow
  clock: Clock
  logger: Logger
  random: () => number
  maxAttempts: number
  maxReplyLength: number
  /** What models may call. If absent, they call nothing. */
  calling?: Calling
  /** If absent, nothing has a price. */
  costOf?: CostOf
  /** Stores what models and tools make. Absent where there is no place for files. */
  keeper?: FileKeeper | undefined
  reserveRequest?: RunOptions['reserveRequest']
  onEnd?: (ended: EndedRun) => void
}

/** A run whose end is stored. */
export interface EndedRun {
  readonly start: RunStart
  readonly end: RunEnd
  readonly times: RunTimes
  /** Of the request that the run was accepted with. */
  readonly trace: SpanContext | undefined
}

/**
 * A run whose row is being stored. The caller calls `start` after the commit, or `discard` if the transaction fails.
 */
export interface PreparedRun {
  start(task: RunTask): Run
  /** Continues a reply of an earlier process. */
  resume(task: RunOptions['task']): Run
  discard(): void
}

/** The active runs that this node owns, by id. */
export interface ActiveRuns {
  /**
   * Makes the log of a run that a transaction is about to store. The log exists before the commit, so that whoever
   * finds the row also finds the log. For example, a repeated request may read the row before the first request
   * continues. Throws `SHUTTING_DOWN` after `drain`.
   */
  prepare(run: {
    ownerId: string
    start: RunStart
    startedAt: number
    stored: StoredEvents
    trace?: SpanContext | undefined
  }): PreparedRun
  log(runId: string): EventLog | undefined
  /**
   * Stops a run. A run that is only prepared stops as soon as it starts. Resolves with the end of the run, whatever
   * ended it. Returns `undefined` for a run that this node does not own.
   */
  stop(runId: string): Promise<RunEnd> | undefined
  active(): Run[]
  /** From now on no run is prepared. A message that is being stored is refused. */
  drain(): void
  readonly isDraining: boolean
  /** Sends every reader away, because another node may write the runs now. */
  cutFollowers(): void
  /**
   * Leaves all runs to another node, which has taken over. Nothing more of them is stored here. Whoever waits for the end
   * of one gets `STORAGE_UNAVAILABLE`.
   */
  abandon(): void
  /** Leaves one run as it is stored. Whoever takes over the runs of this node next ends it, or resumes it. */
  giveUp(runId: string): void
  readonly size: number
}

/** A prepared run has a log and no `run` yet. A run that was taken over has no `run` until it resumes. */
interface Entry {
  readonly log: EventLog
  readonly ended: PromiseWithResolvers<RunEnd>
  isStopped: boolean
  /** Another node has taken it over before it started here. */
  isAbandoned: boolean
  run?: Run
}

function newEntry(log: EventLog): Entry {
  const entry: Entry = { log, ended: Promise.withResolvers(), isStopped: false, isAbandoned: false }
  // Often nobody waits for it.
  entry.ended.promise.catch(() => {})
  return entry
}

function preparedRun(
  entry: Entry,
  {
    startedAt,
    trace,
    forget,
    discard,
    ...options
  }: ActiveRunsOptions & {
    startedAt: number
    trace: SpanContext | undefined
    forget: () => void
    discard: () => void
  },
): PreparedRun {
  const { clock, onEnd } = options
  const { log } = entry
  const preparedAt = clock.monotonic()
  const begin = (task: RunOptions['task'], begunAt: number) => {
    const run = new Run({ ...options, log, task, startedAt: begunAt })
    return beginRun(entry, run, end => {
      forget()
      onEnd?.({ start: log.start, end, times: run.times(), trace })
    })
  }
  return {
    start: task => begin(task, preparedAt),
    // Only the time of day says how long ago an earlier process began the run.
    resume: task => begin(task, clock.monotonic() - Math.max(0, clock.now() - startedAt)),
    discard,
  }
}

/** Gives an entry its run, and does to it what was asked for before. */
function beginRun(entry: Entry, run: Run, onEnd: (end: RunEnd) => void): Run {
  entry.run = run
  if (entry.isAbandoned) run.abandon()
  if (entry.isStopped) void run.stop()
  void run.ended.then(end => {
    entry.ended.resolve(end)
    onEnd(end)
  })
  return run
}

export function createActiveRuns(options: ActiveRunsOptions): ActiveRuns {
  const { window } = options
  const entries = new Map<string, Entry>()
  let isDraining = false

  function giveUp(runId: string): void {
    const entry = entries.get(runId)
    if (!entry) return
    entries.delete(runId)
    entry.isAbandoned = true
    entry.run?.abandon()
    entry.log.abandon()
    entry.ended.reject(new RiachoError('STORAGE_UNAVAILABLE', 'this node no longer writes the run'))
  }

  return {
    prepare({ ownerId, start, startedAt, stored, trace }) {
      if (isDraining) throw new RiachoError('SHUTTING_DOWN')
      const log = new EventLog({
        ownerId,
        start,
        stored,
        startedAt,
        onPending: (pending, urgent) => window.requestCommit(pending, urgent),
      })
      const entry = newEntry(log)
      entries.set(start.runId, entry)
      const { runId } = start
      return preparedRun(entry, {
        ...options,
        startedAt,
        trace,
        forget: () => entries.delete(runId),
        discard: () => giveUp(runId),
      })
    },
    log: runId => entries.get(runId)?.log,
    stop(runId) {
      const entry = entries.get(runId)
      if (!entry) return undefined
      entry.isStopped = true
      void entry.run?.stop()
      return entry.ended.promise
    },
    active: () => [...entries.values()].flatMap(({ run }) => run ?? []),
    drain() {
      isDraining = true
    },
    cutFollowers() {
      for (const { log } of entries.values()) log.cutFollowers()
    },
    abandon() {
      for (const runId of entries.keys()) giveUp(runId)
    },
    giveUp,
    get isDraining() {
      return isDraining
    },
    get size() {
      return entries.size
    },
  }
}
