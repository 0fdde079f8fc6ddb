import { type Clock, within } from './server/clock.ts'
import type { ActiveRuns } from './server/generation/activeRuns.ts'
import type { Remote } from './server/runs/remote.ts'
import type { Services } from './server/services.ts'

/** How long active runs may continue while Riacho drains, in milliseconds. */
const DRAIN_TIMEOUT = 30_000
/** How long titles may still be written once the runs have ended, in milliseconds. */
const TITLE_TIMEOUT = 1000
/** How long storing the ends of the remaining runs may take, in milliseconds. */
const END_TIMEOUT = 5000

/** How often to look whether the runs that are being stored have started, in milliseconds. */
const STORED_INTERVAL = 50
const NEVER = new Promise<never>(() => {})

export interface DrainOptions {
  readiness: Pick<Services['readiness'], 'drain'>
  titles: Pick<Services['titles'], 'close'>
  retention: { stop(): Promise<void> }
  remote: Pick<Remote, 'drain'>
  runs: ActiveRuns
  clock: Clock
}

/** Makes the function that ends the work of this process, as `OpenedRiacho.drain` says. */
export function createDrain({
  readiness,
  remote,
  retention,
  runs,
  titles,
  clock,
}: DrainOptions): (timeoutMs?: number) => Promise<void> {
  const endAll = async (timeoutMs: number) => {
    readiness.drain()
    runs.drain()
    remote.drain()
    await retention.stop()
    await drainRuns(runs, clock, timeoutMs)
    await titles.close(Math.min(timeoutMs, TITLE_TIMEOUT))
  }
  let drained: Promise<void> | undefined
  return (timeoutMs = DRAIN_TIMEOUT) => {
    drained ??= endAll(timeoutMs)
    return drained
  }
}

/**
 * Waits for the active runs, then detaches or ends the others. If the database takes nothing in time, the next process
 * ends them.
 */
async function drainRuns(runs: ActiveRuns, clock: Clock, timeoutMs: number): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs
  for (let left = timeoutMs; runs.size > 0 && left > 0; left = deadline - clock.monotonic()) {
    const active = runs.active()
    // A run that is being stored starts in a moment, or never.
    if (active.length === 0) await within(Math.min(left, STORED_INTERVAL), clock, NEVER)
    else await within(left, clock, Promise.all(active.map(run => run.ended)))
  }
  const ends = runs.active().map(run => run.detach() || run.fail('REPLY_INTERRUPTED'))
  await within(END_TIMEOUT, clock, Promise.all(ends))
}
