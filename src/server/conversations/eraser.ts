import { setImmediate } from 'node:timers/promises'
import { findErasable } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { listCheckpoints } from '../database/runs.ts'
import type { Provider } from '../generation/provider.ts'
import type { RunStore } from '../log/runStore.ts'

export interface EraserOptions {
  database: Database
  store: Pick<RunStore, 'settleJournal'>
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  /**
   * Is called with the last checkpoint of each run before it is erased. If erasing fails, it is called again. Absent if
   * the provider keeps nothing.
   */
  requestDeletion?: Provider['requestDeletion']
  /** The files that nobody has any more. */
  files: { hasDue(): Promise<boolean>; eraseDue(): Promise<void> }
}

/**
 * Erases deleted conversations and their files for good, from the tables, the store of files, the journal and the write-ahead log. The rewriter then erases
 * the copies that SQLite left in its pages.
 */
export function createEraser({ database, store, steadyTime, requestDeletion, files }: EraserOptions) {
  /** Whether the journal or the write-ahead log may still hold something that was erased. */
  let owesPurge = false

  /**
   * Erases the conversations that were deleted at `deletedBefore` or earlier. Without `ownerId`, erases those of all
   * owners.
   */
  return async function erase(which: { deletedBefore: number; ownerId?: string }): Promise<void> {
    let last: string | undefined
    const next = () => findErasable(database.queries, which)
    for (let id = await next(); id !== undefined; id = await next()) {
      // Both come before the erasure, because its answer can be lost although it is stored.
      owesPurge = true
      if (id !== last) await requestDeletions(id)
      last = id
      // Slice by slice, with other work in between, because there may be much.
      await database.eraseSome({ id, at: steadyTime() })
      await setImmediate()
    }
    owesPurge ||= await files.hasDue()
    if (!owesPurge) return
    await files.eraseDue()
    await store.settleJournal()
    await database.purge()
    owesPurge = false
  }

  async function requestDeletions(conversationId: string): Promise<void> {
    if (!requestDeletion) return
    for (const checkpoint of await listCheckpoints(database.queries, conversationId))
      requestDeletion(checkpoint)
  }
}
