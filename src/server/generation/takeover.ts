import type { Logger } from 'pino'
import type { LogWrite } from '../log/eventLog.ts'
import type { OrphanedRun, RunStore } from '../log/runStore.ts'
import { logFault } from '../logFault.ts'
import type { ActiveRuns } from './activeRuns.ts'

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
}

export interface TakeoverOptions {
  ownership: Ownership
  store: Pick<RunStore, 'commit'>
  runs: Pick<ActiveRuns, 'prepare'>
  logger: Logger
  /** Whether the provider keeps replies, so that a run can resume. */
  canResume: boolean
}

export interface Takeover {
  interrupted: number
  resumed: number
  /**
   * Resumes the replies that the provider kept. This is a separate step, because a process that cannot listen must not
   * use up one of the tries.
   */
  resume(): Promise<void>
}

/**
 * Takes over every run that a dead owner left active. It runs before the server listens, so nobody ever sees an active
 * run that no process writes. If the provider kept the reply, the log of the run opens again. Otherwise the run ends as
 * `interrupted`, and its stored text becomes the message.
 */
export async function takeOverRuns(options: TakeoverOptions): Promise<Takeover> {
  const { ownership, store, logger, canResume } = options
  const interrupted: LogWrite[] = []
  const resumptions: (() => Promise<void>)[] = []
  for (const left of await ownership.takeOver()) {
    const { checkpoint, resumes } = left
    if (canResume && checkpoint !== null && resumes < MAX_RESUMES) {
      resumptions.push(prepareResumption(options, { ...left, checkpoint }))
    } else interrupted.push(interruption(left))
  }
  if (interrupted.length > 0) await store.commit(interrupted, 'power')
  const counts = { interrupted: interrupted.length, resumed: resumptions.length }
  if (counts.interrupted + counts.resumed > 0) logger.info(counts, 'replies of the last process were kept')
  return {
    ...counts,
    async resume() {
      // One that fails is taken over again, and the others go on.
      for (const resumption of resumptions)
        await resumption().catch((error: unknown) =>
          logFault(logger, error, { message: 'a reply could not be resumed' }),
        )
    },
  }
}

function prepareResumption(
  { ownership, runs }: TakeoverOptions,
  { ownerId, start, startedAt, parts, lastSeq, checkpoint }: OrphanedRun & { checkpoint: string },
): () => Promise<void> {
  const run = runs.prepare({ ownerId, start, startedAt, stored: { parts, lastSeq: lastSeq + SEQ_JUMP } })
  return async () => {
    await ownership.countResume(start.runId)
    run.resume({ checkpoint, parts })
  }
}

function interruption({ ownerId, start, parts, lastSeq }: OrphanedRun): LogWrite {
  return {
    ownerId,
    start,
    end: {
      event: { status: 'interrupted', code: 'REPLY_INTERRUPTED', retryable: true },
      seq: lastSeq + SEQ_JUMP + 1,
      parts,
    },
  }
}
