import { RiachoError } from '../../protocol/errors.ts'
import { foldEvent } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import type { Clock } from '../clock.ts'
import { giveUpCopies, insertHidden, isUnfinished, showCopy } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { copyMessageFiles } from '../database/files/messageFiles.ts'
import { findMessagesWithRuns, type MessageKey } from '../database/messageKeys.ts'
import { insertMessage, partsOf } from '../database/messages.ts'
import type { StoredRows } from '../database/ownerStorage.ts'
import { hasEnded, insertEndedRun } from '../database/runs.ts'
import type { MessageRow, Queries, RunRow } from '../database/schema.ts'
import { keysOfBranch, slicesOf, WRITE } from './messageSlices.ts'
import type { OwnedId } from './ownedId.ts'
import { findLasting } from './requireOpen.ts'
import type { RequireRoom } from './requireRoom.ts'

export interface ForkOptions {
  database: Database
  requireRoom: RequireRoom
  clock: Clock
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  createId: () => string
}

export function createFork({ database, requireRoom, clock, steadyTime, createId }: ForkOptions) {
  /**
   * Stores a conversation that begins with copies of the messages down to `messageId`, and of the runs that wrote them.
   * Resolves with its id. The copy is hidden while it is written, slice by slice, and the last transaction shows it. If
   * the process dies before, the next one erases what is there. Throws `NOT_FOUND`, `CONVERSATION_TEMPORARY`,
   * `QUOTA_EXCEEDED`.
   */
  return async function fork(key: OwnedId, messageId: string): Promise<string> {
    const keys = await keysOfBranch(database.queries, { conversationId: key.id, messageId })
    const id = createId()
    await database.writeFor(key.ownerId, 'process', async queries => {
      const original = await findLasting(queries, key)
      if (keys.length === 0) throw new RiachoError('NOT_FOUND')
      await requireRoom(queries, key.ownerId, rowsOf(keys, { conversations: 1 }))
      const now = clock.now()
      await insertHidden(queries, {
        ...original,
        id,
        status: 'OPEN',
        archived: 0,
        pinned: 0,
        title_final: 1,
        head_message_id: null,
        created_at: now,
        updated_at: now,
        touched_at: steadyTime(),
        read_by_admin_at: null,
      })
    })
    try {
      return await fill({ id, ownerId: key.ownerId, keys })
    } catch (error) {
      await database.write('process', queries => giveUpCopies(queries, { id }))
      throw error
    }
  }

  async function fill({ id, ownerId, keys }: OwnedId & { keys: readonly MessageKey[] }): Promise<string> {
    const branch = new BranchCopy(id, createId)
    for (const slice of slicesOf(keys, WRITE)) {
      await database.writeFor(ownerId, 'process', async queries => {
        await requireUnfinished(queries, id)
        branch.beginSlice()
        // Again, because copies may be made at the same time.
        await requireRoom(queries, ownerId, rowsOf(slice))
        const found = await findMessagesWithRuns(queries, slice)
        if (found.length < slice.length) throw new RiachoError('NOT_FOUND', 'the original was erased')
        for (const { row, run } of found) await branch.add(queries, row, run)
      })
      branch.endSlice()
    }
    await database.writeFor(ownerId, 'power', async queries => {
      await requireUnfinished(queries, id)
      await showCopy(queries, { id, headMessageId: branch.lastId })
    })
    return id
  }
}

function rowsOf(keys: readonly MessageKey[], { conversations = 0 } = {}): StoredRows {
  return { rows: keys.length + conversations, textBytes: keys.reduce((sum, { size }) => sum + size, 0) }
}

async function requireUnfinished(queries: Queries, id: string): Promise<void> {
  if (!(await isUnfinished(queries, id))) throw new RiachoError('NOT_FOUND', 'the owner was erased')
}

/**
 * Copies the messages of a branch, from the root down, into another conversation, under new ids. Each reply gets a copy
 * of the run that wrote it, so the copy reads as the original does. Feedback and the ids that clients gave are not
 * copied.
 */
class BranchCopy {
  /** The copy of the message added last. */
  lastId: string | null = null
  readonly #conversationId: string
  readonly #createId: () => string
  readonly #copyOf = new Map<string | null, string>()
  /** What the present slice has added, and the copy before it. */
  #added: string[] = []
  #lastBefore: string | null = null

  constructor(conversationId: string, createId: () => string) {
    this.#conversationId = conversationId
    this.#createId = createId
  }

  /** Forgets what an earlier try of the same slice has added, because a database may do a write again. */
  beginSlice(): void {
    for (const original of this.#added.splice(0)) this.#copyOf.delete(original)
    this.lastId = this.#lastBefore
  }

  /** The slice is stored. */
  endSlice(): void {
    this.#added = []
    this.#lastBefore = this.lastId
  }

  async add(queries: Queries, original: MessageRow, run: RunRow | undefined): Promise<void> {
    const id = this.#createId()
    const parentId = this.lastId
    this.#copyOf.set(original.id, id)
    this.#added.push(original.id)
    const runId = run ? this.#createId() : null
    if (run && hasEnded(run) && runId && parentId) {
      await insertEndedRun(queries, {
        ...run,
        ...(run.status === 'paused' && { status: 'stopped' as const }),
        id: runId,
        conversation_id: this.#conversationId,
        user_message_id: parentId,
        message_id: id,
        history_from: this.#copyOf.get(run.history_from) ?? null,
        client_run_id: null,
        continued_message_id: null,
        checkpoint: null,
      })
    }
    await insertMessage(queries, {
      ...original,
      ...(run?.status === 'paused' && { parts: JSON.stringify(stoppedParts(original)) }),
      id,
      conversation_id: this.#conversationId,
      parent_id: parentId,
      client_message_id: null,
      request_hash: null,
      run_id: runId,
      feedback: null,
    })
    if (original.parts.includes('"fileId"'))
      await copyMessageFiles(queries, { from: original.id, to: id, ownerId: original.owner_id })
    this.lastId = id
  }
}

/** What waits for a decision waits in the original alone, because a decision counts once. */
function stoppedParts(original: MessageRow): Part[] {
  const parts = partsOf(original)
  foldEvent(parts, { type: 'run-end', status: 'stopped' })
  return parts
}
