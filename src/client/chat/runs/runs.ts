import { isContent, type StreamEvent } from '../../../protocol/events.ts'
import type { AssistantMessage, ConversationResponse, StopResponse } from '../../../protocol/responses.ts'
import type { FollowOptions, RunStreamOutcome } from '../../streams/sharedStreams.ts'
import { callApi, type Failure } from '../api.ts'
import {
  type ChatContext,
  cancelRead,
  closeStream,
  findOpen,
  forgetOpen,
  updateOpen,
  updateState,
} from '../chatContext.ts'
import {
  type Composed,
  composedIn,
  currentOf,
  isBusy,
  isDelivering,
  type OpenConversation,
} from '../chatState.ts'
import { sendBodyOf } from '../composing/composed.ts'
import { isQueueFree, keepQueue, moveQueued, takeBack } from '../composing/outbox.ts'
import { forgetOutgoing, keepComposed, readAssistant, writeAssistant } from '../composing/savedDrafts.ts'
import { withRead } from '../conversations/applyConversation.ts'
import { reachTarget } from '../conversations/jumpToMessage.ts'
import { refreshList } from '../conversations/listing.ts'
import { nameConversation } from '../conversations/titleStream.ts'
import type { When } from '../store.ts'
import { createDrawRhythm } from './drawRhythm.ts'
import { createPacer, type Pacer } from './pace.ts'
import { canPace } from './paceQueue.ts'
import { applyEvents } from './runReducer.ts'

/** Milliseconds between tries to read a conversation while the server cannot be reached. */
const READ_AGAIN_DELAY = 3_000

/** Failures that mean the conversation is not as the screen shows it. */
const STALE: ReadonlySet<Failure> = new Set(['RUN_ACTIVE', 'CONVERSATION_CLOSED', 'NOT_FOUND'])

const NOTHING: Composed = { content: '', attachments: [] }

/** Posts the outgoing message, again and again until the server has answered, and follows the run it starts. */
export function deliver(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  const body = open && sendBodyOf(open)
  if (body) follow(context, key, { path: '/api/chat/send', body })
}

/** Sends the next message of the queue, when the reply before it is complete. */
export function deliverQueued(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (open && isQueueFree(open) && moveQueued(context, key)) deliver(context, key)
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
  if (run?.start) context.pacers.get(key)?.freeze()
  if (run?.start) await requestStop(context, key, run.start.runId)
}

/** Reads a conversation and follows the run it has under way; tries again while the server cannot be reached. */
export async function readConversation(context: ChatContext, key: string): Promise<void> {
  const id = findOpen(context, key)?.id
  if (!id) return
  cancelRead(context, key)
  context.changed.delete(key)
  const controller = new AbortController()
  const cancel = () => controller.abort()
  context.reads.set(key, cancel)
  const path = `/api/chat/conversations/${encodeURIComponent(id)}`
  const { signal } = controller
  const result = await callApi<ConversationResponse>(context.browser, { method: 'GET', path, signal })
  if (context.reads.get(key) !== cancel) return
  context.reads.delete(key)
  if (!result.ok) return readFailed(context, key, result.failure)
  const before = findOpen(context, key)
  updateOpen(context, key, open => withRead(open, result.value))
  const open = findOpen(context, key)
  if (before?.outgoing && !open?.outgoing) forgetOutgoing(context.browser, before.outgoing.clientMessageId)
  if (before && open)
    keepComposed(context.browser, id, { before: composedIn(before), after: composedIn(open) })
  keepQueue(context, key)
  const { activeRun } = result.value
  if (open?.outgoing) deliver(context, key)
  else if (activeRun) follow(context, key, { runId: activeRun.runId, seq: activeRun.seq })
  else {
    nameConversation(context, key)
    deliverQueued(context, key)
  }
  reachTarget(context, key, readConversation)
}

function readFailed(context: ChatContext, key: string, failure: Failure): void {
  if (failure === 'NOT_FOUND' || failure === 'INVALID_REQUEST') {
    takeBack(context, key)
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

function follow(context: ChatContext, key: string, from: FollowOptions['from']): void {
  cancelRead(context, key)
  closeStream(context, key)
  const { browser } = context
  const pacer = createPacer({
    now: browser.timers.now,
    nextDraw: createDrawRhythm(browser.timers).nextDraw,
    isPaced: () => canPace && browser.isSmooth(),
    show: (events, when) => show(context, key, { events, when }),
  })
  context.pacers.set(key, pacer)
  const stream = context.follow({
    from,
    onEvents: events => take(context, key, { events, pacer }),
    onConnection: connected => {
      updateOpen(context, key, open => ({
        ...open,
        outgoing: open.outgoing && { ...open.outgoing, waiting: !connected },
        run: open.run && { ...open.run, connected },
      }))
    },
    onDone: outcome => {
      if (outcome.type !== 'ended') pacer.flush()
      pacer.after(() => settle(context, key, outcome))
    },
  })
  context.streams.set(key, stream)
}

function take(
  context: ChatContext,
  key: string,
  { events, pacer }: { events: StreamEvent[]; pacer: Pacer },
): void {
  const at = context.browser.timers.now()
  context.buffering.arrived({ key, events, at, askedAt: findOpen(context, key)?.outgoing?.createdAt })
  pacer.push(events)
}

function show(
  context: ChatContext,
  key: string,
  { events, when }: { events: readonly StreamEvent[]; when: When },
): void {
  const before = findOpen(context, key)
  const onlyAdds = events.every(isContent)
  const now = context.browser.timers.now()
  updateOpen(context, key, open => applyEvents(open, events, now), onlyAdds ? when : 'now')
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
  if (before.id === null) moveTexts(context, open)
  browser.events.sendHint(open.id)
  refreshList(context)
  if (open.run?.stopRequested && open.run.start) {
    context.pacers.get(key)?.freeze()
    requestStop(context, key, open.run.start.runId)
  }
  if (store.get().currentKey !== key) leaveDelivered(context, key)
  else if (browser.address.read() !== open.id) browser.address.write(open.id, 'replace')
}

/**
 * What was typed and queued while a new conversation got its id belongs to it now. What is kept of a new one is another
 * one's, when another has been begun since.
 */
function moveTexts(context: ChatContext, open: OpenConversation): void {
  const composed = composedIn(open)
  if (context.store.get().opened.every(({ id }) => id !== null)) {
    keepComposed(context.browser, null, { before: composed, after: NOTHING })
    if (readAssistant(context.browser) === open.assistant) writeAssistant(context.browser, null)
  }
  keepComposed(context.browser, open.id, { before: NOTHING, after: composed })
  keepQueue(context, open.key)
}

/** One that is not on the screen is left when it has nothing more to deliver. */
function leaveDelivered(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (open && context.store.get().currentKey !== key && !isDelivering(open)) forgetOpen(context, key)
}

function settle(context: ChatContext, key: string, outcome: RunStreamOutcome): void {
  context.streams.delete(key)
  if (outcome.type === 'gone') readConversation(context, key)
  else if (outcome.type === 'refused') refused(context, key, outcome.refusal.failure)
  else {
    refreshList(context)
    nameConversation(context, key)
    deliverQueued(context, key)
    keepQueue(context, key)
    leaveDelivered(context, key)
    if (context.changed.has(key) && !context.streams.has(key)) readConversation(context, key)
  }
}

function refused(context: ChatContext, key: string, failure: Failure): void {
  const isOfQueue = findOpen(context, key)?.outgoing?.wasQueued === true
  if (failure === 'IDEMPOTENCY_MISMATCH') renameOutgoing(context, key)
  takeBack(context, key)
  updateOpen(context, key, open => ({ ...open, run: null, isQueueHeld: open.isQueueHeld || isOfQueue }))
  keepQueue(context, key)
  if (!isOfQueue || failure !== 'RUN_ACTIVE') updateState(context, { notice: failure })
  if (context.store.get().currentKey !== key) forgetOpen(context, key)
  else if (STALE.has(failure)) readConversation(context, key)
}

/** Its id belongs to another message: it comes back as one that was never sent. */
function renameOutgoing(context: ChatContext, key: string): void {
  const { createId } = context.browser
  const kept = findOpen(context, key)?.outgoing?.clientMessageId
  if (kept !== undefined) forgetOutgoing(context.browser, kept)
  updateOpen(context, key, open => ({
    ...open,
    outgoing: open.outgoing && { ...open.outgoing, clientMessageId: createId() },
  }))
}

function giveUp(context: ChatContext, key: string): void {
  closeStream(context, key)
  takeBack(context, key)
  updateOpen(context, key, open => ({ ...open, run: null, isQueueHeld: open.queue.length > 0 }))
  keepQueue(context, key)
  readConversation(context, key)
}

/** The answer is not waited for on the screen: `run-end` comes over the stream. */
async function requestStop(context: ChatContext, key: string, runId: string): Promise<void> {
  const path = `/api/chat/runs/${runId}/stop`
  const result = await callApi<StopResponse>(context.browser, { method: 'POST', path })
  if (result.ok) return
  updateState(context, { notice: result.failure })
  context.pacers.get(key)?.thaw()
  updateOpen(context, key, open => ({ ...open, run: open.run && { ...open.run, stopRequested: false } }))
}
