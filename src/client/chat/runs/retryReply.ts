import { PATHS } from '../../../protocol/paths.ts'
import type { AssistantMessage } from '../../../protocol/responses.ts'
import { type ChatContext, updateOpen, updateState } from '../chatContext.ts'
import { currentOf, isBusy } from '../chatState.ts'
import { followRun } from './followRun.ts'

/**
 * Asks for another reply to a stored user message of the current conversation. With `continued`, an incomplete reply to
 * that message, the new reply begins with its parts and goes on from there.
 */
export function retryReply(context: ChatContext, userMessageId: string, continued?: AssistantMessage): void {
  const open = currentOf(context.store.get())
  if (isBusy(open)) return
  const run = {
    userMessageId,
    start: null,
    parts: continued?.parts ?? [],
    retry: null,
    wait: null,
    connected: true,
    stopRequested: false,
  }
  updateState(context, { notice: null })
  updateOpen(context, open.key, current => ({ ...current, run, lastEnd: null }))
  const clientRunId = context.browser.createId()
  const body = { userMessageId, clientRunId, ...(continued && { continueMessageId: continued.id }) }
  followRun(context, open.key, { path: PATHS.runs, body })
}
