import type { RunErrorCode } from '../protocol/errors.ts'
import {
  type EndStatus,
  foldEvent,
  type Part,
  type RunEnd,
  type RunStart,
  type StreamEvent,
} from '../protocol/events.ts'
import type { Diagnosis } from '../protocol/probe.ts'
import type {
  AssistantMessage,
  AssistantResponse,
  Conversation,
  ConversationResponse,
  Message,
  UserMessage,
} from '../protocol/responses.ts'
import type { Failure } from './api.ts'

/** A user message the server has not confirmed yet. */
export interface OutgoingMessage {
  clientMessageId: string
  content: string
  createdAt: number
  /** The server could not be reached; it will be tried again. */
  waiting: boolean
  stopRequested: boolean
}

/** The reply being written. Its ids are those of `run-start`; a retry waits for that event without them. */
export interface LiveRun {
  userMessageId: string
  start: RunStart | null
  parts: Part[]
  /** The provider failed before its first byte and is asked again at `at` (milliseconds since 1970). */
  retry: { at: number } | null
  /** Why nothing comes, while nothing does. */
  wait: RunErrorCode | null
  /** `false` while the connection is lost. The run itself goes on. */
  connected: boolean
  stopRequested: boolean
}

/** `loading`, `not-found` and `failed` speak of reading it from the server; `new` has nothing to read yet. */
export type OpenStatus = 'new' | 'loading' | 'ready' | 'not-found' | 'failed'

export interface OpenConversation {
  /** Names it in this tab, also before the server has given it an id. */
  key: string
  id: string | null
  status: OpenStatus
  conversation: Conversation | null
  messages: readonly Message[]
  outgoing: OutgoingMessage | null
  run: LiveRun | null
  /** How the last run that was followed here ended. */
  lastEnd: EndStatus | null
  /** The assistant chosen for a new conversation; `null` is the server's first one. */
  assistant: string | null
  draft: string
  /** A message that came back to the draft. Sent again unchanged it keeps its id, in case it was stored after all. */
  returned: { clientMessageId: string; content: string } | null
}

export interface ConversationList {
  status: 'loading' | 'ready' | 'failed'
  conversations: readonly Conversation[]
  nextCursor: string | null
}

export interface ChatState {
  list: ConversationList
  assistants: readonly AssistantResponse[] | null
  /** The one on the screen, and those left behind with a message that is still to be delivered. */
  opened: readonly OpenConversation[]
  currentKey: string
  /** Why the last thing asked for did not happen. */
  notice: Failure | null
  /** What on the way to the server holds replies back, once that was found out. */
  buffering: Diagnosis | null
  online: boolean
}

/** What a page shows before anything is known, on the server and in the browser alike. */
export function initialState(): ChatState {
  return {
    list: { status: 'loading', conversations: [], nextCursor: null },
    assistants: null,
    opened: [openConversation({ key: '', id: null, draft: '', status: 'loading' })],
    currentKey: '',
    notice: null,
    buffering: null,
    online: true,
  }
}

/** A conversation as it is opened: to be read when it has an `id`, else a new one. */
export function openConversation(
  options: Pick<OpenConversation, 'key' | 'id' | 'draft'> & { status?: OpenStatus },
): OpenConversation {
  return {
    status: options.id === null ? 'new' : 'loading',
    conversation: null,
    messages: [],
    outgoing: null,
    run: null,
    lastEnd: null,
    assistant: null,
    returned: null,
    ...options,
  }
}

/** The conversation on the screen. */
export function currentOf(state: ChatState): OpenConversation {
  const current = state.opened.find(open => open.key === state.currentKey)
  if (!current) throw new Error('client-1: no conversation is current')
  return current
}

/** A reply is being written, or asked for. */
export function isBusy(open: OpenConversation): boolean {
  return open.run !== null || open.outgoing !== null
}

/** The messages from the root to the one being read, oldest first. Siblings left by retries are not on it. */
export function branchOf(open: Pick<OpenConversation, 'conversation' | 'messages' | 'run'>): Message[] {
  const byId = new Map(open.messages.map(message => [message.id, message]))
  const branch: Message[] = []
  let id = open.run?.userMessageId ?? open.conversation?.headMessageId ?? null
  while (id !== null) {
    const message = byId.get(id)
    if (!message) break
    byId.delete(id)
    branch.push(message)
    id = message.parentId
  }
  return branch.reverse()
}

/**
 * The conversation as the server just told it. Messages already known keep their identity: they never change. One that
 * was going out, or had come back to the draft, and turns out to be stored is neither any more.
 */
export function withRead(open: OpenConversation, response: ConversationResponse): OpenConversation {
  const known = new Map(open.messages.map(message => [message.id, message]))
  const { activeRun, conversation, messages } = response
  const { outgoing, returned } = open
  const isStored = (id: string) =>
    messages.some(message => message.role === 'USER' && message.clientMessageId === id)
  const returnedIsStored = returned !== null && isStored(returned.clientMessageId)
  return {
    ...open,
    id: conversation.id,
    status: 'ready',
    conversation,
    messages: messages.map(message => known.get(message.id) ?? message),
    outgoing: outgoing && isStored(outgoing.clientMessageId) ? null : outgoing,
    returned: returnedIsStored ? null : returned,
    draft: returnedIsStored && open.draft === returned.content ? '' : open.draft,
    lastEnd: endOf(open.run, messages) ?? open.lastEnd,
    run: activeRun && {
      userMessageId: activeRun.userMessageId,
      start: activeRun,
      parts: activeRun.parts,
      retry: null,
      wait: null,
      connected: true,
      stopRequested: open.run?.start?.runId === activeRun.runId && open.run.stopRequested,
    },
  }
}

/** How the run that was followed ended, when the conversation already holds its reply. */
function endOf(run: LiveRun | null, messages: readonly Message[]): EndStatus | null {
  const reply = messages.find(({ id }) => id === run?.start?.messageId)
  return reply?.role === 'ASSISTANT' ? reply.status : null
}

/** The message that was going out, back in the draft: before whatever has been typed since. */
export function withReturned(open: OpenConversation): OpenConversation {
  if (!open.outgoing) return open
  const { clientMessageId, content } = open.outgoing
  return {
    ...open,
    outgoing: null,
    draft: joinText(content, open.draft),
    returned: { clientMessageId, content },
  }
}

/** Two texts as one; blank ones do not count. */
export function joinText(first: string, second: string): string {
  return [first, second].filter(text => text.trim() !== '').join('\n\n')
}

/** The conversation after `events` of the run it follows; `now` in milliseconds since 1970. */
export function applyEvents(
  open: OpenConversation,
  events: readonly StreamEvent[],
  now: number,
): OpenConversation {
  let next = open
  for (const event of events) next = applyEvent(next, event, now)
  return next
}

function applyEvent(open: OpenConversation, event: StreamEvent, now: number): OpenConversation {
  if (event.type === 'run-start') return startRun(open, event, now)
  if (event.type === 'snapshot') {
    const { type: _, parts, ...start } = event
    return withParts(startRun(open, { type: 'run-start', ...start }, now), structuredClone(parts))
  }
  if (!open.run) return open
  if (event.type === 'run-end') return endRun(open, event, now)
  if (event.type === 'run-retry')
    return { ...open, run: { ...open.run, retry: { at: now + event.seconds * 1000 }, wait: null } }
  if (event.type === 'run-wait') return { ...open, run: { ...open.run, wait: event.code } }
  const parts = open.run.parts.slice()
  const last = parts.at(-1)
  if (last) parts[parts.length - 1] = { ...last }
  foldEvent(parts, event)
  return withParts(open, parts)
}

function withParts(open: OpenConversation, parts: Part[]): OpenConversation {
  return open.run ? { ...open, run: { ...open.run, parts, retry: null, wait: null } } : open
}

function startRun(
  open: OpenConversation,
  event: StreamEvent & { type: 'run-start' },
  now: number,
): OpenConversation {
  const { type: _, ...start } = event
  const { outgoing } = open
  const conversation = open.conversation ?? provisionalConversation(start, now)
  const saved = outgoing && userMessageOf(outgoing, start, conversation.headMessageId)
  return {
    ...open,
    id: start.conversationId,
    status: 'ready',
    conversation: { ...conversation, headMessageId: start.userMessageId },
    messages: saved ? withMessage(open.messages, saved) : open.messages,
    outgoing: null,
    returned: null,
    lastEnd: null,
    run: {
      userMessageId: start.userMessageId,
      start,
      parts: [],
      retry: null,
      wait: null,
      connected: true,
      stopRequested: (outgoing ?? open.run)?.stopRequested ?? false,
    },
  }
}

function endRun(open: OpenConversation, end: RunEnd, now: number): OpenConversation {
  const { run, conversation } = open
  if (!run?.start || !conversation) return { ...open, run: null }
  const reply: AssistantMessage = {
    id: run.start.messageId,
    role: 'ASSISTANT',
    parentId: run.userMessageId,
    parts: run.parts,
    runId: run.start.runId,
    status: end.status,
    model: run.start.model,
    code: end.code ?? null,
    retryable: end.retryable ?? false,
    retryAfter: end.retryAfter ?? null,
    usage: end.usage ?? null,
    timing: end.timing ?? null,
    cost: end.cost ?? null,
    feedback: null,
    createdAt: now,
  }
  return {
    ...open,
    conversation: { ...conversation, headMessageId: reply.id },
    messages: withMessage(open.messages, reply),
    run: null,
    lastEnd: end.status,
  }
}

function userMessageOf(outgoing: OutgoingMessage, start: RunStart, parentId: string | null): UserMessage {
  const { clientMessageId, content, createdAt } = outgoing
  const parts: Part[] = [{ type: 'text', text: content }]
  return { id: start.userMessageId, role: 'USER', parentId, parts, clientMessageId, createdAt }
}

/** Stands in for a new conversation until the list, which knows its title, is read again. */
function provisionalConversation(start: RunStart, now: number): Conversation {
  return {
    id: start.conversationId,
    title: '',
    status: 'OPEN',
    archived: false,
    pinned: false,
    titleStatus: 'final',
    assistant: start.assistant,
    headMessageId: null,
    createdAt: now,
    updatedAt: now,
  }
}

function withMessage(messages: readonly Message[], message: Message): readonly Message[] {
  return [...messages.filter(({ id }) => id !== message.id), message]
}
