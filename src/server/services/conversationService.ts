import { RiachoError } from '../../protocol/errors.ts'
import type {
  CreateConversationRequest,
  ListConversationsQuery,
  UpdateConversationRequest,
} from '../../protocol/requests.ts'
import type { ActiveRun, ConversationListResponse, ConversationResponse } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import {
  deleteConversation,
  findConversation,
  insertConversation,
  listConversations,
  toConversation,
  updateConversation,
} from '../database/conversations.ts'
import { listMessages, toMessage } from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import { findActiveRun, listRuns } from '../database/runs.ts'
import type { ConversationRow } from '../database/schema.ts'
import type { Runs } from '../generation/runs.ts'

export interface ConversationServiceOptions {
  database: Database
  runs: Runs
  clock: Clock
  newConversation: (fields: {
    ownerId: string
    assistant: string | undefined
    title: string
    now: number
  }) => ConversationRow
}

/** A run can end while its conversation is read; a second one cannot begin and end as fast. */
const MAX_READS = 3

interface Key {
  ownerId: string
  id: string
}

export type ConversationService = ReturnType<typeof createConversationService>

/** What an owner can do with whole conversations. Everything that is another owner's answers `NOT_FOUND`. */
export function createConversationService({
  database,
  runs,
  clock,
  newConversation,
}: ConversationServiceOptions) {
  /** Newest first. Throws `INVALID_REQUEST` for a cursor that is none of ours. */
  async function list(ownerId: string, query: ListConversationsQuery): Promise<ConversationListResponse> {
    const rows = await listConversations(database.queries, {
      ownerId,
      archived: query.archived,
      limit: query.limit,
      search: query.search,
      before: query.cursor === undefined ? undefined : decodeCursor(query.cursor),
    })
    const page = rows.slice(0, query.limit)
    const last = page.at(-1)
    return {
      conversations: page.map(toConversation),
      nextCursor: rows.length > query.limit && last ? encodeCursor(last) : null,
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

  async function update(key: Key, request: UpdateConversationRequest): Promise<ConversationResponse> {
    const { title, status, archived } = request
    await database.write('power', async queries => {
      if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
      const change = {
        ...(title !== undefined && { title }),
        ...(status !== undefined && { status }),
        ...(archived !== undefined && { archived: archived ? (1 as const) : (0 as const) }),
      }
      await updateConversation(queries, { id: key.id, change })
    })
    return read(key)
  }

  /** Stops what is being written in it, then deletes it with its messages, runs and events. */
  async function remove(key: Key): Promise<void> {
    for (;;) {
      const activeRunId = await database.write('power', async queries => {
        if (!(await findConversation(queries, key))) throw new RiachoError('NOT_FOUND')
        const active = await findActiveRun(queries, key.id)
        if (!active) await deleteConversation(queries, key.id)
        return active?.id
      })
      if (activeRunId === undefined) return
      await runs.get(activeRunId)?.stop()
    }
  }

  function toActiveRun(runId: string): ActiveRun | undefined {
    const log = runs.log(runId)
    if (!log || log.end) return undefined
    return { ...log.start, seq: log.lastSeq, parts: structuredClone(log.parts), startedAt: log.startedAt }
  }

  return { list, create, read, update, remove }
}

function encodeCursor({ updated_at, id }: ConversationRow): string {
  return Buffer.from(`${updated_at}:${id}`).toString('base64url')
}

function decodeCursor(cursor: string): { updatedAt: number; id: string } {
  const match = /^(\d{1,16}):([\da-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (!match)
    throw new RiachoError('INVALID_REQUEST', 'unknown cursor', { issues: ['cursor: not one of ours'] })
  return { updatedAt: Number(match[1]), id: match[2] ?? '' }
}
