import { RiachoError } from '../../protocol/errors.ts'
import type {
  CreateConversationRequest,
  ForkRequest,
  ListConversationsQuery,
  UpdateConversationRequest,
} from '../../protocol/requests.ts'
import type { ConversationListResponse, ConversationResponse } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import { findConversation, insertConversation, toConversation } from '../database/conversations.ts'
import { listMessages, toMessage } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import { listRuns } from '../database/runs.ts'
import type { RunService } from '../runs/runService.ts'
import { changeConversation } from './changeConversation.ts'
import { forkBranch } from './forkBranch.ts'
import { listPage } from './listPage.ts'
import { newConversation } from './newConversation.ts'
import type { OwnedId } from './ownedId.ts'

export interface ConversationServiceOptions {
  database: Database
  runs: Pick<RunService, 'readActiveRun'>
  /** The first one is the default. */
  assistants: readonly Assistant[]
  clock: Clock
  createId: () => string
}

export type ConversationService = ReturnType<typeof createConversationService>

/** The operations on whole conversations. Anything of another owner is `NOT_FOUND`. */
export function createConversationService(options: ConversationServiceOptions) {
  const { database, runs, assistants, clock, createId } = options

  function list(ownerId: string, query: ListConversationsQuery): Promise<ConversationListResponse> {
    return listPage(database.queries, ownerId, query)
  }

  async function create(
    ownerId: string,
    { assistant, title = '' }: CreateConversationRequest,
  ): Promise<ConversationResponse> {
    const row = newConversation({ id: createId(), ownerId, assistant, title, now: clock.now() }, assistants)
    await database.write('power', queries => insertConversation(queries, row))
    return { conversation: toConversation(row), messages: [], activeRun: null }
  }

  async function read(key: OwnedId): Promise<ConversationResponse> {
    const { conversation, messages, runRows } = await database.queries
      .transaction()
      .execute(async queries => {
        const conversation = await findConversation(queries, key)
        if (!conversation) throw new RiachoError('NOT_FOUND')
        const messages = await listMessages(queries, key.id)
        return { conversation, messages, runRows: await listRuns(queries, key.id) }
      })
    const byId = new Map(runRows.map(run => [run.id, run]))
    const active = runRows.find(run => run.status === 'active')
    return {
      conversation: toConversation(conversation),
      messages: messages.map(row => toMessage(row, row.run_id === null ? undefined : byId.get(row.run_id))),
      activeRun: active ? await runs.readActiveRun({ id: active.id, ownerId: key.ownerId }) : null,
    }
  }

  async function update(key: OwnedId, request: UpdateConversationRequest): Promise<ConversationResponse> {
    await database.write('power', queries => changeConversation(queries, key, request))
    return read(key)
  }

  /** Makes a new conversation that begins with a copy of the branch down to `messageId`. */
  async function fork(key: OwnedId, { messageId }: ForkRequest): Promise<ConversationResponse> {
    const id = await database.write('power', queries =>
      forkBranch(queries, { ...key, messageId, now: clock.now(), createId }),
    )
    return read({ id, ownerId: key.ownerId })
  }

  return { list, create, read, update, fork }
}
