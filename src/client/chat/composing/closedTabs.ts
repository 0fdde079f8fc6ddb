import { type ChatContext, setComposed, updateOpen } from '../chatContext.ts'
import {
  type Composed,
  composedIn,
  createOpenConversation,
  type Editing,
  type NamedMessage,
} from '../chatState.ts'
import { chooseTemporary } from './chooseTemporary.ts'
import { isSameMessage, joinMessages } from './composed.ts'
import { readClosedTab, readSavedDrafts, saveDraft, saveWaiting } from './savedDrafts.ts'
import type { SavedMessage } from './savedShapes.ts'

/**
 * Restores what closed tabs have left unsent. Nothing of it is sent by itself, because the person who closed the tab may
 * have given it up, or may be somebody else. A message of a conversation goes to the queue there and waits for a person.
 * It keeps its id, because the server may have stored it. A message that was to create a conversation goes to the draft.
 */
export function restoreClosedTabs(context: ChatContext): Promise<void> {
  return context.browser.tabStorage.takeOver(left => {
    const { outgoing, queues, edits } = readClosedTab(left)
    for (const message of outgoing) restoreOutgoing(context, message)
    for (const { conversationId, value } of queues) restoreWaiting(context, conversationId, { queue: value })
    for (const { conversationId, value } of edits) restoreWaiting(context, conversationId, { editing: value })
  })
}

function restoreOutgoing(context: ChatContext, message: SavedMessage): void {
  const { conversationId, clientMessageId, content, attachments, editOf, queue, temporary } = message
  const returned = { clientMessageId, content, attachments }
  if (conversationId === null) {
    const key = addToDraft(context, null, [returned, ...queue])
    // Sent again unchanged, the message keeps its id and is stored once.
    if (key !== null) updateOpen(context, key, open => ({ ...open, returned }))
    if (temporary) chooseTemporary(context, true, key)
  } else if (editOf === null) restoreWaiting(context, conversationId, { queue: [returned] })
  else {
    const editing = { messageId: editOf, content, attachments, returned }
    restoreWaiting(context, conversationId, { editing })
  }
}

/** Adds to the queue of a conversation, and to what is being changed there, whether it is open or not. */
function restoreWaiting(
  context: ChatContext,
  id: string,
  { queue = [], editing = null }: { queue?: readonly NamedMessage[]; editing?: Editing | null },
): void {
  const { browser, store } = context
  const opened = store.get().opened.find(open => open.id === id)
  const open = opened ?? createOpenConversation({ key: '', id, ...readSavedDrafts(browser, id) })
  const known = new Set([...open.queue, open.outgoing].map(message => message?.clientMessageId))
  const added = queue.filter(({ clientMessageId }) => !known.has(clientMessageId))
  const change = {
    queue: [...open.queue, ...added],
    isQueueHeld: open.isQueueHeld || added.length > 0,
    editing: open.editing ?? editing,
  }
  if (opened) updateOpen(context, opened.key, current => ({ ...current, ...change }))
  saveWaiting(browser, { ...open, ...change })
  if (editing && open.editing && !isSameMessage(editing, open.editing)) addToDraft(context, id, [editing])
}

/** Puts texts before the draft of a conversation. Gives its key if it is open. */
function addToDraft(context: ChatContext, id: string | null, texts: readonly Composed[]): string | null {
  const { browser, store } = context
  const opened = store.get().opened.find(open => open.id === id && !(id === null && open.outgoing))
  const before = composedIn(
    opened ?? createOpenConversation({ key: '', id, ...readSavedDrafts(browser, id) }),
  )
  const after = [...texts, before].reduce(joinMessages, { content: '', attachments: [] })
  if (opened) setComposed(context, opened.key, after)
  else saveDraft(browser, id, { before, after })
  return opened?.key ?? null
}
