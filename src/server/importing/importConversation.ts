import { RiachoError } from '../../protocol/errors.ts'
import type { StoredPart } from '../../protocol/parts.ts'
import type { Clock } from '../clock.ts'
import { slicesOf, WRITE } from '../conversations/messageSlices.ts'
import type { RequireRoom } from '../conversations/requireRoom.ts'
import { giveUpCopies, insertHidden, isUnfinished, showCopy } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { insertImport, isImported } from '../database/imports.ts'
import { insertMessage } from '../database/messages.ts'
import { insertEndedRun } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'
import { type ArrangedMessage, arrangeMessages } from './arrangeMessages.ts'
import { titleFor } from './cleanText.ts'
import type { Drop, ImportedConversation } from './importedConversation.ts'

export interface ImportOptions {
  database: Database
  requireRoom: RequireRoom
  clock: Clock
  createId: () => string
  /** Of the imported conversations. */
  assistant: string
  /** The format, such as `chatgpt`. */
  source: string
  /** The model of replies whose source names none. */
  defaultModel: string
}

/** A conversation as it will be stored, for one that is only looked at too. */
export interface PreparedConversation {
  title: string
  createdAt: number
  updatedAt: number
  headId: string | null
  messages: ArrangedMessage[]
}

/** Arranges a conversation of a source. Times that are missing or in the future become the nearest known one. */
export function prepareConversation(
  { title, messages, headId, createdAt, updatedAt }: ImportedConversation,
  { now, drop }: { now: number; drop: Drop },
): PreparedConversation {
  const known = (time: number | null) => (time !== null && time > 0 ? Math.min(time, now) : null)
  const times = messages.flatMap(message => known(message.createdAt) ?? [])
  const earliest = times.reduce((least, time) => Math.min(least, time), now)
  const began = known(createdAt) ?? earliest
  const timed = messages.map(message => ({ ...message, createdAt: known(message.createdAt) }))
  const arranged = arrangeMessages(timed, { fallbackTime: began, drop })
  const last = arranged.messages.at(-1)
  return {
    title: titleFor(title, arranged.messages),
    createdAt: began,
    updatedAt: Math.max(began, known(updatedAt) ?? last?.createdAt ?? began),
    headId: (headId === null ? null : arranged.idOf(headId)) ?? last?.id ?? null,
    messages: arranged.messages,
  }
}

/** `known`: it had been imported before. `empty`: it has no message to keep. */
export type ImportOutcome = 'added' | 'known' | 'empty'

export function createImporter(options: ImportOptions) {
  const { database, requireRoom, clock, createId, assistant, source } = options

  /**
   * Stores a conversation with its branches for `ownerId`. A long one is hidden until its last transaction, as a fork
   * is. Each reply gets the row of a run that has ended, without events, as a reply of a fork has. Throws
   * `QUOTA_EXCEEDED`, `NOT_FOUND` if the owner was erased, `STORAGE_UNAVAILABLE`. Then nothing of it is stored.
   */
  return async function importConversation(
    ownerId: string,
    conversation: ImportedConversation,
    drop: Drop,
  ): Promise<{ outcome: ImportOutcome; messages: number }> {
    const now = clock.now()
    const key = { ownerId, source, sourceId: conversation.id }
    if (await isImported(database.queries, key)) return { outcome: 'known', messages: 0 }
    const prepared = prepareConversation(conversation, { now, drop })
    if (prepared.messages.length === 0) return { outcome: 'empty', messages: 0 }
    const id = createId()
    const storing = new Storing({ ...options, id, ownerId })
    const keys = prepared.messages.map((message, number) => ({ number, size: storing.sizeOf(message) }))
    const textBytes = keys.reduce((sum, { size }) => sum + size, 0)
    const slices = [...slicesOf(keys, WRITE)]
    try {
      for (const [index, slice] of slices.entries()) {
        const isLast = index === slices.length - 1
        await database.writeFor(ownerId, 'process', async queries => {
          if (index === 0) {
            await requireRoom(queries, ownerId, { rows: keys.length + 1, textBytes })
            await insertHidden(queries, rowOf(conversation, prepared, { id, ownerId, assistant, now }))
          } else if (!(await isUnfinished(queries, id)))
            throw new RiachoError('NOT_FOUND', 'the owner was erased')
          for (const { number } of slice) await storing.add(queries, prepared.messages[number])
          if (!isLast) return
          await showCopy(queries, { id, headMessageId: storing.idOf(prepared.headId) })
          await insertImport(queries, {
            owner_id: ownerId,
            source,
            source_id: conversation.id,
            conversation_id: id,
            thread_id: conversation.threadId,
            imported_at: now,
          })
        })
      }
    } catch (error) {
      await database.write('process', queries => giveUpCopies(queries, { id }))
      throw error
    }
    return { outcome: 'added', messages: prepared.messages.length }
  }
}

function rowOf(
  { status, archived, pinned }: ImportedConversation,
  { title, createdAt, updatedAt }: PreparedConversation,
  { id, ownerId, assistant, now }: { id: string; ownerId: string; assistant: string; now: number },
) {
  return {
    id,
    owner_id: ownerId,
    title,
    status,
    archived: archived ? (1 as const) : (0 as const),
    pinned: pinned ? (1 as const) : (0 as const),
    title_final: 1 as const,
    deleted_at: null,
    assistant,
    head_message_id: null,
    created_at: createdAt,
    updated_at: updatedAt,
    touched_at: now,
  }
}

/** Stores the messages of one conversation, parents first, under new ids. */
class Storing {
  readonly #options: ImportOptions & { id: string; ownerId: string }
  readonly #ids = new Map<string, string>()

  constructor(options: ImportOptions & { id: string; ownerId: string }) {
    this.#options = options
  }

  /** Bytes of the parts as they are stored. */
  sizeOf(message: ArrangedMessage): number {
    return Buffer.byteLength(partsOf(message))
  }

  /** The new id of a message that was added. */
  idOf(sourceId: string | null): string | null {
    return sourceId === null ? null : (this.#ids.get(sourceId) ?? null)
  }

  async add(queries: Queries, message: ArrangedMessage | undefined): Promise<void> {
    if (!message) throw new Error('a slice names no message')
    const { id: conversationId, ownerId, createId } = this.#options
    const [id, parentId] = [createId(), this.idOf(message.parentId)]
    this.#ids.set(message.id, id)
    const runId = message.role === 'ASSISTANT' ? createId() : null
    if (runId !== null && parentId !== null) await this.#addRun(queries, message, { runId, id, parentId })
    await insertMessage(queries, {
      id,
      conversation_id: conversationId,
      owner_id: ownerId,
      parent_id: parentId,
      role: message.role,
      parts: partsOf(message),
      client_message_id: null,
      request_hash: null,
      run_id: runId,
      created_at: message.createdAt,
      feedback: null,
    })
  }

  async #addRun(
    queries: Queries,
    { parts, model, createdAt }: ArrangedMessage,
    { runId, id, parentId }: { runId: string; id: string; parentId: string },
  ): Promise<void> {
    const { id: conversationId, ownerId, assistant, defaultModel } = this.#options
    const hasText = parts.length > 0
    await insertEndedRun(queries, {
      id: runId,
      conversation_id: conversationId,
      owner_id: ownerId,
      user_message_id: parentId,
      message_id: id,
      client_run_id: null,
      continued_message_id: null,
      status: hasText ? 'completed' : 'interrupted',
      model: model || defaultModel,
      assistant,
      code: hasText ? null : 'REPLY_INTERRUPTED',
      retry_after: null,
      usage: null,
      timing: null,
      cost: null,
      history_from: null,
      documents: null,
      // A reader of the run gets a snapshot and the end.
      last_seq: 2,
      checkpoint: null,
      resumes: 0,
      started_at: createdAt,
      ended_at: createdAt,
    })
  }
}

function partsOf({ parts }: ArrangedMessage): string {
  const stored: StoredPart[] = parts.map((part, index) => ({ id: String(index + 1), ...part }))
  return JSON.stringify(stored)
}
