import { RiachoError } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'
import {
  deleteConversationsOfOwner,
  findConversation,
  restoreConversation,
  updateConversation,
} from '../database/conversations.ts'
import type { Database } from '../database/open.ts'
import { markErased } from '../database/owners.ts'
import { findActiveRun, listActiveRunIds } from '../database/runs.ts'
import type { RunService } from '../runs/runService.ts'
import { createEraser, type EraserOptions } from './eraser.ts'
import type { Key } from './key.ts'
import { whenIdle } from './whenIdle.ts'

/** How long a deletion can be undone, in milliseconds. */
export const RESTORE_WINDOW = 10 * 60 * 1000

export interface DeletionServiceOptions extends EraserOptions {
  database: Database
  runs: Pick<RunService, 'requestStop'>
  clock: Clock
  /** The owners erased so far. The service adds those that it erases. */
  erasedOwners: Set<string>
}

/** How conversations are deleted. A deleted one answers `NOT_FOUND` from then on, and is erased later. */
export function createDeletionService(options: DeletionServiceOptions) {
  const { database, runs, clock, erasedOwners } = options
  const erase = createEraser(options)

  /** Stops the run of a conversation, then deletes the conversation. Throws `NOT_FOUND`. */
  async function remove(key: Key): Promise<void> {
    await whenIdle({
      database,
      runs,
      clock,
      async activeRuns(queries) {
        if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
        const active = await findActiveRun(queries, key.id)
        return active ? [active.id] : []
      },
      work: queries => updateConversation(queries, { id: key.id, change: { deleted_at: clock.now() } }),
    })
  }

  /** Undoes a deletion of the last 10 minutes. Leaves a conversation that is not deleted as it is. Throws `NOT_FOUND`. */
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
   * Stops what is being written for an owner and erases all that the owner has, at once and for good. A request of another
   * tab is either stored before that and erased too, or refused. If the process ends in the middle, the next process
   * erases the rest with its first sweep.
   */
  async function eraseOwner(ownerId: string): Promise<void> {
    await whenIdle({
      database,
      runs,
      clock,
      activeRuns: queries => listActiveRunIds(queries, ownerId),
      async work(queries) {
        await markErased(queries, { ownerId, at: clock.now() })
        await deleteConversationsOfOwner(queries, ownerId)
      },
    })
    try {
      await erase({ deletedBefore: 0, ownerId })
    } finally {
      // Also when erasing fails, because from here on nothing can be stored for this owner.
      erasedOwners.add(ownerId)
    }
  }

  return { remove, restore, sweep, eraseOwner, isErased: (ownerId: string) => erasedOwners.has(ownerId) }
}
