import type { Failure } from '../../api.ts'
import type { RunOutcome } from '../../streams/sharedStreams.ts'
import {
  type ChatContext,
  findOpen,
  forgetOpen,
  leaveDelivered,
  updateOpen,
  updateState,
} from '../chatContext.ts'
import type { OpenConversation } from '../chatState.ts'
import { deliverQueued } from '../composing/deliver.ts'
import { dropGoneFiles } from '../composing/dropGoneFiles.ts'
import { returnFromOutbox } from '../composing/outbox.ts'
import { saveWaitingIn } from '../composing/queue.ts'
import { forgetSavedOutgoing } from '../composing/savedDrafts.ts'
import { refreshList } from '../conversations/listing.ts'
import { readConversation } from '../conversations/readConversation.ts'
import { requestTitle } from '../conversations/titleStream.ts'
import { readLimits } from './readLimits.ts'

/** Failures that say that the conversation is not as the screen shows it. */
const STALE: ReadonlySet<Failure> = new Set(['RUN_ACTIVE', 'NOT_PENDING', 'CONVERSATION_CLOSED', 'NOT_FOUND'])

/** Failures that say that a limit is reached. */
const LIMITED: ReadonlySet<Failure> = new Set(['LIMIT_REACHED', 'BUDGET_REACHED', 'GROUP_BUDGET_REACHED'])

/** An open conversation follows its run no longer: the run ended, cannot be followed, or was refused. */
export function runDone(context: ChatContext, key: string, outcome: RunOutcome): void {
  if (outcome.type === 'gone') readConversation(context, key)
  else if (outcome.type === 'refused') runRefused(context, key, outcome.refusal.failure)
  else {
    noteLastReply(context, key)
    noteUnread(context, key)
    refreshList(context)
    void readLimits(context)
    requestTitle(context, key)
    deliverQueued(context, key)
    saveWaitingIn(context, key)
    leaveDelivered(context, key)
    const open = findOpen(context, key)
    // A temporary conversation is in no list, which would tell when it goes.
    const isToRead =
      context.changedMeanwhile.has(key) || open?.conversation?.temporary || (open && hasUntoldDocument(open))
    if (isToRead && !context.streams.has(key)) readConversation(context, key)
  }
}

/** Whether the answered message has a document of which only the server knows yet how the model got it. */
function hasUntoldDocument({ messages, conversation }: OpenConversation): boolean {
  const reply = messages.find(({ id }) => id === conversation?.headMessageId)
  const asked = messages.find(({ id }) => id === reply?.parentId)
  return asked?.parts.some(part => part.type === 'document' && part.givenAs === undefined) === true
}

function noteLastReply(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  const reply = open?.messages.find(({ id }) => id === open.conversation?.headMessageId)
  if (!open?.id || reply?.role !== 'ASSISTANT' || reply.status === 'stopped') return
  const lastReply = {
    conversationId: open.id,
    title: open.conversation?.title ?? '',
    took: reply.timing?.totalMs ?? 0,
  }
  updateState(context, { lastReply })
}

/** Notes that a reply ended in a conversation that is not on the screen. */
function noteUnread(context: ChatContext, key: string): void {
  const { currentKey, unread } = context.store.get()
  const id = findOpen(context, key)?.id
  if (key === currentKey || !id || unread.includes(id)) return
  updateState(context, { unread: [...unread, id] })
}

function runRefused(context: ChatContext, key: string, failure: Failure): void {
  const wasQueued = findOpen(context, key)?.outgoing?.wasQueued === true
  if (failure === 'IDEMPOTENCY_MISMATCH') renameOutgoing(context, key)
  returnFromOutbox(context, key)
  if (LIMITED.has(failure)) void readLimits(context, { isReached: true })
  updateOpen(context, key, open => ({ ...open, run: null, isQueueHeld: open.isQueueHeld || wasQueued }))
  saveWaitingIn(context, key)
  if (!wasQueued || failure !== 'RUN_ACTIVE') updateState(context, { notice: failure })
  if (failure === 'NOT_FOUND') void dropGoneFiles(context, key)
  if (context.store.get().currentKey !== key) forgetOpen(context, key)
  else if (STALE.has(failure)) readConversation(context, key)
}

/** The server has another message under the id of this one. This one gets a new id, as if it was never sent. */
function renameOutgoing(context: ChatContext, key: string): void {
  const { createId } = context.browser
  const saved = findOpen(context, key)?.outgoing?.clientMessageId
  if (saved !== undefined) forgetSavedOutgoing(context.browser, saved)
  updateOpen(context, key, open => ({
    ...open,
    outgoing: open.outgoing && { ...open.outgoing, clientMessageId: createId() },
  }))
}
