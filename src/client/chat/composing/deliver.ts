import { PATHS } from '../../../protocol/paths.ts'
import { type ChatContext, findOpen } from '../chatContext.ts'
import { followRun } from '../runs/followRun.ts'
import { sendBodyOf } from './composed.ts'
import { moveQueuedToOutbox } from './outbox.ts'
import { isQueueFree } from './queue.ts'

/** Sends the message in the outbox, again and again until the server answers, and follows the run that it starts. */
export function deliver(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  const body = open && sendBodyOf(open)
  if (body) followRun(context, key, { path: PATHS.send, body })
}

/** Sends the next message of the queue, if the reply before it is complete. */
export function deliverQueued(context: ChatContext, key: string): void {
  const open = findOpen(context, key)
  if (open && isQueueFree(open) && moveQueuedToOutbox(context, key)) deliver(context, key)
}
