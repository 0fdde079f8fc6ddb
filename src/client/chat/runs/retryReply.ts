import { PATHS } from '../../../protocol/paths.ts'
import type { DecisionsRequest } from '../../../protocol/requests.ts'
import type { AssistantMessage } from '../../../protocol/responses.ts'
import { type ChatContext, updateOpen, updateState } from '../chatContext.ts'
import { currentOf, isBusy, type LiveRun } from '../chatState.ts'
import { followRun } from './followRun.ts'

/**
 * Asks for another reply to a stored user message of the current conversation. With `continued`, an incomplete reply to
 * that message, the new reply begins with its parts and goes on from there.
 */
export function retryReply(context: ChatContext, userMessageId: string, continued?: AssistantMessage): void {
  const body = { userMessageId, ...(continued && { continueMessageId: continued.id }) }
  startRun(context, { userMessageId, parts: continued?.parts ?? [] }, { path: PATHS.runs, body })
}

/** Decides about the calls that a paused reply waits for, and answers what they ask. The reply goes on from there. */
export function decideCalls(
  context: ChatContext,
  { runId, parentId: userMessageId, parts }: AssistantMessage,
  body: Pick<DecisionsRequest, 'decisions' | 'answers'>,
): void {
  startRun(context, { userMessageId, parts }, { path: PATHS.decisions(runId), body })
}

/** Follows the run that a request starts. */
function startRun(
  context: ChatContext,
  { userMessageId, parts }: Pick<LiveRun, 'userMessageId' | 'parts'>,
  { path, body }: { path: string; body: object },
): void {
  const open = currentOf(context.store.get())
  if (isBusy(open)) return
  const run = {
    userMessageId,
    start: null,
    parts,
    retry: null,
    wait: null,
    connected: true,
    stopRequested: false,
  }
  updateState(context, { notice: null })
  updateOpen(context, open.key, current => ({ ...current, run, lastEnd: null }))
  const clientRunId = context.browser.createId()
  followRun(context, open.key, { path, body: { ...body, clientRunId } })
}
