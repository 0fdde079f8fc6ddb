import type { Attachment, Part } from '../protocol/parts.ts'
import type { AssistantResponse, Conversation, Message } from '../protocol/responses.ts'
import type { Failure } from './api.ts'
import { branchOf, runOnScreen } from './chat/branches/branch.ts'
import { type ChatState, currentOf, type OpenStatus, type Upload, uploadsFor } from './chat/chatState.ts'

/** What an app needs to draw a chat. A snapshot never changes; a newer one may share objects with it. */
export interface ChatSnapshot {
  /** `null` for a new conversation, until its first message is stored. */
  conversationId: string | null
  /** `new`: nothing is stored. `loading`, `not-found` and `failed` are about reading it from the server. */
  status: OpenStatus
  conversation: Conversation | null
  /** The branch that is read, oldest first: stored messages, without the reply being written. */
  messages: readonly Message[]
  /** A sent message that the server has not confirmed yet. `isWaiting`: it cannot be reached, and the client tries again. */
  outgoing: { content: string; attachments: readonly Attachment[]; isWaiting: boolean } | null
  /** The reply being written. `runId` is `null` until it has begun; without a connection the run itself goes on. */
  reply: { runId: string | null; parts: readonly Part[]; isConnected: boolean; isStopping: boolean } | null
  draft: string
  attachments: readonly Attachment[]
  /**
   * Files on their way to the server, and those that were refused. `send` does nothing while one is on its way. A message goes
   * without those that were refused, and they are forgotten.
   */
  uploads: readonly Upload[]
  /** Messages that go out, in this order, once the reply is complete. */
  queue: readonly { clientMessageId: string; content: string }[]
  /** The list of conversations, the most recent first. */
  conversations: readonly Conversation[]
  hasMoreConversations: boolean
  /** `null` until they are read. */
  assistants: readonly AssistantResponse[] | null
  /** Why the last thing that was asked for did not happen. */
  failure: Failure | null
  isOnline: boolean
}

/** Makes a function that gives the snapshot of the present state, and the same object while the state is the same. */
export function createSnapshots(getState: () => ChatState): () => ChatSnapshot {
  let state = getState()
  let snapshot = snapshotOf(state)
  return () => {
    const next = getState()
    if (next !== state) snapshot = snapshotOf(next)
    state = next
    return snapshot
  }
}

function snapshotOf(state: ChatState): ChatSnapshot {
  const open = currentOf(state)
  const { outgoing } = open
  const run = runOnScreen(open)
  return {
    conversationId: open.id,
    status: open.status,
    conversation: open.conversation,
    messages: branchOf(open),
    outgoing: outgoing && {
      content: outgoing.content,
      attachments: outgoing.attachments,
      isWaiting: outgoing.waiting,
    },
    reply: run && {
      runId: run.start?.runId ?? null,
      parts: run.parts,
      isConnected: run.connected,
      isStopping: run.stopRequested,
    },
    draft: open.draft,
    attachments: open.attachments,
    uploads: uploadsFor(state, open),
    queue: open.queue,
    conversations: state.list.conversations,
    hasMoreConversations: state.list.nextCursor !== null,
    assistants: state.assistants,
    failure: state.notice,
    isOnline: state.online,
  }
}
