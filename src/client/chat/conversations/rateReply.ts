import { PATHS } from '../../../protocol/paths.ts'
import type { FeedbackRequest } from '../../../protocol/requests.ts'
import type { Feedback, FeedbackResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateOpen, updateState } from '../chatContext.ts'
import { currentOf } from '../chatState.ts'
import { readConversation } from './readConversation.ts'

/**
 * Stores the feedback on a reply; `null` takes it back. The screen shows it at once, and the old one again if the server
 * refuses. Gives whether it was stored.
 */
export async function rateReply(
  context: ChatContext,
  messageId: string,
  feedback: Feedback | null,
): Promise<boolean> {
  const { key, id, messages } = currentOf(context.store.get())
  const message = messages.find(known => known.id === messageId)
  if (message?.role !== 'ASSISTANT') return false
  const before = message.feedback
  setFeedback(context, key, { messageId, feedback })
  let isStored = true
  await context.latestWrites.write(`feedback ${messageId}`, async isLast => {
    const body: FeedbackRequest = feedback ?? { rating: null, comment: '' }
    const call = { method: 'PUT', path: PATHS.feedback(messageId), body } as const
    const result = await callApi<FeedbackResponse>(context.browser, call)
    isStored = result.ok
    if (result.ok && id) context.browser.events.sendHint(id)
    if (!isLast()) return
    // A read that began before this was stored may have brought the old feedback to the screen.
    setFeedback(context, key, { messageId, feedback: result.ok ? feedback : before })
    if (result.ok) return
    updateState(context, { notice: result.failure })
    // `before` may be the choice of an earlier write that was not stored either: the server knows.
    readConversation(context, key)
  })
  return isStored
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
