import { RiachoError } from '../../protocol/errors.ts'
import type { Identity } from '../access/caller.ts'
import type { KnownProofs } from '../access/knownTokens.ts'
import type { Clock } from '../clock.ts'
import { eraseAccount as eraseAccountRows } from '../database/accounts/accounts.ts'
import { deleteMove, listMovesTo } from '../database/accounts/ownerMoves.ts'
import { forgetOwnerFigures } from '../database/administration/runFigures.ts'
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
import { forgetToolSignIns, type ReadTokens } from '../database/tools/signIns.ts'
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
  /** Lets go of the files of an owner. */
  releaseFiles: (queries: Queries, ownerId: string) => Promise<void>
  /** Tells issuers of tokens that were erased. Does not wait for them. */
  revokeTokens: (tokens: readonly ReadTokens[]) => void
  /** Learn which sessions and API keys end with their owner. */
  proofs: KnownProofs
}

export type DeletionService = ReturnType<typeof createDeletionService>

/** Deletes conversations. A deleted one is `NOT_FOUND` from then on, and is erased later. */
export function createDeletionService(options: DeletionServiceOptions) {
  const { database, conversations, runs, clock, steadyTime } = options
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
        isTemporary = await markDeleted(queries, key, steadyTime())
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

  return { remove, restore, sweep, ...createOwnerErasure(options, erase) }
}

function createOwnerErasure(
  {
    database,
    runs,
    clock,
    steadyTime,
    forgetSpending,
    releaseFiles,
    revokeTokens,
    proofs,
  }: DeletionServiceOptions,
  erase: ReturnType<typeof createEraser>,
) {
  /**
   * Stops the active runs of an owner and erases everything of the owner, at once and for good. A request of another
   * tab either comes first and is erased too, or comes later and is refused. If the process dies in between, the next
   * one erases the rest in its first sweep. A visitor never comes back. A person of a host may, and so may whoever has an
   * account.
   */
  function eraseOwner({ ownerId, kind }: Pick<Identity, 'ownerId' | 'kind'>): Promise<void> {
    return eraseAll({ ownerId, isForGood: kind === 'visitor' })
  }

  /** As `eraseOwner`, and erases the account. Nobody comes back. */
  function eraseAccount({ ownerId }: { ownerId: string }): Promise<void> {
    return eraseAll({ ownerId, isForGood: true })
  }

  async function eraseAll({ ownerId, isForGood }: { ownerId: string; isForGood: boolean }): Promise<void> {
    await eraseMoving(ownerId)
    let ended: TokenChange[] = []
    let tokens: ReadTokens[] = []
    await whenIdle({
      database,
      ownerId,
      runs,
      clock,
      activeRuns: queries => listActiveRunIds(queries, ownerId),
      async work(queries) {
        ended = await eraseKeys(queries, { ownerId, at: steadyTime() })
        if (isForGood) {
          await eraseAccountRows(queries, ownerId)
          await markErased(queries, { ownerId, at: clock.now() })
          ended = [...ended, ...(await eraseSessions(queries, { ownerId, at: steadyTime() }))]
        }
        tokens = await forgetOwner(queries, ownerId)
      },
    })
    revokeTokens(tokens)
    // Even if erasing fails, because nothing can be stored for this owner any more.
    proofs.learn(ended)
    await erase({ deletedBefore: 0, ownerId })
  }

  /** What still moves to an owner is that of the owner. */
  async function eraseMoving(ownerId: string): Promise<void> {
    for (const from of await listMovesTo(database.queries, ownerId)) {
      let tokens: ReadTokens[] = []
      await whenIdle({
        database,
        ownerId: from,
        runs,
        clock,
        activeRuns: queries => listActiveRunIds(queries, from),
        async work(queries) {
          await deleteConversationsOfOwner(queries, from)
          await releaseFiles(queries, from)
          await deleteMove(queries, from)
          await forgetOwnerFigures(queries, from)
          tokens = await forgetToolSignIns(queries, from)
        },
      })
      revokeTokens(tokens)
      await erase({ deletedBefore: 0, ownerId: from })
    }
  }

  async function forgetOwner(queries: Queries, ownerId: string): Promise<ReadTokens[]> {
    await deleteConversationsOfOwner(queries, ownerId)
    await releaseFiles(queries, ownerId)
    await forgetSpending(queries, ownerId)
    await forgetOwnerFigures(queries, ownerId)
    await forgetOwnerRetention(queries, ownerId)
    return forgetToolSignIns(queries, ownerId)
  }

  return { eraseOwner, eraseAccount }
}

/** Gives whether the conversation is temporary. Then it cannot be restored. */
async function markDeleted(queries: Queries, key: OwnedId, at: number): Promise<boolean> {
  const isTemporary = (await findConversation(queries, key))?.temporary === 1
  await updateConversation(queries, { id: key.id, change: { deleted_at: isTemporary ? 0 : at } })
  return isTemporary
}

/** Throws `NOT_FOUND`. */
async function activeRunsIn(queries: Queries, key: OwnedId): Promise<string[]> {
  if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
  const active = await findActiveRun(queries, key.id)
  return active ? [active.id] : []
}
