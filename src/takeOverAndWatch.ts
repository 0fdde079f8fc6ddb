import type { Logger } from 'pino'
import type { Storage } from './openStorage.ts'
import type { ActiveRuns } from './server/generation/activeRuns.ts'
import { type Takeover, type TakeoverOptions, takeOverRuns } from './server/generation/takeover.ts'
import type { WaitingEnds } from './server/generation/waitingEnds.ts'
import { logFault } from './server/logFault.ts'

export interface TakeOverAndWatchOptions extends Pick<TakeoverOptions, 'taskOf'> {
  storage: Pick<Storage, 'ownership' | 'store' | 'watch'>
  runs: ActiveRuns
  waitingEnds: WaitingEnds
  logger: Logger
  /** Whether the provider keeps replies, so that a run can resume. */
  canResume: boolean
  /** Counts what the runs used that were ended for a dead node. */
  settleLeft: () => Promise<void>
}

/** Takes over what dead nodes have left. From then on does what the other nodes make this one do. */
export async function takeOverAndWatch(options: TakeOverAndWatchOptions): Promise<Takeover> {
  const { storage, runs, waitingEnds, settleLeft } = options
  const { ownership, store } = storage
  const takeOver = async () => {
    const taken = await takeOverRuns({ ...options, ownership, store })
    if (taken.interrupted > 0) waitingEnds.add(taken.waiting, () => void settleLeft())
    return taken
  }
  const left = await takeOver()
  storage.watch({
    log: runs.log,
    onDeath: oneAtATime(async () => {
      // A node that is about to end would only delay the others.
      if (!runs.isDraining) await (await takeOver()).resume()
    }, options.logger),
    onDoubt: runs.cutFollowers,
    onFenced: runs.abandon,
    onStops: runIds => runIds.forEach(runId => void runs.stop(runId)),
  })
  return left
}

/** Does `work` when called, unless it is under way. A fault is logged, because the next call tries again. */
function oneAtATime(work: () => Promise<void>, logger: Logger): () => void {
  let isBusy = false
  return () => {
    if (isBusy) return
    isBusy = true
    work()
      .catch((error: unknown) =>
        logFault(logger, error, { message: 'the runs of a dead node could not be taken over' }),
      )
      .finally(() => {
        isBusy = false
      })
  }
}
