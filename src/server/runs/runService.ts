import { type ActiveRunOptions, createActiveRun } from './activeRun.ts'
import { createFollow, type FollowOptions } from './follow.ts'
import { createStop, type StopOptions } from './stop.ts'

export type RunServiceOptions = ActiveRunOptions & FollowOptions & StopOptions

export type RunService = ReturnType<typeof createRunService>

/** What can be done with a run, whichever node writes it. Everything that is another owner's answers `NOT_FOUND`. */
export function createRunService(options: RunServiceOptions) {
  const { runs, remote } = options
  return {
    activeRun: createActiveRun(options),
    follow: createFollow(options),
    stop: createStop(options),
    /**
     * Asks the node that writes a run to stop it, for callers that know whose it is. Resolves once its end is stored, or a
     * remote node has not ended it in time; `undefined` when no node writes it.
     */
    requestStop: (runId: string): Promise<unknown> | undefined => runs.stop(runId) ?? remote.stop(runId),
  }
}
