import { type ChatContext, closeStream, updateOpen } from '../chatContext.ts'
import { currentOf } from '../chatState.ts'
import { returnFromOutbox } from '../composing/outbox.ts'
import { saveWaitingIn } from '../composing/queue.ts'
import { readConversation } from '../conversations/readConversation.ts'
import { requestStop } from './requestStop.ts'

/**
 * Stops the reply of the current conversation. While the server cannot be reached and has not started the run, the client
 * stops sending instead, and the message returns to the field where it was written. A run that has no id yet is stopped
 * when it starts.
 */
export async function stopReply(context: ChatContext): Promise<void> {
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

function giveUp(context: ChatContext, key: string): void {
  closeStream(context, key)
  returnFromOutbox(context, key)
  updateOpen(context, key, open => ({ ...open, run: null, isQueueHeld: open.queue.length > 0 }))
  saveWaitingIn(context, key)
  readConversation(context, key)
}
