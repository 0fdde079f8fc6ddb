import type { ActiveRun } from '../../protocol/responses.ts'
import type { ActiveRuns } from '../generation/activeRuns.ts'
import type { RunStore } from '../log/runStore.ts'

export interface ActiveRunOptions {
  store: Pick<RunStore, 'read'>
  runs: Pick<ActiveRuns, 'log'>
}

export function createActiveRun({ store, runs }: ActiveRunOptions) {
  /**
   * What is stored of a run that its reader found active, to be followed from there. The run may have ended since: its
   * reader then gets the end as the next event.
   */
  return async function activeRun(key: { id: string; ownerId: string }): Promise<ActiveRun | null> {
    const run = runs.log(key.id) ?? (await store.read(key))
    if (!run) return null
    const { start, startedAt, parts, lastSeq, end } = run
    return { ...start, seq: end ? lastSeq - 1 : lastSeq, parts: structuredClone(parts), startedAt }
  }
}
