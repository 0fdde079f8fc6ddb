import { type ChatContext, findOpen, leaveDelivered } from '../chatContext.ts'
import { type Composed, composedIn, type OpenConversation } from '../chatState.ts'
import { saveWaitingIn } from '../composing/queue.ts'
import {
  forgetSavedOutgoing,
  readChosenAssistant,
  readChosenTemporary,
  saveChosenAssistant,
  saveChosenTemporary,
  saveDraft,
} from '../composing/savedDrafts.ts'
import { refreshList } from '../conversations/listing.ts'
import { noteTemporary } from '../conversations/temporaryMarks.ts'
import { requestStop } from './requestStop.ts'

const NOTHING: Composed = { content: '', attachments: [] }

/** The run that `before` waited for has started. Its id is known, and its user message is stored. */
export function runStarted(context: ChatContext, before: OpenConversation): void {
  const { browser, store } = context
  const { key } = before
  const open = findOpen(context, key)
  if (!open?.id) return
  if (before.outgoing) forgetSavedOutgoing(browser, before.outgoing.clientMessageId)
  if (open.conversation) noteTemporary(browser, open.conversation)
  if (before.id === null) moveDraftsOfNew(context, open)
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
 * A new conversation has an id now: saves what was typed and queued there under that id. If another new conversation has
 * been started, the stored "new" draft belongs to that one, and stays.
 */
function moveDraftsOfNew(context: ChatContext, open: OpenConversation): void {
  const composed = composedIn(open)
  if (context.store.get().opened.every(({ id }) => id !== null)) {
    saveDraft(context.browser, null, { before: composed, after: NOTHING })
    if (readChosenAssistant(context.browser) === open.assistant) saveChosenAssistant(context.browser, null)
    if (readChosenTemporary(context.browser) === open.temporary) saveChosenTemporary(context.browser, false)
  }
  saveDraft(context.browser, open.id, { before: NOTHING, after: composed })
  saveWaitingIn(context, open.key)
}
