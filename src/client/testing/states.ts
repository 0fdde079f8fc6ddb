import { composeParts } from '../../protocol/parts.ts'
import type { Conversation, ConversationResponse, Message } from '../../protocol/responses.ts'
import { createOpenConversation, type OpenConversation } from '../chat/chatState.ts'

export const NOW = 1_700_000_000_000
export const OUTGOING = {
  clientMessageId: 'k1',
  content: 'oi',
  attachments: [],
  editOf: null,
  wasQueued: false,
  createdAt: NOW,
  waiting: false,
  stopRequested: false,
}

/** A conversation as it is opened, with changes. */
export function fresh(changes: Partial<OpenConversation> = {}): OpenConversation {
  return { ...createOpenConversation({ key: 'k', id: null }), ...changes }
}

/** A message that says its id. */
export function textMessage(id: string, parentId: string | null, role: 'USER' | 'ASSISTANT'): Message {
  const base = { id, parts: composeParts({ content: id }), createdAt: NOW }
  if (role === 'USER') return { ...base, role, parentId, clientMessageId: null }
  return {
    ...base,
    role,
    parentId: parentId ?? '',
    runId: `run-of-${id}`,
    status: 'completed',
    model: 'model',
    code: null,
    retryable: false,
    retryAfter: null,
    usage: null,
    timing: null,
    cost: null,
    historyFrom: null,
    documents: null,
    feedback: null,
  }
}

/** A conversation as the server tells it, with these messages. */
export function response(messages: Message[], changes: Partial<Conversation> = {}): ConversationResponse {
  const conversation: Conversation = {
    id: 'c1',
    title: 'Título',
    status: 'OPEN',
    archived: false,
    pinned: false,
    titleStatus: 'final',
    assistant: 'guide',
    headMessageId: messages.at(-1)?.id ?? null,
    createdAt: NOW,
    updatedAt: NOW,
    temporary: false,
    expiresAt: null,
    readByAdminAt: null,
    ...changes,
  }
  return { conversation, messages, activeRun: null }
}
