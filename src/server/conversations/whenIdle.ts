import { RiachoError } from '../../protocol/errors.ts'
import { type Clock, within } from '../clock.ts'
import type { Database } from '../database/database.ts'
import type { Queries } from '../database/schema.ts'
import type { RunService } from '../runs/runService.ts'

/** How long `whenIdle` waits until the ends of the runs are stored, in milliseconds. */
const STOP_WAIT = 10_000

export interface WhenIdleOptions {
  database: Database
  ownerId: string
  runs: Pick<RunService, 'requestStop'>
  clock: Clock
  /** The runs that have to end first. */
  activeRuns: (queries: Queries) => Promise<string[]>
  work: (queries: Queries) => Promise<void>
}

/**
 * Stops the active runs. Then does `work`, in the same transaction that found no active run. Throws
 * `STORAGE_UNAVAILABLE` if the ends are not stored in time.
 */
export async function whenIdle({
  database,
  ownerId,
  runs,
  clock,
  activeRuns,
  work,
}: WhenIdleOptions): Promise<void> {
  const deadline = clock.monotonic() + STOP_WAIT
  for (;;) {
    const active = await database.writeFor(ownerId, 'power', async queries => {
      const ids = await activeRuns(queries)
      if (ids.length === 0) await work(queries)
      return ids
    })
    if (active.length === 0) return
    const left = deadline - clock.monotonic()
    if (left <= 0) throw new RiachoError('STORAGE_UNAVAILABLE', 'a run could not be ended')
    await within(left, clock, Promise.all(active.map(id => runs.requestStop({ id, ownerId }))))
  }
}
