import { type ChatContext, findOpen } from '../chatContext.ts'
import { currentOf } from '../chatState.ts'
import { forgetAllDrafts } from '../composing/savedDrafts.ts'
import { ERASED_HINT } from './eraseEverything.ts'
import { refreshList } from './listing.ts'
import { readConversation } from './readConversation.ts'

/**
 * Another tab changed a conversation, or erased them all. Reads the list again, and the conversation on the screen if it is
 * that one. `null`: anything may have changed.
 */
export function rereadChanged(context: ChatContext, hint: string | null): void {
  if (hint === ERASED_HINT) forgetAllDrafts(context.browser)
  refreshList(context)
  const { key, id } = currentOf(context.store.get())
  const isAbout = hint === null || hint === ERASED_HINT || hint === id
  if (!isAbout || !findOpen(context, key)) return
  if (!context.streams.has(key)) readConversation(context, key)
  else if (hint !== null) context.changedMeanwhile.add(key)
}
