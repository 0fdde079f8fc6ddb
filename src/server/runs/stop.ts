import { RiachoError } from '../../protocol/errors.ts'
import type { StopResponse } from '../../protocol/responses.ts'
import { type Clock, within } from '../clock.ts'
import type { ActiveRuns } from '../generation/activeRuns.ts'
import type { RunStore } from '../log/runStore.ts'
import type { Remote } from './remote.ts'

/** How long `stop` waits for the end to be stored, in milliseconds. */
const STOP_WAIT = 2000

export interface StopOptions {
  store: Pick<RunStore, 'read'>
  runs: Pick<ActiveRuns, 'log' | 'stop'>
  remote: Pick<Remote, 'stop'>
  clock: Clock
}

export function createStop({ store, runs, remote, clock }: StopOptions) {
  /** Stops a run and waits at most 2 s until its end is stored. Idempotent. Throws `NOT_FOUND`. */
  return async function stop({ ownerId }: { ownerId: string }, runId: string): Promise<StopResponse> {
    const log = runs.log(runId)
    if (log && log.ownerId !== ownerId) throw new RiachoError('NOT_FOUND')
    const ended = runs.stop(runId)
    if (log && ended) {
      await within(STOP_WAIT, clock, ended)
      return { status: log.end?.status ?? 'active', lastSeq: log.lastSeq }
    }
    const run = await store.read({ id: runId, ownerId })
    if (!run) throw new RiachoError('NOT_FOUND')
    if (run.end) return { status: run.end.status, lastSeq: run.lastSeq }
    return remote.stop({ id: runId, ownerId }) ?? { status: 'active', lastSeq: run.lastSeq }
  }
}
