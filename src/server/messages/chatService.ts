import { createHash } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import type { Part, RunStart } from '../../protocol/events.ts'
import type { CreateRunRequest, SendRequest } from '../../protocol/requests.ts'
import type { StopResponse } from '../../protocol/responses.ts'
import type { Caller } from '../access/caller.ts'
import { within } from '../clock.ts'
import { findConversation, insertConversation } from '../database/conversations.ts'
import { claimClientMessageId, findMessage, insertMessage, partsOf } from '../database/messages.ts'
import {
  claimClientRunId,
  findActiveRun,
  findFirstRun,
  findRun,
  toRunEnd,
  toRunStart,
} from '../database/runs.ts'
import type { ConversationRow, MessageRow, Queries, RunRow } from '../database/schema.ts'
import type { LogStore } from '../log/logStore.ts'
import { followLog, type Reader, replayRun, type Subscription } from '../log/subscribe.ts'
import { firstWordsOf } from '../titles/cleanTitle.ts'
import { type AcceptanceOptions, createAcceptance } from './startRun.ts'

export interface ChatServiceOptions extends AcceptanceOptions {
  store: LogStore
  /** Whether the title of a conversation begins as its first words, to be replaced by a better one. */
  makesTitles: boolean
}

/** How long `stop` waits for the end, in milliseconds. */
const STOP_WAIT = 2000

/** What an owner can do with messages and runs. Everything that is another owner's answers `NOT_FOUND`. */
export function createChatService(options: ChatServiceOptions) {
  const { database, store, runs, assistants, clock, createId, makesTitles } = options
  const accept = createAcceptance(options)

  /**
   * Stores a user message and starts a run for it; a repeated `clientMessageId` gives the first one's run.
   * Resolves once both survive a power loss. Throws `NOT_FOUND`, `CONVERSATION_CLOSED`, `RUN_ACTIVE`,
   * `IDEMPOTENCY_MISMATCH`, `INVALID_REQUEST` (unknown assistant), `STORAGE_UNAVAILABLE`.
   */
  async function send(caller: Caller, request: SendRequest): Promise<{ runId: string }> {
    return accept(caller, async (queries, prepare) => {
      const { ownerId } = caller
      const { clientMessageId } = request
      const requestHash = hashOf(request)
      if (clientMessageId) {
        const known = await claimClientMessageId(queries, { clientMessageId, ownerId })
        if (known) return repeatedSend(queries, known, requestHash)
      }
      const now = clock.now()
      const conversation = request.conversationId
        ? await requireOpen(queries, { id: request.conversationId, ownerId })
        : begunBy(request, { ownerId, now })
      const { parentId = conversation.head_message_id } = request
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
        parts: JSON.stringify(partsOfRequest(request)),
        client_message_id: clientMessageId ?? null,
        request_hash: clientMessageId ? requestHash : null,
        run_id: null,
        created_at: now,
        feedback: null,
      }
      await insertMessage(queries, message)
      return prepare({ conversation, message })
    })
  }

  /**
   * Starts another run for a stored user message, from the beginning or going on from a reply that broke off; a repeated
   * `clientRunId` gives the first one's. Throws as `send`, and `INVALID_REQUEST` for a reply that did not break off.
   */
  async function createRun(caller: Caller, request: CreateRunRequest): Promise<{ runId: string }> {
    return accept(caller, async (queries, prepare) => {
      const { ownerId } = caller
      const { clientRunId, userMessageId, continueMessageId } = request
      if (clientRunId) {
        const known = await claimClientRunId(queries, { clientRunId, ownerId })
        if (known) return repeatedRun(known, request)
      }
      const message = await findMessage(queries, { id: userMessageId, ownerId })
      if (message?.role !== 'USER') throw new RiachoError('NOT_FOUND')
      const conversation = await requireOpen(queries, { id: message.conversation_id, ownerId })
      await requireIdle(queries, conversation.id)
      const continued = continueMessageId
        ? await brokenReply(queries, { id: continueMessageId, ownerId, userMessageId })
        : undefined
      return prepare({ conversation, message, clientRunId, continued })
    })
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
    const ended = runs.stop(runId)
    if (log && ended) {
      await within(STOP_WAIT, clock, ended)
      return { status: log.end?.status ?? 'active', lastSeq: log.lastSeq }
    }
    const row = await findRun(database.queries, { id: runId, ownerId: caller.ownerId })
    if (!row) throw new RiachoError('NOT_FOUND')
    return { status: row.status, lastSeq: row.last_seq }
  }

  function begunBy(
    { assistant, content, attachments }: SendRequest,
    { ownerId, now }: { ownerId: string; now: number },
  ): ConversationRow {
    const title = firstWordsOf(content) || firstWordsOf(attachments?.[0]?.name ?? '')
    const row = newConversation({ ownerId, assistant, title, now })
    return { ...row, title_final: makesTitles ? 0 : 1 }
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
      pinned: 0,
      title_final: 1,
      deleted_at: null,
      assistant,
      head_message_id: null,
      created_at: now,
      updated_at: now,
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

function repeatedRun(run: RunRow, request: CreateRunRequest): { runId: string } {
  const { userMessageId, continueMessageId } = request
  if (run.user_message_id !== userMessageId || run.continued_message_id !== (continueMessageId ?? null)) {
    throw new RiachoError('IDEMPOTENCY_MISMATCH')
  }
  return { runId: run.id }
}

/** The reply to go on from, and where it broke off as its last part. */
async function brokenReply(
  queries: Queries,
  { id, ownerId, userMessageId }: { id: string; ownerId: string; userMessageId: string },
): Promise<{ messageId: string; parts: Part[] }> {
  const message = await findMessage(queries, { id, ownerId })
  if (!message?.run_id || message.parent_id !== userMessageId) throw new RiachoError('NOT_FOUND')
  const run = await findRun(queries, { id: message.run_id, ownerId })
  if (!run) throw new RiachoError('NOT_FOUND')
  const { status, code = null } = toRunEnd(run)
  if (status === 'completed') {
    throw new RiachoError('INVALID_REQUEST', 'reply is complete', {
      issues: ['continueMessageId: is complete'],
    })
  }
  const parts = partsOf(message)
  return { messageId: id, parts: parts.length === 0 ? [] : [...parts, { type: 'break', status, code }] }
}

function toEndedRun(run: RunRow, message: MessageRow) {
  const start: RunStart = toRunStart(run)
  return { start, parts: partsOf(message), end: toRunEnd(run), lastSeq: run.last_seq }
}

/** The message that a request makes: its text, unless that is blank, and its attachments. */
function partsOfRequest({ content, attachments = [] }: SendRequest): Part[] {
  const files = attachments.map(({ name, text }): Part => ({ type: 'file', name, text }))
  return content.trim() === '' ? files : [{ type: 'text', text: content }, ...files]
}

function hashOf({ conversationId, parentId, assistant, content, attachments }: SendRequest): string {
  const fields: unknown[] = [conversationId, parentId === null ? 'root' : parentId, assistant, content]
  if (attachments) fields.push(attachments.map(({ name, text }) => [name, text]))
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64url')
}
