import { RiachoError } from '../../protocol/errors.ts'
import type { Identity } from '../access/caller.ts'
import type { KnownKeys, KnownSessions } from '../access/knownTokens.ts'
import type { Clock } from '../clock.ts'
import { eraseKeys } from '../database/apiKeys.ts'
import {
  clampDeletions,
  deleteConversationsOfOwner,
  findConversation,
  restoreConversation,
  updateConversation,
} from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { markErased } from '../database/owners.ts'
import { forgetOwnerRetention } from '../database/retention.ts'
import { findActiveRun, listActiveRunIds } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'
import { eraseSessions } from '../database/sessions.ts'
import type { TokenChange } from '../database/tokenChange.ts'
import type { RunService } from '../runs/runService.ts'
import type { ConversationReading, ConversationService } from './conversationService.ts'
import { createEraser, type EraserOptions } from './eraser.ts'
import type { OwnedId } from './ownedId.ts'
import { whenIdle } from './whenIdle.ts'

/** How long a deletion can be undone, in milliseconds. */
export const RESTORE_WINDOW = 10 * 60 * 1000

export interface DeletionServiceOptions extends EraserOptions {
  database: Database
  conversations: Pick<ConversationService, 'changeAndRead'>
  runs: Pick<RunService, 'requestStop'>
  clock: Clock
  /** Forgets what an owner has used of limits. */
  forgetSpending: (queries: Queries, ownerId: string) => Promise<void>
  /** Learns which sessions end with their owner. */
  sessions: Pick<KnownSessions, 'learn'>
  /** Learns which API keys end with their owner. */
  keys: Pick<KnownKeys, 'learn'>
}

/** Deletes conversations. A deleted one is `NOT_FOUND` from then on, and is erased later. */
export function createDeletionService(options: DeletionServiceOptions) {
  const { database, conversations, runs, clock, steadyTime, forgetSpending, sessions, keys } = options
  const erase = createEraser(options)

  /**
   * Stops the run of a conversation, then deletes the conversation. Erases a temporary one, at once and for good. Throws
   * `NOT_FOUND`.
   */
  async function remove(key: OwnedId): Promise<void> {
    let isTemporary = false
    await whenIdle({
      database,
      ownerId: key.ownerId,
      runs,
      clock,
      activeRuns: queries => activeRunsIn(queries, key),
      async work(queries) {
        isTemporary = (await findConversation(queries, key))?.temporary === 1
        const change = { deleted_at: isTemporary ? 0 : steadyTime() }
        await updateConversation(queries, { id: key.id, change })
      },
    })
    if (isTemporary) await erase({ deletedBefore: 0, ownerId: key.ownerId })
  }

  /** Undoes a deletion of the last 10 minutes. What is not deleted stays as it is. Throws `NOT_FOUND`. */
  function restore(key: OwnedId): Promise<ConversationReading> {
    return conversations.changeAndRead(key, async queries => {
      const at = steadyTime()
      const deletedAfter = at - RESTORE_WINDOW
      if (!(await restoreConversation(queries, { ...key, deletedAfter, at })))
        throw new RiachoError('NOT_FOUND')
    })
  }

  /** Erases what can no longer be restored. */
  async function sweep(): Promise<void> {
    await database.write('process', queries => clampDeletions(queries, steadyTime()))
    await erase({ deletedBefore: steadyTime() - RESTORE_WINDOW })
  }

  /**
   * Stops the active runs of an owner and erases everything of the owner, at once and for good. A request of another
   * tab either comes first and is erased too, or comes later and is refused. If the process dies in between, the next
   * one erases the rest in its first sweep. A visitor never comes back. A person of a host may.
   */
  async function eraseOwner({ ownerId, kind }: Identity): Promise<void> {
    let ended: TokenChange[] = []
    await whenIdle({
      database,
      ownerId,
      runs,
      clock,
      activeRuns: queries => listActiveRunIds(queries, ownerId),
      async work(queries) {
        ended = await eraseKeys(queries, { ownerId, at: steadyTime() })
        if (kind === 'visitor') {
          await markErased(queries, { ownerId, at: clock.now() })
          ended = [...ended, ...(await eraseSessions(queries, { ownerId, at: steadyTime() }))]
        }
        await deleteConversationsOfOwner(queries, ownerId)
        await forgetSpending(queries, ownerId)
        await forgetOwnerRetention(queries, ownerId)
      },
    })
    // Even if erasing fails, because nothing can be stored for this owner any more.
    for (const known of [sessions, keys]) known.learn(ended)
    await erase({ deletedBefore: 0, ownerId })
  }

  return { remove, restore, sweep, eraseOwner }
}

/** Throws `NOT_FOUND`. */
async function activeRunsIn(queries: Queries, key: OwnedId): Promise<string[]> {
  if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
  const active = await findActiveRun(queries, key.id)
  return active ? [active.id] : []
}
