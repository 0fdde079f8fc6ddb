import { RiachoError } from '../../protocol/errors.ts'
import type { ActiveRuns } from '../generation/activeRuns.ts'
import { followLog, type Reader, replayRun, type Subscription } from '../log/followLog.ts'
import type { RunStore } from '../log/runStore.ts'
import type { Remote } from './remote.ts'

export interface FollowOptions {
  store: Pick<RunStore, 'read' | 'framesAfter'>
  runs: Pick<ActiveRuns, 'log'>
  remote: Pick<Remote, 'follow' | 'requireTrust'>
}

export function createFollow({ store, runs, remote }: FollowOptions) {
  /**
   * Follows a run after event `after`. Resolves once the reader has what was stored. Live events come after that.
   * Resolves with `undefined` if the run has ended and the reader has everything. Throws `NOT_FOUND`.
   */
  return async function follow(
    { ownerId }: { ownerId: string },
    { runId, after }: { runId: string; after: number },
    reader: Reader,
  ): Promise<Subscription | undefined> {
    const log = runs.log(runId)
    if (log && log.ownerId !== ownerId) throw new RiachoError('NOT_FOUND')
    // Before the database is asked, because the answer would take seconds and the reader could be at another node by then.
    remote.requireTrust()
    if (log) return followLog(log, after, reader)
    const subscription = await remote.follow({ id: runId, ownerId }, after, reader)
    if (subscription) return subscription
    const run = await store.read({ id: runId, ownerId })
    if (!run?.end) throw new RiachoError('NOT_FOUND')
    await replayRun({ store, run: { ...run, end: run.end } }, after, reader)
    return undefined
  }
}
