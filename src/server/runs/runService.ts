import { createFollow, type FollowOptions } from './follow.ts'
import { createReadActiveRun, type ReadActiveRunOptions } from './readActiveRun.ts'
import { createStop, type StopOptions } from './stop.ts'

export type RunServiceOptions = ReadActiveRunOptions & FollowOptions & StopOptions

export type RunService = ReturnType<typeof createRunService>

/** The operations on a run, whichever node writes it. Anything of another owner is `NOT_FOUND`. */
export function createRunService(options: RunServiceOptions) {
  const { runs, remote } = options
  return {
    readActiveRun: createReadActiveRun(options),
    follow: createFollow(options),
    stop: createStop(options),
    /** As `Remote.requireTrust`. */
    requireTrust: () => remote.requireTrust(),
    /**
     * Asks the node that writes a run to stop it. It does not check the owner, so the caller must have done so.
     * Resolves once the end is stored, or once a remote node took too long. Returns `undefined` if no node writes the
     * run.
     */
    requestStop: (key: { id: string; ownerId: string }): Promise<unknown> | undefined =>
      runs.stop(key.id) ?? remote.stop(key),
  }
}
