import { createHash } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import { type RunStart, textOf } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { CreateRunRequest, SendRequest } from '../../protocol/requests.ts'
import type { StopResponse } from '../../protocol/responses.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import { findConversation, insertConversation, updateConversation } from '../database/conversations.ts'
import {
  findMessage,
  findMessageByClientId,
  insertMessage,
  listBranch,
  partsOf,
} from '../database/messages.ts'
import type { Database } from '../database/open.ts'
import {
  findActiveRun,
  findFirstRun,
  findRun,
  findRunByClientId,
  insertRun,
  toRunEnd,
  toRunStart,
} from '../database/runs.ts'
import type { ConversationRow, MessageRow, Queries, RunRow } from '../database/schema.ts'
import { insertFirstSegment } from '../database/segments.ts'
import type { ProviderMessage } from '../generation/provider.ts'
import type { PreparedRun, Runs } from '../generation/runs.ts'
import { startFrame } from '../log/eventLog.ts'
import type { LogStore } from '../log/logStore.ts'
import { followLog, type Reader, replayRun, type Subscription } from '../log/subscribe.ts'

export interface ChatServiceOptions {
  database: Database
  store: LogStore
  runs: Runs
  /** The first one is the default. */
  assistants: readonly Assistant[]
  clock: Clock
  createId: () => string
}

/** Who asks, and in which language. */
export interface Caller {
  ownerId: string
  locale: Locale
}

/** How long `stop` waits for the end, in milliseconds. */
const STOP_WAIT = 2000
const TITLE_LENGTH = 60

export type ChatService = ReturnType<typeof createChatService>

/** What an owner can do with messages and runs. Everything that is another owner's answers `NOT_FOUND`. */
export function createChatService(options: ChatServiceOptions) {
  const { database, store, runs, assistants, clock, createId } = options

  /**
   * Stores a user message and starts a run for it; a repeated `clientMessageId` gives the first one's run.
   * Resolves once both survive a power loss. Throws `NOT_FOUND`, `CONVERSATION_CLOSED`, `RUN_ACTIVE`,
   * `IDEMPOTENCY_MISMATCH`, `INVALID_REQUEST` (unknown assistant), `STORAGE_UNAVAILABLE`.
   */
  async function send(caller: Caller, request: SendRequest): Promise<{ runId: string }> {
    return accept(caller, async (queries, prepare) => {
      const { ownerId } = caller
      const { clientMessageId, content } = request
      const requestHash = hashOf(request)
      if (clientMessageId) {
        const known = await findMessageByClientId(queries, { clientMessageId, ownerId })
        if (known) return repeatedSend(queries, known, requestHash)
      }
      const now = clock.now()
      const conversation = request.conversationId
        ? await requireOpen(queries, { id: request.conversationId, ownerId })
        : newConversation({ ownerId, assistant: request.assistant, title: titleOf(content), now })
      const parentId = request.parentId ?? conversation.head_message_id
      if (request.conversationId) {
        await requireIdle(queries, conversation.id)
        if (request.parentId) await requireMessage(queries, { id: request.parentId, ownerId, conversation })
      } else {
        if (request.parentId) throw new RiachoError('NOT_FOUND')
        await insertConversation(queries, conversation)
      }
      const message: MessageRow = {
        id: createId(),
        conversation_id: conversation.id,
        owner_id: ownerId,
        parent_id: parentId,
        role: 'USER',
        parts: JSON.stringify([{ type: 'text', text: content }]),
        client_message_id: clientMessageId ?? null,
        request_hash: clientMessageId ? requestHash : null,
        run_id: null,
        created_at: now,
      }
      await insertMessage(queries, message)
      return prepare({ conversation, message, clientRunId: null })
    })
  }

  /** Starts another run for a stored user message; a repeated `clientRunId` gives the first one's. Throws as `send`. */
  async function createRun(caller: Caller, request: CreateRunRequest): Promise<{ runId: string }> {
    return accept(caller, async (queries, prepare) => {
      const { ownerId } = caller
      const { clientRunId, userMessageId } = request
      if (clientRunId) {
        const known = await findRunByClientId(queries, { clientRunId, ownerId })
        if (known && known.user_message_id !== userMessageId) throw new RiachoError('IDEMPOTENCY_MISMATCH')
        if (known) return { runId: known.id }
      }
      const message = await findMessage(queries, { id: userMessageId, ownerId })
      if (message?.role !== 'USER') throw new RiachoError('NOT_FOUND')
      const conversation = await requireOpen(queries, { id: message.conversation_id, ownerId })
      await requireIdle(queries, conversation.id)
      return prepare({ conversation, message, clientRunId: clientRunId ?? null })
    })
  }

  interface Acceptance {
    conversation: ConversationRow
    message: MessageRow
    clientRunId: string | null
  }

  type Prepare = (acceptance: Acceptance) => Promise<{ runId: string }>

  /** Stores what `work` decides, and starts the run it prepared, if any, once that is stored. */
  async function accept(
    caller: Caller,
    work: (queries: Queries, prepare: Prepare) => Promise<{ runId: string }>,
  ): Promise<{ runId: string }> {
    let prepared: { run: PreparedRun; assistant: Assistant; history: ProviderMessage[] } | undefined
    try {
      const accepted = await database.write('power', queries =>
        work(queries, async acceptance => {
          const { conversation, message } = acceptance
          const assistant = assistantOf(conversation)
          const row = newRun(acceptance, assistant)
          await insertRun(queries, row)
          const start = toRunStart(row)
          await insertFirstSegment(queries, { runId: row.id, frames: startFrame(start) })
          const head = { head_message_id: message.id, updated_at: row.started_at }
          await updateConversation(queries, { id: conversation.id, change: head })
          const branch = await listBranch(queries, { conversationId: conversation.id, messageId: message.id })
          prepared = {
            run: runs.prepare({ ownerId: caller.ownerId, start }),
            assistant,
            history: historyOf(branch),
          }
          return { runId: row.id }
        }),
      )
      if (prepared) {
        const { model, instructions, temperature, effort } = prepared.assistant
        const { history } = prepared
        prepared.run.start({ model, instructions, history, locale: caller.locale, temperature, effort })
      }
      return accepted
    } catch (error) {
      prepared?.run.discard()
      throw error
    }
  }

  /** Follows a run after event `after`. Resolves once the reader has what was stored; live events come after that. */
  async function subscribe(
    caller: Pick<Caller, 'ownerId'>,
    { runId, after }: { runId: string; after: number },
    reader: Reader,
  ): Promise<Subscription | undefined> {
    const log = runs.log(runId)
    if (log) {
      if (log.ownerId !== caller.ownerId) throw new RiachoError('NOT_FOUND')
      return followLog(log, after, reader)
    }
    const run = await findRun(database.queries, { id: runId, ownerId: caller.ownerId })
    if (!run || run.status === 'active') throw new RiachoError('NOT_FOUND')
    const message = await findMessage(database.queries, { id: run.message_id, ownerId: caller.ownerId })
    if (!message) throw new RiachoError('NOT_FOUND')
    await replayRun({ store, run: toEndedRun(run, message) }, after, reader)
    return undefined
  }

  /** Stops a run and waits at most 2 s for its end to be stored. Idempotent. Throws `NOT_FOUND`. */
  async function stop(caller: Pick<Caller, 'ownerId'>, runId: string): Promise<StopResponse> {
    const log = runs.log(runId)
    if (log && log.ownerId !== caller.ownerId) throw new RiachoError('NOT_FOUND')
    const run = runs.get(runId)
    if (log && run) {
      const { promise: timeout, resolve } = Promise.withResolvers<void>()
      const timer = clock.schedule(resolve, STOP_WAIT)
      await Promise.race([run.stop(), timeout])
      clock.cancel(timer)
      return { status: log.end?.status ?? 'active', lastSeq: log.lastSeq }
    }
    const row = await findRun(database.queries, { id: runId, ownerId: caller.ownerId })
    if (!row) throw new RiachoError('NOT_FOUND')
    return { status: row.status, lastSeq: row.last_seq }
  }

  function assistantOf(conversation: ConversationRow): Assistant {
    const assistant = assistants.find(({ id }) => id === conversation.assistant) ?? assistants[0]
    if (!assistant) throw new Error('no assistant')
    return assistant
  }

  /** The row of a conversation that is not stored yet. Throws `INVALID_REQUEST` for an unknown assistant. */
  function newConversation(fields: {
    ownerId: string
    assistant: string | undefined
    title: string
    now: number
  }): ConversationRow {
    const { ownerId, title, now } = fields
    const assistant = fields.assistant ?? assistants[0]?.id ?? ''
    if (!assistants.some(({ id }) => id === assistant)) {
      throw new RiachoError('INVALID_REQUEST', 'unknown assistant', { issues: ['assistant: not known'] })
    }
    return {
      id: createId(),
      owner_id: ownerId,
      title,
      status: 'OPEN',
      archived: 0,
      assistant,
      head_message_id: null,
      created_at: now,
      updated_at: now,
    }
  }

  function newRun({ conversation, message, clientRunId }: Acceptance, assistant: Assistant): RunRow {
    return {
      id: createId(),
      conversation_id: conversation.id,
      owner_id: conversation.owner_id,
      user_message_id: message.id,
      message_id: createId(),
      client_run_id: clientRunId,
      status: 'active',
      model: assistant.model,
      assistant: assistant.id,
      code: null,
      retry_after: null,
      usage: null,
      last_seq: 0,
      started_at: clock.now(),
      ended_at: null,
    }
  }

  return { send, createRun, subscribe, stop, newConversation }
}

async function requireOpen(queries: Queries, key: { id: string; ownerId: string }): Promise<ConversationRow> {
  const conversation = await findConversation(queries, key)
  if (!conversation) throw new RiachoError('NOT_FOUND')
  if (conversation.status === 'CLOSED') throw new RiachoError('CONVERSATION_CLOSED')
  return conversation
}

async function requireIdle(queries: Queries, conversationId: string): Promise<void> {
  const run = await findActiveRun(queries, conversationId)
  if (run) throw new RiachoError('RUN_ACTIVE', 'a run is active', { runId: run.id })
}

async function requireMessage(
  queries: Queries,
  { id, ownerId, conversation }: { id: string; ownerId: string; conversation: ConversationRow },
): Promise<void> {
  const message = await findMessage(queries, { id, ownerId })
  if (message?.conversation_id !== conversation.id) throw new RiachoError('NOT_FOUND')
}

async function repeatedSend(
  queries: Queries,
  message: MessageRow,
  requestHash: string,
): Promise<{ runId: string }> {
  if (message.request_hash !== requestHash) throw new RiachoError('IDEMPOTENCY_MISMATCH')
  const run = await findFirstRun(queries, message.id)
  if (!run) throw new Error(`user message ${message.id} has no run`)
  return { runId: run.id }
}

function toEndedRun(run: RunRow, message: MessageRow) {
  const start: RunStart = toRunStart(run)
  return { start, parts: partsOf(message), end: toRunEnd(run), lastSeq: run.last_seq }
}

function hashOf({ clientMessageId: _, ...request }: SendRequest): string {
  const { conversationId, parentId, assistant, content } = request
  return createHash('sha256')
    .update(JSON.stringify([conversationId, parentId, assistant, content]))
    .digest('base64url')
}

/** What the provider is told of a branch: a reply that left no text says nothing. */
function historyOf(branch: readonly MessageRow[]): ProviderMessage[] {
  return branch.flatMap(row => {
    const text = textOf(partsOf(row))
    return text === '' ? [] : { role: row.role === 'USER' ? 'user' : 'assistant', text }
  })
}

/** The first words of a message, on one line. */
function titleOf(content: string): string {
  const line = content.replace(/\s+/g, ' ').trim()
  if (line.length <= TITLE_LENGTH) return line
  const cut = line.slice(0, TITLE_LENGTH)
  const lastSpace = cut.lastIndexOf(' ')
  return `${(lastSpace > TITLE_LENGTH / 2 ? cut.slice(0, lastSpace) : cut).replace(/[\uD800-\uDBFF]$/, '')}…`
}
