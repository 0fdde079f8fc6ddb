import type { ChatContext } from './chatContext.ts'
import { loadAssistants } from './conversations/listing.ts'
import { rereadChanged } from './conversations/rereadChanged.ts'

/** The tab is on the screen or on the network again. Reconnects the streams that have died, and reads what has changed. */
export function tabReturned(context: ChatContext): void {
  for (const stream of context.streams.values()) stream.wake()
  refresh(context)
}

/** A hidden page gets no frames to draw text in, so all of it is shown at once. */
export function tabHidden(context: ChatContext): void {
  for (const pacer of [...context.pacers.values()]) pacer.catchUp()
}

/** Reads the assistants, the list and the conversation on the screen again. */
export function refresh(context: ChatContext): void {
  loadAssistants(context)
  rereadChanged(context, null)
}
