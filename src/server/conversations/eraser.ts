import { setImmediate } from 'node:timers/promises'
import { findErasable } from '../database/conversations.ts'
import type { Database } from '../database/open.ts'
import type { Provider } from '../generation/provider.ts'
import type { RunStore } from '../log/runStore.ts'

export interface EraserOptions {
  database: Database
  store: Pick<RunStore, 'settleJournal'>
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  /** Is called with the last checkpoint of each erased run. Absent if the provider keeps nothing. */
  requestDeletion?: Provider['requestDeletion']
}

/**
 * Erases deleted conversations for good, from the tables, the journal and the write-ahead log. The rewriter then erases
 * the copies that SQLite left in its pages.
 */
export function createEraser({ database, store, steadyTime, requestDeletion }: EraserOptions) {
  /** Whether the journal or the write-ahead log may still hold something that was erased. */
  let owesPurge = false

  /**
   * Erases the conversations that were deleted at `deletedBefore` or earlier. Without `ownerId`, erases those of all
   * owners.
   */
  return async function erase(which: { deletedBefore: number; ownerId?: string }): Promise<void> {
    // One transaction for each slice of a conversation, with other work in between, because there may be much.
    while (await eraseSome(which)) await setImmediate()
    if (!owesPurge) return
    await store.settleJournal()
    await database.purge()
    owesPurge = false
  }

  async function eraseSome(which: { deletedBefore: number; ownerId?: string }): Promise<boolean> {
    if ((await findErasable(database.queries, which)) === undefined) return false
    // Before the erasure, because its answer can be lost although it is stored.
    owesPurge = true
    const checkpoints = await database.eraseSome({ ...which, at: steadyTime() })
    if (!checkpoints) return false
    for (const checkpoint of checkpoints) requestDeletion?.(checkpoint)
    return true
  }
}
