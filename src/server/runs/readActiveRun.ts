import type { ActiveRun } from '../../protocol/responses.ts'
import type { ActiveRuns } from '../generation/activeRuns.ts'
import type { RunStore } from '../log/runStore.ts'

export interface ReadActiveRunOptions {
  store: Pick<RunStore, 'read'>
  runs: Pick<ActiveRuns, 'log'>
}

export function createReadActiveRun({ store, runs }: ReadActiveRunOptions) {
  /**
   * Reads the stored part of a run that was found active. The caller can follow the run from there. `null` if it is gone.
   * If the run has ended since, a follower gets the end as the next event.
   */
  return async function readActiveRun(key: { id: string; ownerId: string }): Promise<ActiveRun | null> {
    const log = runs.log(key.id)
    const run = log?.ownerId === key.ownerId ? log : await store.read(key)
    if (!run) return null
    const { start, startedAt, parts, lastSeq, end } = run
    return { ...start, seq: end ? lastSeq - 1 : lastSeq, parts: structuredClone(parts), startedAt }
  }
}
