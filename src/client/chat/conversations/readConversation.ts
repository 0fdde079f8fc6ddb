import { PATHS } from '../../../protocol/paths.ts'
import type { ConversationResponse } from '../../../protocol/responses.ts'
import { callApi, type Failure } from '../../api.ts'
import { jumpToMessage } from '../branches/jumpToMessage.ts'
import { type ChatContext, cancelRead, findOpen, leaveDelivered, updateOpen } from '../chatContext.ts'
import { composedIn } from '../chatState.ts'
import { deliver, deliverQueued } from '../composing/deliver.ts'
import { returnFromOutbox } from '../composing/outbox.ts'
import { saveWaitingIn } from '../composing/queue.ts'
import { forgetSavedOutgoing, saveDraft } from '../composing/savedDrafts.ts'
import { followRun } from '../runs/followRun.ts'
import { applyConversation } from './applyConversation.ts'
import { forgetTemporary, isNotedTemporary, noteTemporary } from './temporaryMarks.ts'
import { requestTitle } from './titleStream.ts'

/** Milliseconds between tries to read a conversation while the server cannot be reached. */
const READ_AGAIN_DELAY = 3_000

/**
 * Reads an open conversation from the server, and goes on with what it finds: delivers the message in the outbox, follows
 * the run under way, or sends the next message of the queue. Tries again while the server cannot be reached.
 */
export async function readConversation(context: ChatContext, key: string): Promise<void> {
  const id = findOpen(context, key)?.id
  if (!id) return
  cancelRead(context, key)
  context.changedMeanwhile.delete(key)
  const controller = new AbortController()
  const cancel = () => controller.abort()
  context.reads.set(key, cancel)
  const call = { method: 'GET', path: PATHS.conversation(id), signal: controller.signal } as const
  const result = await callApi<ConversationResponse>(context.browser, call)
  if (context.reads.get(key) !== cancel) return
  context.reads.delete(key)
  if (!result.ok) return readFailed(context, key, result.failure)
  apply(context, key, result.value)
  const { activeRun } = result.value
  if (findOpen(context, key)?.outgoing) deliver(context, key)
  else if (activeRun) followRun(context, key, { runId: activeRun.runId, seq: activeRun.seq })
  else {
    requestTitle(context, key)
    deliverQueued(context, key)
  }
  jumpToMessage(context, key, readConversation)
}

/** Shows what was read, and forgets the saved drafts that turn out to be stored. */
function apply(context: ChatContext, key: string, response: ConversationResponse): void {
  const { browser } = context
  const before = findOpen(context, key)
  updateOpen(context, key, open => applyConversation(open, response))
  const open = findOpen(context, key)
  if (!before || !open) return
  if (before.outgoing && !open.outgoing) forgetSavedOutgoing(browser, before.outgoing.clientMessageId)
  saveDraft(browser, open.id, { before: composedIn(before), after: composedIn(open) })
  saveWaitingIn(context, key)
  noteTemporary(browser, response.conversation)
}

/** What was written in a temporary conversation goes with it. */
function dropUnsent(context: ChatContext, { key, id }: { key: string; id: string }): void {
  const nothing = { draft: '', attachments: [], queue: [], editing: null, returned: null, outgoing: null }
  updateOpen(context, key, open => ({ ...open, ...nothing }))
  forgetTemporary(context.browser, id)
}

function readFailed(context: ChatContext, key: string, failure: Failure): void {
  if (failure === 'NOT_FOUND' || failure === 'INVALID_REQUEST') {
    const id = findOpen(context, key)?.id
    if (id && isNotedTemporary(context.browser, id)) dropUnsent(context, { key, id })
    else returnFromOutbox(context, key)
    updateOpen(context, key, open => ({
      ...open,
      status: 'not-found',
      conversation: null,
      messages: [],
      run: null,
    }))
    leaveDelivered(context, key)
    return
  }
  updateOpen(context, key, open => (open.status === 'loading' ? { ...open, status: 'failed' } : open))
  context.reads.set(
    key,
    context.browser.timers.set(() => readConversation(context, key), READ_AGAIN_DELAY),
  )
}
