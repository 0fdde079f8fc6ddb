import { type ChatContext, setComposed, updateOpen } from '../chatContext.ts'
import { type Composed, composedIn, type Editing, type NamedMessage, openConversation } from '../chatState.ts'
import { isSame, joined } from './composed.ts'
import { type KeptMessage, keepComposed, keepWaiting, readLeft, readTexts } from './savedDrafts.ts'

/**
 * Brings back what tabs that were closed have left unsent. It goes nowhere by itself: who closed the tab may have given it
 * up, or be somebody else. A message of a conversation waits there for a person, under the id it had, in case it was
 * stored after all; one that was to begin a conversation goes back to the draft.
 */
export function bringBack(context: ChatContext): Promise<void> {
  return context.browser.tabStorage.takeOver(left => {
    const { outgoing, queues, edits } = readLeft(left)
    for (const message of outgoing) bringBackOutgoing(context, message)
    for (const { conversationId, value } of queues) bringBackTo(context, conversationId, { queue: value })
    for (const { conversationId, value } of edits) bringBackTo(context, conversationId, { editing: value })
  })
}

function bringBackOutgoing(context: ChatContext, message: KeptMessage): void {
  const { conversationId, clientMessageId, content, attachments, editOf, queue } = message
  const returned = { clientMessageId, content, attachments }
  if (conversationId === null) {
    const key = addToDraft(context, null, [returned, ...queue])
    // Sent again unchanged it is not stored twice.
    if (key !== null) updateOpen(context, key, open => ({ ...open, returned }))
  } else if (editOf === null) bringBackTo(context, conversationId, { queue: [returned] })
  else {
    const editing = { messageId: editOf, content, attachments, returned }
    bringBackTo(context, conversationId, { editing })
  }
}

function bringBackTo(
  context: ChatContext,
  id: string,
  { queue = [], editing = null }: { queue?: readonly NamedMessage[]; editing?: Editing | null },
): void {
  const { browser, store } = context
  const opened = store.get().opened.find(open => open.id === id)
  const open = opened ?? openConversation({ key: '', id, ...readTexts(browser, id) })
  const known = new Set([...open.queue, open.outgoing].map(message => message?.clientMessageId))
  const added = queue.filter(({ clientMessageId }) => !known.has(clientMessageId))
  const change = {
    queue: [...open.queue, ...added],
    isQueueHeld: open.isQueueHeld || added.length > 0,
    editing: open.editing ?? editing,
  }
  if (opened) updateOpen(context, opened.key, current => ({ ...current, ...change }))
  keepWaiting(browser, { ...open, ...change })
  if (editing && open.editing && !isSame(editing, open.editing)) addToDraft(context, id, [editing])
}

/** Puts texts before what is in the composer of a conversation, wherever that is. */
function addToDraft(context: ChatContext, id: string | null, texts: readonly Composed[]): string | null {
  const { browser, store } = context
  const opened = store.get().opened.find(open => open.id === id && !(id === null && open.outgoing))
  const before = composedIn(opened ?? openConversation({ key: '', id, ...readTexts(browser, id) }))
  const after = [...texts, before].reduce(joined, { content: '', attachments: [] })
  if (opened) setComposed(context, opened.key, after)
  else keepComposed(browser, id, { before, after })
  return opened?.key ?? null
}
