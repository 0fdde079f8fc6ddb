import type { FeedbackRequest } from '../../../protocol/requests.ts'
import type { ConversationResponse, Feedback, FeedbackResponse } from '../../../protocol/responses.ts'
import { callApi } from '../api.ts'
import { type ChatContext, cancelRead, findOpen, updateOpen, updateState } from '../chatContext.ts'
import { currentOf, isBusy } from '../chatState.ts'
import { headWriteOf } from '../composing/outbox.ts'
import { readConversation } from '../runs/runs.ts'
import { newestLeaf } from './branch.ts'
import { leaveTarget } from './jumpToMessage.ts'
import { refreshList } from './listing.ts'

/** What a person does with messages the server has, without writing another. */
export interface Versions {
  /** Reads on in the newest branch through a message; mended when the server does not agree. */
  choose(messageId: string): void
  /** A new conversation that begins with the current one down to a message. Gives its id, `null` if refused. */
  fork(messageId: string): Promise<string | null>
  /** Stores what a reader thinks of a reply, `null` to take it back; undone on the screen when it could not be stored. */
  rate(messageId: string, feedback: Feedback | null): Promise<boolean>
}

export function createVersions(context: ChatContext): Versions {
  return {
    choose: messageId => choose(context, messageId),
    fork: messageId => fork(context, messageId),
    rate: (messageId, feedback) => rate(context, messageId, feedback),
  }
}

async function choose(context: ChatContext, messageId: string): Promise<void> {
  const open = currentOf(context.store.get())
  const { key, id, conversation, messages } = open
  if (!id || !conversation || isBusy(open)) return
  const before = conversation.headMessageId
  const headMessageId = newestLeaf(messages, messageId)
  // One that was asked for before knows nothing of this choice.
  const wasReading = context.reads.has(key)
  cancelRead(context, key)
  setHead(context, key, headMessageId)
  leaveTarget(context, key)
  await context.latest.write(headWriteOf(key), async isLast => {
    const path = `/api/chat/conversations/${id}`
    const body = { headMessageId }
    const result = await callApi<ConversationResponse>(context.browser, { method: 'PATCH', path, body })
    const current = findOpen(context, key)
    if (result.ok) context.browser.events.sendHint(id)
    if (!current || !isLast() || isBusy(current)) return
    const isShown = current.conversation?.headMessageId === headMessageId
    if (result.ok) {
      if (wasReading || context.reads.has(key) || !isShown) readConversation(context, key)
      return
    }
    if (isShown) setHead(context, key, before)
    updateState(context, { notice: result.failure })
    readConversation(context, key)
  })
}

async function fork(context: ChatContext, messageId: string): Promise<string | null> {
  const { id } = currentOf(context.store.get())
  const path = `/api/chat/conversations/${id}/fork`
  const body = { messageId }
  const result = await callApi<ConversationResponse>(context.browser, { method: 'POST', path, body })
  if (!result.ok) {
    updateState(context, { notice: result.failure })
    return null
  }
  context.browser.events.sendHint(result.value.conversation.id)
  refreshList(context)
  return result.value.conversation.id
}

async function rate(context: ChatContext, messageId: string, feedback: Feedback | null): Promise<boolean> {
  const { key, id, messages } = currentOf(context.store.get())
  const message = messages.find(known => known.id === messageId)
  if (message?.role !== 'ASSISTANT') return false
  const before = message.feedback
  setFeedback(context, key, { messageId, feedback })
  let isStored = true
  await context.latest.write(`feedback ${messageId}`, async isLast => {
    const path = `/api/chat/messages/${messageId}/feedback`
    const body: FeedbackRequest = feedback ?? { rating: null, comment: '' }
    const result = await callApi<FeedbackResponse>(context.browser, { method: 'PUT', path, body })
    isStored = result.ok
    if (result.ok && id) context.browser.events.sendHint(id)
    if (!isLast()) return
    // A reading from before it was stored may have come meanwhile.
    setFeedback(context, key, { messageId, feedback: result.ok ? feedback : before })
    if (result.ok) return
    updateState(context, { notice: result.failure })
    // What it was before may never have been stored either.
    readConversation(context, key)
  })
  return isStored
}

function setHead(context: ChatContext, key: string, headMessageId: string | null): void {
  updateOpen(context, key, open => ({
    ...open,
    conversation: open.conversation && { ...open.conversation, headMessageId },
    isHeadKept: false,
    lastEnd: null,
  }))
}

function setFeedback(
  context: ChatContext,
  key: string,
  { messageId, feedback }: { messageId: string; feedback: Feedback | null },
): void {
  updateOpen(context, key, open => ({
    ...open,
    messages: open.messages.map(message => {
      return message.id === messageId && message.role === 'ASSISTANT' ? { ...message, feedback } : message
    }),
  }))
}
