import type { EndStatus } from '../../../protocol/events.ts'
import type { ConversationResponse, Message } from '../../../protocol/responses.ts'
import { keepEditedBranch } from '../branches/branch.ts'
import { composedIn, type LiveRun, type OpenConversation } from '../chatState.ts'
import { isSameMessage } from '../composing/composed.ts'

/**
 * An open conversation after the server has told how it is stored. Messages that did not change stay the same objects. A
 * message in the outbox, in the queue or back in the draft is removed from there if it turns out to be stored.
 */
export function applyConversation(open: OpenConversation, response: ConversationResponse): OpenConversation {
  const { activeRun, messages } = response
  const { outgoing, returned, editing } = open
  const stored = new Set(messages.map(message => message.role === 'USER' && message.clientMessageId))
  const lastEnd = endOf(open.run, messages) ?? open.lastEnd
  const returnedIsStored = returned !== null && stored.has(returned.clientMessageId)
  const isSent = returnedIsStored && isSameMessage(composedIn(open), returned)
  const next: OpenConversation = {
    ...open,
    id: response.conversation.id,
    status: 'ready',
    conversation: response.conversation,
    messages: withIdentity(open.messages, messages),
    outgoing: outgoing && stored.has(outgoing.clientMessageId) ? null : outgoing,
    queue: open.queue.filter(({ clientMessageId }) => !stored.has(clientMessageId)),
    editing: editing?.returned && stored.has(editing.returned.clientMessageId) ? null : editing,
    returned: returnedIsStored ? null : returned,
    ...(isSent && { draft: '', attachments: [] }),
    lastEnd,
    isQueueHeld: open.isQueueHeld || (open.run !== null && lastEnd !== null && lastEnd !== 'completed'),
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
  return keepEditedBranch(open, next)
}

function withIdentity(known: readonly Message[], read: readonly Message[]): Message[] {
  const byId = new Map(known.map(message => [message.id, message]))
  return read.map(message => {
    const before = byId.get(message.id)
    return before && changeable(before) === changeable(message) ? before : message
  })
}

/**
 * The fields that can differ between two reads of a message: its feedback, a parent that this tab has guessed, and how the model
 * gets its documents, which only the server says.
 */
function changeable(message: Message): string {
  const { parentId, role, parts } = message
  return JSON.stringify([
    parentId,
    role === 'ASSISTANT' ? message.feedback : parts.map(part => part.type === 'document' && part.givenAs),
  ])
}

/** How the run that this tab followed ended, if the conversation already has its reply. */
function endOf(run: LiveRun | null, messages: readonly Message[]): EndStatus | null {
  const reply = messages.find(({ id }) => id === run?.start?.messageId)
  return reply?.role === 'ASSISTANT' ? reply.status : null
}
