import type { StreamEvent } from '../protocol/events.ts'
import type { AssistantMessage, ConversationResponse, StopResponse } from '../protocol/responses.ts'
import { callApi, type Failure } from './api.ts'
import type { Browser } from './browser.ts'
import {
  type ChatContext,
  cancelRead,
  closeStream,
  findOpen,
  forgetOpen,
  setDraft,
  updateOpen,
  updateState,
} from './chatContext.ts'
import {
  applyEvents,
  currentOf,
  isBusy,
  joinText,
  type OpenConversation,
  withRead,
  withReturned,
} from './chatState.ts'
import { refreshList } from './conversationList.ts'
import { forgetOutgoing, keepOutgoing, writeDraft } from './keptText.ts'
import type { RunStreamOutcome } from './runStream.ts'
import type { FollowOptions } from './sharing/sharedStreams.ts'

/** Milliseconds between tries to read a conversation while the server cannot be reached. */
const READ_AGAIN_DELAY = 3_000

/** Failures that mean the conversation is not as the screen shows it. */
const STALE: ReadonlySet<Failure> = new Set(['RUN_ACTIVE', 'CONVERSATION_CLOSED', 'NOT_FOUND'])

/** Sends the draft of the current conversation. Does nothing when it is blank or a reply is being written. */
export function send(context: ChatContext): void {
  const { browser, store } = context
  const { key, id, draft: content, returned, status, ...open } = currentOf(store.get())
  const isOpen = status === 'new' || (status === 'ready' && open.conversation?.status === 'OPEN')
  if (!isOpen || content.trim() === '' || open.run || open.outgoing) return
  const clientMessageId = returned?.content === content ? returned.clientMessageId : browser.createId()
  const outgoing = {
    clientMessageId,
    content,
    createdAt: browser.timers.now(),
    waiting: false,
    stopRequested: false,
  }
  updateState(context, { notice: null })
  updateOpen(context, key, current => ({ ...current, outgoing, draft: '', returned: null, lastEnd: null }))
  const sent = findOpen(context, key)
  if (sent) keepOutgoing(browser, sent)
  writeDraft(browser, id, '')
  deliver(context, key)
}

/** Posts the outgoing message, again and again until the server has answered, and follows the run it starts. */
export function deliver(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (!open?.outgoing) return
  const { clientMessageId, content } = open.outgoing
  const place =
    open.id !== null ? { conversationId: open.id } : open.assistant !== null && { assistant: open.assistant }
  follow(context, key, { path: '/api/chat/send', body: { ...place, clientMessageId, content } })
}

/**
 * Asks for another reply to a stored user message of the current conversation. With `continued`, a reply to it that
 * broke off, the new one goes on from there.
 */
export function retry(context: ChatContext, userMessageId: string, continued?: AssistantMessage): void {
  const open = currentOf(context.store.get())
  if (isBusy(open)) return
  const parts = continued?.parts ?? []
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
  const body = { userMessageId, clientRunId, ...(continued && { continueMessageId: continued.id }) }
  follow(context, open.key, { path: '/api/chat/runs', body })
}

/**
 * Stops the reply of the current conversation. One that was never asked for, because the server cannot be reached, is
 * given up, and the message comes back to the draft. One just asked for is stopped as soon as it has a name.
 */
export async function stop(context: ChatContext): Promise<void> {
  const { key, outgoing, run } = currentOf(context.store.get())
  if (outgoing?.waiting || (run && !run.start && !run.connected)) return giveUp(context, key)
  updateOpen(context, key, open => ({
    ...open,
    outgoing: open.outgoing && { ...open.outgoing, stopRequested: true },
    run: open.run && { ...open.run, stopRequested: true },
  }))
  if (run?.start) await requestStop(context, key, run.start.runId)
}

/** Reads a conversation and follows the run it has under way; tries again while the server cannot be reached. */
export async function readConversation(context: ChatContext, key: string): Promise<void> {
  const id = findOpen(context, key)?.id
  if (!id) return
  cancelRead(context, key)
  const controller = new AbortController()
  const cancel = () => controller.abort()
  context.reads.set(key, cancel)
  const path = `/api/chat/conversations/${encodeURIComponent(id)}`
  const { signal } = controller
  const result = await callApi<ConversationResponse>(context.browser, { method: 'GET', path, signal })
  if (context.reads.get(key) !== cancel) return
  context.reads.delete(key)
  if (!result.ok) return readFailed(context, key, result.failure)
  const kept = findOpen(context, key)?.outgoing
  updateOpen(context, key, open => withRead(open, result.value))
  const open = findOpen(context, key)
  if (kept && !open?.outgoing) forgetOutgoing(context.browser, kept.clientMessageId)
  if (open) writeDraft(context.browser, open.id, open.draft)
  const { activeRun } = result.value
  if (open?.outgoing) deliver(context, key)
  else if (activeRun) follow(context, key, { runId: activeRun.runId, seq: activeRun.seq })
}

function readFailed(context: ChatContext, key: string, failure: Failure): void {
  if (failure === 'NOT_FOUND' || failure === 'INVALID_REQUEST') {
    returnToDraft(context, key)
    updateOpen(context, key, open => ({ ...open, status: 'not-found', run: null }))
    return
  }
  updateOpen(context, key, open => (open.status === 'loading' ? { ...open, status: 'failed' } : open))
  context.reads.set(
    key,
    context.browser.timers.set(() => readConversation(context, key), READ_AGAIN_DELAY),
  )
}

function follow(context: ChatContext, key: string, from: FollowOptions['from']): void {
  cancelRead(context, key)
  closeStream(context, key)
  const stream = context.follow({
    from,
    onEvents: events => take(context, key, events),
    onConnection: connected => {
      updateOpen(context, key, open => ({
        ...open,
        outgoing: open.outgoing && { ...open.outgoing, waiting: !connected },
        run: open.run && { ...open.run, connected },
      }))
    },
    onDone: outcome => settle(context, key, outcome),
  })
  context.streams.set(key, stream)
}

function take(context: ChatContext, key: string, events: StreamEvent[]): void {
  const before = findOpen(context, key)
  const onlyAdds = events.every(({ type }) => type.endsWith('-delta') || type === 'source-add')
  const now = context.browser.timers.now()
  context.buffering.arrived({ key, events, at: now, askedAt: before?.outgoing?.createdAt })
  updateOpen(context, key, open => applyEvents(open, events, now), onlyAdds ? 'frame' : 'now')
  const wasAsked = before?.outgoing || (before?.run && !before.run.start)
  if (wasAsked && findOpen(context, key)?.run?.start !== null) started(context, before)
}

/** The run asked for `before` has a name now, and its user message is stored. */
function started(context: ChatContext, before: OpenConversation): void {
  const { browser, store } = context
  const { key } = before
  const open = findOpen(context, key)
  if (!open?.id) return
  if (before.outgoing) forgetOutgoing(browser, before.outgoing.clientMessageId)
  if (before.id === null) moveDraft(browser, open)
  browser.events.sendHint(open.id)
  refreshList(context)
  if (open.run?.stopRequested && open.run.start) requestStop(context, key, open.run.start.runId)
  if (store.get().currentKey !== key) forgetOpen(context, key)
  else if (browser.address.read() !== open.id) browser.address.write(open.id, 'replace')
}

/** What was typed on while a new conversation got its id belongs to it now. */
function moveDraft(browser: Browser, open: OpenConversation): void {
  writeDraft(browser, null, '')
  writeDraft(browser, open.id, open.draft)
}

function settle(context: ChatContext, key: string, outcome: RunStreamOutcome): void {
  context.streams.delete(key)
  if (outcome.type === 'gone') readConversation(context, key)
  else if (outcome.type === 'refused') refused(context, key, outcome.refusal.failure)
  else refreshList(context)
}

function refused(context: ChatContext, key: string, failure: Failure): void {
  returnToDraft(context, key)
  updateOpen(context, key, open => ({ ...open, run: null }))
  if (failure === 'IDEMPOTENCY_MISMATCH') updateOpen(context, key, open => ({ ...open, returned: null }))
  updateState(context, { notice: failure })
  if (context.store.get().currentKey !== key) forgetOpen(context, key)
  else if (STALE.has(failure)) readConversation(context, key)
}

function giveUp(context: ChatContext, key: string): void {
  closeStream(context, key)
  returnToDraft(context, key)
  updateOpen(context, key, open => ({ ...open, run: null }))
  readConversation(context, key)
}

function returnToDraft(context: ChatContext, key: string): void {
  const { browser, store } = context
  const outgoing = findOpen(context, key)?.outgoing
  if (!outgoing) return
  updateOpen(context, key, withReturned)
  forgetOutgoing(browser, outgoing.clientMessageId)
  const open = findOpen(context, key)
  if (!open) return
  const elsewhere = store.get().opened.find(({ id, key: other }) => id === open.id && other !== key)
  if (elsewhere) setDraft(context, elsewhere.key, joinText(open.draft, elsewhere.draft))
  else writeDraft(browser, open.id, open.draft)
}

/** The answer is not waited for on the screen: `run-end` comes over the stream. */
async function requestStop(context: ChatContext, key: string, runId: string): Promise<void> {
  const path = `/api/chat/runs/${runId}/stop`
  const result = await callApi<StopResponse>(context.browser, { method: 'POST', path })
  if (result.ok) return
  updateState(context, { notice: result.failure })
  updateOpen(context, key, open => ({ ...open, run: open.run && { ...open.run, stopRequested: false } }))
}
