import { RiachoError } from '../../protocol/errors.ts'
import type {
  CreateConversationRequest,
  ForkRequest,
  ListConversationsQuery,
  UpdateConversationRequest,
} from '../../protocol/requests.ts'
import type { ConversationListResponse, ConversationResponse, Message } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import { forgetRead } from '../database/administration/adminReads.ts'
import { findConversation, insertConversation, toConversation } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { lastNumber } from '../database/messageKeys.ts'
import type { RetentionRules } from '../database/retention.ts'
import { findActiveRun } from '../database/runs.ts'
import type { ConversationRow, Queries, RunRow } from '../database/schema.ts'
import type { RunService } from '../runs/runService.ts'
import { changeConversation } from './changeConversation.ts'
import { createFork } from './forkBranch.ts'
import { listPage } from './listPage.ts'
import { keysOfConversation, readMessages } from './messageSlices.ts'
import { newConversation } from './newConversation.ts'
import type { OwnedId } from './ownedId.ts'
import type { RequireRoom } from './requireRoom.ts'
import type { RulesOf } from './retentionService.ts'

export interface ConversationServiceOptions {
  database: Database
  runs: Pick<RunService, 'readActiveRun'>
  /** The first one is the default. */
  assistants: readonly Assistant[]
  requireRoom: RequireRoom
  rulesOf: RulesOf
  clock: Clock
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  createId: () => string
}

export type ConversationService = ReturnType<typeof createConversationService>

/** A `ConversationResponse` whose messages are read while they are sent. */
export interface ConversationReading extends Omit<ConversationResponse, 'messages'> {
  /** Every message of the tree, oldest first, in slices. */
  messages: AsyncIterable<Message[]>
}

type Change = (queries: Queries) => Promise<void>

/** What an owner can do with whole conversations. Anything of another owner is `NOT_FOUND`. */
export function createConversationService(options: ConversationServiceOptions) {
  const { database, runs, assistants, requireRoom, rulesOf, clock, steadyTime, createId } = options
  const copyBranch = createFork(options)

  async function create(
    ownerId: string,
    { assistant, ...request }: CreateConversationRequest,
  ): Promise<ConversationResponse> {
    const begun = { id: createId(), now: clock.now(), touchedAt: steadyTime() }
    const fields = { title: '', temporary: false, ...request }
    const row = newConversation({ ownerId, assistant, ...fields, ...begun }, assistants)
    const rules = await database.writeFor(ownerId, 'power', async queries => {
      await requireRoom(queries, ownerId, { rows: 1, textBytes: 0 })
      await insertConversation(queries, row)
      return rulesOf(queries, ownerId)
    })
    return { conversation: toConversation(row, rules), messages: [], activeRun: null }
  }

  const read = async (key: OwnedId): Promise<ConversationReading> =>
    withMessages(await database.read(queries => findState(queries, key, rulesOf)))

  /**
   * Does `change`, and reads the conversation as it is then. Both are one transaction, because another tab may delete
   * the conversation right after it.
   */
  async function changeAndRead(key: OwnedId, change: Change): Promise<ConversationReading> {
    const state = await database.writeFor(key.ownerId, 'power', async queries => {
      await change(queries)
      return findState(queries, key, rulesOf)
    })
    return withMessages(state)
  }

  async function withMessages({ row, rules, active, last }: State): Promise<ConversationReading> {
    const { queries } = database
    const { id, owner_id: ownerId } = row
    // The run may have ended since. On PostgreSQL its message can have a lower number than one that was there before.
    const except = active?.message_id
    const keys = await keysOfConversation(queries, { conversationId: id, last, except })
    return {
      conversation: toConversation(row, rules),
      messages: readMessages(queries, keys),
      activeRun: active ? await runs.readActiveRun({ id: active.id, ownerId }) : null,
    }
  }

  function update(key: OwnedId, request: UpdateConversationRequest): Promise<ConversationReading> {
    const change = { ...request, touchedAt: steadyTime() }
    return changeAndRead(key, queries => changeConversation(queries, key, change))
  }

  /** Makes a new conversation that begins with a copy of the branch down to `messageId`. */
  const fork = async (key: OwnedId, { messageId }: ForkRequest): Promise<ConversationReading> =>
    read({ id: await copyBranch(key, messageId), ownerId: key.ownerId })

  const list = (ownerId: string, query: ListConversationsQuery): Promise<ConversationListResponse> =>
    listPage(database.queries, ownerId, query, rulesOf)

  /** The owner has seen that an administrator read it at `at`. Throws `NOT_FOUND`. */
  async function dismissReadNotice(key: OwnedId, at: number): Promise<void> {
    await database.writeFor(key.ownerId, 'power', async queries => {
      if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
      await forgetRead(queries, { ...key, at })
    })
  }

  return { list, create, read, changeAndRead, update, fork, dismissReadNotice }
}

/** What a transaction sees of a conversation. Its messages up to `last` never change, so they can be read later. */
interface State {
  row: ConversationRow
  rules: RetentionRules
  active: RunRow | undefined
  last: number
}

/** Throws `NOT_FOUND`. */
async function findState(queries: Queries, key: OwnedId, rulesOf: RulesOf): Promise<State> {
  const row = await findConversation(queries, key)
  if (!row) throw new RiachoError('NOT_FOUND')
  return {
    row,
    rules: await rulesOf(queries, key.ownerId),
    active: await findActiveRun(queries, key.id),
    last: await lastNumber(queries),
  }
}
