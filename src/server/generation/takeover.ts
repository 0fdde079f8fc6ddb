import type { Logger } from 'pino'
import { foldEvent, type RunEnd } from '../../protocol/events.ts'
import type { LogWrite } from '../log/eventLog.ts'
import type { OrphanedRun, RunStore } from '../log/runStore.ts'
import { logFault } from '../logFault.ts'
import type { ActiveRuns } from './activeRuns.ts'
import { type CallsUnderWay, decodeCalls } from './callsUnderWay.ts'
import type { RunOptions, RunTask } from './runOptions.ts'
import { ENDS_A_TRANSACTION } from './waitingEnds.ts'

/**
 * The most times that processes resume one run. Without a limit, a reply that crashes its process would crash every
 * next one.
 */
const MAX_RESUMES = 3
/**
 * A power loss may have cost events that a reader has seen, of one second at most. The jump keeps their numbers from being
 * used again, also for the end. A reader that comes back from before the jump gets a snapshot.
 */
const SEQ_JUMP = 1000

/** Which runs this node owns. A run has one owner at a time, and only its owner writes it. */
export interface Ownership {
  /** Makes this node the owner of every active run whose owner is dead. Returns what is stored of these runs. */
  takeOver(): Promise<OrphanedRun[]>
  /** Counts, power-durably, that this node resumes a run that it took over. */
  countResume(runId: string): Promise<void>
  /** Whether `takeOver` finds a run again that this node took over and does not write. */
  readonly findsLost: boolean
}

export interface TakeoverOptions {
  ownership: Ownership
  store: Pick<RunStore, 'commit'>
  runs: Pick<ActiveRuns, 'prepare'>
  logger: Logger
  /** Whether the provider keeps replies, so that a run can resume. */
  canResume: boolean
  /** Makes the task of a run whose calls may be made again. If absent, none are. */
  taskOf?: (left: OrphanedRun, calls: CallsUnderWay) => Promise<RunTask>
}

export interface Takeover {
  interrupted: number
  /** Those ends of `interrupted` runs that are not stored yet, because there are so many. */
  waiting: readonly LogWrite[]
  resumed: number
  /**
   * Resumes the replies that the provider kept, and those whose calls may be made again. This is a separate step, because a
   * process that cannot listen must not use up one of the tries.
   */
  resume(): Promise<void>
}

/**
 * Takes over every run that a dead owner left active. If the provider kept the reply, or if the calls under way may be
 * made again, the log of the run opens again. Otherwise the run ends as `interrupted`, and its stored text becomes the
 * message. With one node it runs before the server listens, and no owner is answered before the own waiting ends are
 * stored. So nobody ever sees an active run that no process writes.
 */
export async function takeOverRuns(options: TakeoverOptions): Promise<Takeover> {
  const { ownership, store, logger } = options
  const interrupted: LogWrite[] = []
  const resumptions: Resumption[] = []
  try {
    for (const left of await ownership.takeOver()) {
      const makeTask = left.resumes < MAX_RESUMES ? taskMaker(options, left) : undefined
      if (makeTask) resumptions.push(prepareResumption(options, left, makeTask))
      else interrupted.push(interruption(left))
    }
    const first = interrupted.slice(0, ENDS_A_TRANSACTION)
    if (first.length > 0) await store.commit(first, 'power')
  } catch (error) {
    // A run that is prepared counts as known, so that nobody would take it over again.
    for (const { discard } of resumptions) discard()
    throw error
  }
  const counts = { interrupted: interrupted.length, resumed: resumptions.length }
  if (counts.interrupted + counts.resumed > 0) logger.info(counts, 'replies of a dead process were kept')
  return {
    ...counts,
    waiting: interrupted.slice(ENDS_A_TRANSACTION),
    async resume() {
      for (const resumption of resumptions) await resumeOrLeave(options, resumption)
    },
  }
}

/** Makes the function that makes the task by which a run goes on. `undefined`: it cannot go on. */
function taskMaker(
  { canResume, taskOf }: TakeoverOptions,
  left: OrphanedRun,
): (() => Promise<RunOptions['task']>) | undefined {
  const { checkpoint, parts } = left
  if (checkpoint === null) return undefined
  const calls = decodeCalls(checkpoint)
  if (calls) return taskOf && (() => taskOf(left, calls))
  return canResume ? () => Promise.resolve({ kept: { checkpoint, parts } }) : undefined
}

interface Resumption {
  left: OrphanedRun
  resume(): Promise<void>
  discard(): void
}

/** A run that cannot be resumed is taken over again, or ends where nobody would take it over. */
async function resumeOrLeave(
  { ownership, store, logger }: TakeoverOptions,
  { left, resume, discard }: Resumption,
): Promise<void> {
  try {
    await resume()
  } catch (error) {
    logFault(logger, error, { message: 'a reply could not be resumed' })
    discard()
    if (ownership.findsLost) return
    await store
      .commit([interruption(left)], 'power')
      .catch((reason: unknown) => logFault(logger, reason, { message: 'a reply could not be ended' }))
  }
}

function prepareResumption(
  { ownership, runs }: TakeoverOptions,
  left: OrphanedRun,
  makeTask: () => Promise<RunOptions['task']>,
): Resumption {
  const { ownerId, start, startedAt, parts, lastSeq } = left
  const run = runs.prepare({ ownerId, start, startedAt, stored: { parts, lastSeq: lastSeq + SEQ_JUMP } })
  return {
    left,
    async resume() {
      await ownership.countResume(start.runId)
      run.resume(await makeTask())
    },
    discard: run.discard,
  }
}

function interruption({ ownerId, start, parts: stored, lastSeq, checkpoint }: OrphanedRun): LogWrite {
  const event: RunEnd = { status: 'interrupted', code: 'REPLY_INTERRUPTED', retryable: true }
  const parts = structuredClone(stored)
  foldEvent(parts, { type: 'run-end', ...event })
  // What a provider keeps has to be deleted there some day. Of calls nobody needs to know more.
  const isForgotten = checkpoint !== null && decodeCalls(checkpoint) !== undefined
  return {
    ownerId,
    start,
    ...(isForgotten && { checkpoint: null }),
    end: { event, seq: lastSeq + SEQ_JUMP + 1, parts },
  }
}
