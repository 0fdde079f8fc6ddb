import {
  foldEvent,
  isContent,
  type RunEnd,
  type RunStart,
  type StreamEvent,
} from '../../../protocol/events.ts'
import { composeParts, type Part } from '../../../protocol/parts.ts'
import type { AssistantMessage, Conversation, Message, UserMessage } from '../../../protocol/responses.ts'
import { keepEditedBranch } from '../branches/branch.ts'
import type { LiveRun, OpenConversation, OutgoingMessage } from '../chatState.ts'

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
  if (isContent(event)) return foldInto(open, event)
  switch (event.type) {
    case 'run-start':
      return startRun(open, event, now)
    case 'snapshot': {
      const { type: _, parts, ...start } = event
      return foldInto(startRun(open, { type: 'run-start', ...start }, now), event)
    }
    case 'run-end':
      return open.run ? endRun(open, event, now) : open
    case 'run-retry':
      return withRun(open, { retry: { at: now + event.seconds * 1000 }, wait: null })
    case 'run-wait':
      return withRun(open, { wait: event.code })
    case 'run-continue':
      return foldInto(open, event)
    default:
      event satisfies never
      return open
  }
}

/** The fold changes parts in place. The state's own stay as they are. */
function foldInto(open: OpenConversation, event: StreamEvent): OpenConversation {
  const parts = open.run?.parts.slice() ?? []
  const last = parts.at(-1)
  if (last) parts[parts.length - 1] = { ...last }
  foldEvent(parts, event)
  return withRun(open, { parts, retry: null, wait: null })
}

function withRun(open: OpenConversation, changes: Partial<LiveRun>): OpenConversation {
  return open.run ? { ...open, run: { ...open.run, ...changes } } : open
}

function startRun(
  open: OpenConversation,
  event: StreamEvent & { type: 'run-start' },
  now: number,
): OpenConversation {
  const { type: _, ...start } = event
  const { outgoing } = open
  const conversation = open.conversation ?? provisionalConversation(start, { now, temporary: open.temporary })
  const saved = outgoing && userMessageOf(outgoing, start, conversation.headMessageId)
  const isAskedHere = outgoing !== null || open.run?.start === null
  const next: OpenConversation = {
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
  return isAskedHere ? { ...next, isHeadKept: false } : keepEditedBranch(open, next)
}

function endRun(open: OpenConversation, end: RunEnd, now: number): OpenConversation {
  const { run, conversation } = open
  if (!run?.start || !conversation) return { ...open, run: null }
  const reply: AssistantMessage = {
    id: run.start.messageId,
    role: 'ASSISTANT',
    parentId: run.userMessageId,
    parts: ended(run.parts, end),
    runId: run.start.runId,
    status: end.status,
    model: end.model ?? run.start.model,
    code: end.code ?? null,
    retryable: end.retryable ?? false,
    retryAfter: end.retryAfter ?? null,
    usage: end.usage ?? null,
    timing: end.timing ?? null,
    cost: end.cost ?? null,
    historyFrom: end.historyFrom ?? null,
    documents: end.documents ?? null,
    feedback: null,
    createdAt: now,
  }
  return keepEditedBranch(open, {
    ...open,
    conversation: { ...conversation, headMessageId: reply.id },
    messages: withMessage(open.messages, reply),
    run: null,
    lastEnd: end.status,
    isQueueHeld: end.status !== 'completed',
  })
}

/** The parts after the end: it closes calls of tools that are still open. */
function ended(parts: readonly Part[], end: RunEnd): Part[] {
  const closed = parts.slice()
  foldEvent(closed, { type: 'run-end', ...end })
  return closed
}

function userMessageOf(outgoing: OutgoingMessage, start: RunStart, head: string | null): UserMessage {
  const { clientMessageId, createdAt, parentId = head } = outgoing
  return {
    id: start.userMessageId,
    role: 'USER',
    parentId,
    parts: composeParts(outgoing),
    clientMessageId,
    createdAt,
  }
}

/** Stands in for a new conversation until the list, which knows its title, is read again. */
function provisionalConversation(
  start: RunStart,
  { now, temporary }: { now: number; temporary: boolean },
): Conversation {
  return {
    id: start.conversationId,
    title: '',
    status: 'OPEN',
    archived: false,
    pinned: false,
    titleStatus: temporary ? 'final' : 'provisional',
    assistant: start.assistant,
    headMessageId: null,
    createdAt: now,
    updatedAt: now,
    temporary,
    expiresAt: null,
    readByAdminAt: null,
  }
}

function withMessage(messages: readonly Message[], message: Message): readonly Message[] {
  return [...messages.filter(({ id }) => id !== message.id), message]
}
