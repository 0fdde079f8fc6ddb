import type { ConversationRow, MessageRow, RunRow } from '../database/schema.ts'

export interface ForkOptions {
  original: ConversationRow
  /** From the root down. */
  branch: readonly MessageRow[]
  /** Of the original. */
  runs: readonly RunRow[]
  now: number
  createId: () => string
}

export interface Fork {
  conversation: ConversationRow
  messages: MessageRow[]
  runs: RunRow[]
}

/**
 * A conversation that begins with the messages of `branch`, under new ids. Each reply has a copy of the run that wrote
 * it, so that it reads as the original does; nobody's feedback, and no client's names, go with them.
 */
export function copyBranch({ original, branch, runs, now, createId }: ForkOptions): Fork {
  const conversationId = createId()
  const runOf = new Map(runs.map(run => [run.message_id, run]))
  const messages: MessageRow[] = []
  const copiedRuns: RunRow[] = []
  let parentId: string | null = null
  for (const { id: originalId, owner_id, role, parts, created_at } of branch) {
    const id = createId()
    const run = runOf.get(originalId)
    const runId = run ? createId() : null
    if (run && runId && parentId) {
      copiedRuns.push({
        ...run,
        id: runId,
        conversation_id: conversationId,
        user_message_id: parentId,
        message_id: id,
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
