import { RiachoError } from '../../protocol/errors.ts'
import type {
  CreateConversationRequest,
  ForkRequest,
  ListConversationsQuery,
  UpdateConversationRequest,
} from '../../protocol/requests.ts'
import type { ActiveRun, ConversationListResponse, ConversationResponse } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import {
  type ConversationPage,
  findConversation,
  insertConversation,
  listConversations,
  toConversation,
  updateConversation,
} from '../database/conversations.ts'
import { findMessage, insertMessage, listBranch, listMessages, toMessage } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import { findActiveRun, insertRun, listRuns } from '../database/runs.ts'
import type { ConversationRow, Queries } from '../database/schema.ts'
import type { Runs } from '../generation/activeRuns.ts'
import { copyBranch } from './copyBranch.ts'
import { decodeCursor, encodeCursor } from './pageCursor.ts'

export interface ConversationServiceOptions {
  database: Database
  runs: Runs
  clock: Clock
  createId: () => string
  newConversation: (fields: {
    ownerId: string
    assistant: string | undefined
    title: string
    now: number
  }) => ConversationRow
}

/** A run can end while its conversation is read; a second one cannot begin and end as fast. */
const MAX_READS = 3

/** A conversation, and who asks for it. */
export interface Key {
  ownerId: string
  id: string
}

/** `pinned`, `updated_at` and id of the last row of a page. */
const CURSOR = /^([01]):(\d{1,16}):([\da-f-]{36})$/

export type ConversationService = ReturnType<typeof createConversationService>

/** What an owner can do with whole conversations. Everything that is another owner's answers `NOT_FOUND`. */
export function createConversationService({
  database,
  runs,
  clock,
  createId,
  newConversation,
}: ConversationServiceOptions) {
  /** Pinned ones first, then newest. Throws `INVALID_REQUEST` for a cursor that is none of ours. */
  async function list(ownerId: string, query: ListConversationsQuery): Promise<ConversationListResponse> {
    const rows = await listConversations(database.queries, {
      ownerId,
      archived: query.archived,
      limit: query.limit,
      search: query.search,
      before: query.cursor === undefined ? undefined : placeOf(query.cursor),
    })
    const page = rows.slice(0, query.limit)
    const last = page.at(-1)
    return {
      conversations: page.map(toConversation),
      nextCursor: rows.length > query.limit && last ? cursorOf(last) : null,
    }
  }

  async function create(ownerId: string, request: CreateConversationRequest): Promise<ConversationResponse> {
    const { assistant, title = '' } = request
    const row = newConversation({ ownerId, assistant, title, now: clock.now() })
    await database.write('power', queries => insertConversation(queries, row))
    return { conversation: toConversation(row), messages: [], activeRun: null }
  }

  async function read(key: Key): Promise<ConversationResponse> {
    for (let tries = 0; tries < MAX_READS; tries++) {
      const { conversation, messages, runRows } = await database.queries
        .transaction()
        .execute(async queries => {
          const conversation = await findConversation(queries, key)
          if (!conversation) throw new RiachoError('NOT_FOUND')
          return {
            conversation,
            messages: await listMessages(queries, key.id),
            runRows: new Map((await listRuns(queries, key.id)).map(run => [run.id, run])),
          }
        })
      const active = [...runRows.values()].find(run => run.status === 'active')
      const activeRun = active && toActiveRun(active.id)
      // The run ended between the transaction and this line: its message is stored now, so read once more.
      if (active && !activeRun) continue
      return {
        conversation: toConversation(conversation),
        messages: messages.map(row =>
          toMessage(row, row.run_id === null ? undefined : runRows.get(row.run_id)),
        ),
        activeRun: activeRun ?? null,
      }
    }
    throw new Error(`conversation ${key.id} has an active run that nothing writes`)
  }

  /** Throws `NOT_FOUND` for a head of another conversation too, and `RUN_ACTIVE` for a head while a run is active. */
  async function update(key: Key, request: UpdateConversationRequest): Promise<ConversationResponse> {
    const { title, status, archived, pinned, headMessageId } = request
    await database.write('power', async queries => {
      if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
      if (headMessageId !== undefined) await requireHead(queries, { ...key, headMessageId })
      const change = {
        ...(title !== undefined && { title, title_final: 1 as const }),
        ...(status !== undefined && { status }),
        ...(archived !== undefined && { archived: toBit(archived) }),
        ...(pinned !== undefined && { pinned: toBit(pinned) }),
        ...(headMessageId !== undefined && { head_message_id: headMessageId }),
      }
      await updateConversation(queries, { id: key.id, change })
    })
    return read(key)
  }

  /** A new conversation that begins with copies of the messages down to `messageId`, and of the runs that wrote them. */
  async function fork(key: Key, { messageId }: ForkRequest): Promise<ConversationResponse> {
    const id = await database.write('power', async queries => {
      const original = await findConversation(queries, key)
      if (!original) throw new RiachoError('NOT_FOUND')
      const branch = await listBranch(queries, { conversationId: key.id, messageId })
      if (branch.length === 0) throw new RiachoError('NOT_FOUND')
      const copy = copyBranch({
        original,
        branch,
        runs: await listRuns(queries, key.id),
        now: clock.now(),
        createId,
      })
      await insertConversation(queries, copy.conversation)
      for (const run of copy.runs) await insertRun(queries, run)
      for (const message of copy.messages) await insertMessage(queries, message)
      return copy.conversation.id
    })
    return read({ id, ownerId: key.ownerId })
  }

  function toActiveRun(runId: string): ActiveRun | undefined {
    const log = runs.log(runId)
    if (!log || log.end) return undefined
    return { ...log.start, seq: log.lastSeq, parts: structuredClone(log.parts), startedAt: log.startedAt }
  }

  return { list, create, read, update, fork }
}

async function requireHead(
  queries: Queries,
  { id, ownerId, headMessageId }: Key & { headMessageId: string },
): Promise<void> {
  const active = await findActiveRun(queries, id)
  if (active) throw new RiachoError('RUN_ACTIVE', 'a run is active', { runId: active.id })
  const message = await findMessage(queries, { id: headMessageId, ownerId })
  if (message?.conversation_id !== id) throw new RiachoError('NOT_FOUND')
}

function toBit(value: boolean): 0 | 1 {
  return value ? 1 : 0
}

function cursorOf({ pinned, updated_at, id }: ConversationRow): string {
  return encodeCursor([pinned, updated_at, id])
}

function placeOf(cursor: string): ConversationPage['before'] {
  const [pinned, updatedAt, id = ''] = decodeCursor(cursor, CURSOR)
  return { pinned: pinned === '1' ? 1 : 0, updatedAt: Number(updatedAt), id }
}
