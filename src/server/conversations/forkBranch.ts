import { RiachoError } from '../../protocol/errors.ts'
import { findConversation, insertConversation } from '../database/conversations.ts'
import { insertMessage, listBranch } from '../database/messages.ts'
import { type EndedRunRow, hasEnded, insertEndedRun, listRuns } from '../database/runs.ts'
import type { ConversationRow, MessageRow, Queries } from '../database/schema.ts'
import type { OwnedId } from './ownedId.ts'

/**
 * Stores a conversation that begins with copies of the messages down to `messageId`, and of the runs that wrote them.
 * Resolves with its id. Throws `NOT_FOUND`.
 */
export async function forkBranch(
  queries: Queries,
  { messageId, now, createId, ...key }: OwnedId & { messageId: string; now: number; createId: () => string },
): Promise<string> {
  const original = await findConversation(queries, key)
  if (!original) throw new RiachoError('NOT_FOUND')
  const branch = await listBranch(queries, { conversationId: key.id, messageId })
  if (branch.length === 0) throw new RiachoError('NOT_FOUND')
  const runs = (await listRuns(queries, key.id)).filter(hasEnded)
  const copy = copyBranch({ original, branch, runs, now, createId })
  await insertConversation(queries, copy.conversation)
  for (const run of copy.runs) await insertEndedRun(queries, run)
  for (const message of copy.messages) await insertMessage(queries, message)
  return copy.conversation.id
}

interface CopyOptions {
  original: ConversationRow
  /** From the root down. */
  branch: readonly MessageRow[]
  /** Runs of the original. */
  runs: readonly EndedRunRow[]
  now: number
  createId: () => string
}

interface Copy {
  conversation: ConversationRow
  messages: MessageRow[]
  runs: EndedRunRow[]
}

/**
 * Copies the messages of `branch` into a new conversation, under new ids. Each reply gets a copy of the run that wrote
 * it, so the copy reads as the original does. Feedback and the ids that clients gave are not copied.
 */
function copyBranch({ original, branch, runs, now, createId }: CopyOptions): Copy {
  const conversationId = createId()
  const runOf = new Map(runs.map(run => [run.message_id, run]))
  const messages: MessageRow[] = []
  const copiedRuns: EndedRunRow[] = []
  const copyOf = new Map<string | null, string>()
  let parentId: string | null = null
  for (const { id: originalId, owner_id, role, parts, created_at } of branch) {
    const id = createId()
    copyOf.set(originalId, id)
    const run = runOf.get(originalId)
    const runId = run ? createId() : null
    if (run && runId && parentId) {
      copiedRuns.push({
        ...run,
        id: runId,
        conversation_id: conversationId,
        user_message_id: parentId,
        message_id: id,
        history_from: copyOf.get(run.history_from) ?? null,
        client_run_id: null,
        continued_message_id: null,
        checkpoint: null,
      })
    }
    messages.push({
      id,
      conversation_id: conversationId,
      owner_id,
      parent_id: parentId,
      role,
      parts,
      client_message_id: null,
      request_hash: null,
      run_id: runId,
      created_at,
      feedback: null,
    })
    parentId = id
  }
  const conversation: ConversationRow = {
    ...original,
    id: conversationId,
    status: 'OPEN',
    archived: 0,
    pinned: 0,
    title_final: 1,
    head_message_id: parentId,
    created_at: now,
    updated_at: now,
  }
  return { conversation, messages, runs: copiedRuns }
}
