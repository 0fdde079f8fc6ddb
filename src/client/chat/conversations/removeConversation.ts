import { PATHS } from '../../../protocol/paths.ts'
import type { ConversationResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateState } from '../chatContext.ts'
import { currentOf } from '../chatState.ts'
import { forgetDraftsOf, readDraftText, saveDraftText } from '../composing/savedDrafts.ts'
import { changeConversation } from './changeConversation.ts'
import { refreshList } from './listing.ts'
import { offerUndo, withdrawUndo } from './offerUndo.ts'
import { openConversation, showAddress } from './openConversation.ts'
import { forgetTemporary, isNotedTemporary } from './temporaryMarks.ts'

/** Deletes a conversation; `restoreConversation` undoes it for a while, unless it is temporary. Gives whether it is gone. */
export async function removeConversation(context: ChatContext, conversationId: string): Promise<boolean> {
  const { browser, store } = context
  const call = { method: 'DELETE', path: PATHS.conversation(conversationId) } as const
  const result = await callApi<undefined>(browser, call)
  if (!result.ok && result.failure !== 'NOT_FOUND') {
    updateState(context, { notice: result.failure })
    return false
  }
  const { list } = store.get()
  const current = currentOf(store.get())
  const wasCurrent = current.id === conversationId
  const known = list.conversations.find(({ id }) => id === conversationId)
  const title = known?.title ?? (wasCurrent ? (current.conversation?.title ?? '') : '')
  const conversations = list.conversations.filter(({ id }) => id !== conversationId)
  updateState(context, { list: { ...list, conversations }, notice: null })
  if (isNotedTemporary(browser, conversationId)) forgetTemporary(browser, conversationId)
  else {
    const draft = readDraftText(browser, conversationId)
    offerUndo(context, { id: conversationId, title, archived: false, wasCurrent, draft })
    saveDraftText(browser, conversationId, '')
  }
  browser.events.sendHint(conversationId)
  if (wasCurrent) {
    browser.address.write(null, 'replace')
    showAddress(context, null, null)
  }
  return true
}

/**
 * Restores a deleted or archived conversation. If it was on the screen and nothing has been begun there since, it is shown
 * again. Gives whether the server still had it.
 */
export async function restoreConversation(context: ChatContext, conversationId: string): Promise<boolean> {
  const { browser, store } = context
  const gone = store.get().removed.find(({ id }) => id === conversationId)
  if (gone?.archived) return changeConversation(context, conversationId, { archived: false })
  const call = { method: 'POST', path: PATHS.restore(conversationId) } as const
  const result = await callApi<ConversationResponse>(browser, call)
  if (!result.ok) {
    if (result.failure === 'NOT_FOUND') forgetRemoved(context, conversationId)
    updateState(context, { notice: result.failure })
    return false
  }
  withdrawUndo(context, conversationId)
  if (gone) saveDraftText(browser, conversationId, gone.draft)
  updateState(context, { notice: null })
  browser.events.sendHint(conversationId)
  await refreshList(context)
  const { status, outgoing, draft } = currentOf(store.get())
  const isScreenFree = status === 'new' && !outgoing && draft === ''
  if (gone?.wasCurrent && isScreenFree) openConversation(context, conversationId)
  return true
}

/** Offers undoing no longer. What was typed in a deleted conversation is forgotten with it. */
export function forgetRemoved(context: ChatContext, conversationId: string): void {
  const gone = context.store.get().removed.find(({ id }) => id === conversationId)
  withdrawUndo(context, conversationId)
  if (!gone?.archived) forgetDraftsOf(context.browser, conversationId)
}
