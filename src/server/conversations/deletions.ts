import { setImmediate } from 'node:timers/promises'
import { RiachoError } from '../../protocol/errors.ts'
import { type Clock, within } from '../clock.ts'
import {
  deleteConversationsOfOwner,
  eraseConversation,
  findConversation,
  findErasable,
  restoreConversation,
  updateConversation,
} from '../database/conversations.ts'
import type { Database } from '../database/open.ts'
import { markErased } from '../database/owners.ts'
import { findActiveRun, listActiveRuns, listCheckpoints } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'
import type { Runs } from '../generation/activeRuns.ts'
import type { Provider } from '../generation/provider.ts'
import type { LogStore } from '../log/logStore.ts'
import type { Key } from './conversations.ts'

/** How long a deletion can be undone, in milliseconds. */
export const RESTORE_WINDOW = 10 * 60 * 1000
/** How long a deletion waits for the ends of runs to be stored, in milliseconds. */
const STOP_WAIT = 10_000

export interface DeletionServiceOptions {
  database: Database
  store: LogStore
  runs: Runs
  clock: Clock
  /** Told the last checkpoint of each erased run. Absent where the provider keeps nothing. */
  forget?: Provider['forget']
  /** The owners erased so far; it is added to. */
  erasedOwners: Set<string>
}

/** How conversations go. One that is deleted answers `NOT_FOUND` from then on, and is erased later. */
export function createDeletionService(options: DeletionServiceOptions) {
  const { database, store, runs, clock, forget, erasedOwners } = options

  /** Stops what is being written in it, then deletes it. */
  async function remove(key: Key): Promise<void> {
    await onceIdle(
      async queries => {
        if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
        const active = await findActiveRun(queries, key.id)
        return active ? [active.id] : []
      },
      queries => updateConversation(queries, { id: key.id, change: { deleted_at: clock.now() } }),
    )
  }

  /** Undoes a deletion of the last 10 minutes; nothing changes for one that is not deleted. Throws `NOT_FOUND`. */
  async function restore(key: Key): Promise<void> {
    const deletedAfter = clock.now() - RESTORE_WINDOW
    const restored = await database.write('power', queries =>
      restoreConversation(queries, { ...key, deletedAfter }),
    )
    if (!restored) throw new RiachoError('NOT_FOUND')
  }

  /** Erases what can no longer be restored. */
  async function sweep(): Promise<void> {
    await erase({ deletedBefore: clock.now() - RESTORE_WINDOW })
  }

  /**
   * Stops what is being written for an owner and erases all that the owner has, at once and for good. What other tabs
   * ask for meanwhile is stored before that, and erased too, or refused. A process that ends in the middle leaves the
   * rest to the next one's sweep.
   */
  async function eraseOwner(ownerId: string): Promise<void> {
    await onceIdle(
      async queries =>
        (await listActiveRuns(queries)).filter(run => run.owner_id === ownerId).map(({ id }) => id),
      async queries => {
        await markErased(queries, { ownerId, at: clock.now() })
        await deleteConversationsOfOwner(queries, ownerId)
      },
    )
    try {
      await erase({ deletedBefore: 0, ownerId })
    } finally {
      // Also when the rest of it has to wait: nothing more can be stored for this owner.
      erasedOwners.add(ownerId)
    }
  }

  /**
   * Does `work` in one transaction with the finding that no run is active, after stopping those that were. Throws
   * `STORAGE_UNAVAILABLE` when their ends are not stored in time.
   */
  async function onceIdle(
    activeRuns: (queries: Queries) => Promise<string[]>,
    work: (queries: Queries) => Promise<void>,
  ): Promise<void> {
    const patience = clock.now() + STOP_WAIT
    for (;;) {
      const active = await database.write('power', async queries => {
        const ids = await activeRuns(queries)
        if (ids.length === 0) await work(queries)
        return ids
      })
      if (active.length === 0) return
      const left = patience - clock.now()
      if (left <= 0) throw new RiachoError('STORAGE_UNAVAILABLE', 'a run could not be ended')
      await within(left, clock, Promise.all(active.map(id => runs.stop(id))))
    }
  }

  /** Something was erased, and the logs may still hold some of it. */
  let owesPurge = false

  /** One conversation a transaction, and other work in between: there may be many. */
  async function erase(which: { deletedBefore: number; ownerId?: string }): Promise<void> {
    for (;;) {
      const erased = await database.write('process', async queries => {
        const id = await findErasable(queries, which)
        if (id === undefined) return undefined
        const checkpoints = forget ? await listCheckpoints(queries, id) : []
        await eraseConversation(queries, id)
        return { checkpoints }
      })
      if (!erased) break
      for (const checkpoint of erased.checkpoints) forget?.(checkpoint)
      owesPurge = true
      await setImmediate()
    }
    if (!owesPurge) return
    await store.settle()
    await database.purge()
    owesPurge = false
  }

  return { remove, restore, sweep, eraseOwner, isErased: (ownerId: string) => erasedOwners.has(ownerId) }
}
