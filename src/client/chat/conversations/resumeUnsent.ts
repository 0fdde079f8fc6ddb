import type { Browser } from '../../browser.ts'
import { type ChatContext, forgetOpen, updateState } from '../chatContext.ts'
import { createOpenConversation, type OpenConversation } from '../chatState.ts'
import { deliver } from '../composing/deliver.ts'
import { conversationsWithQueue, readSavedDrafts, readSavedOutgoing } from '../composing/savedDrafts.ts'
import { showAddress } from './openConversation.ts'
import { readConversation } from './readConversation.ts'

/** After a reload: opens the conversations that have unsent messages, shows the page's address, and goes on delivering. */
export function resumeUnsent(context: ChatContext): void {
  const { browser, store } = context
  const resumed = readUnsent(browser)
  const address = browser.address.read()
  const [placeholder] = store.get().opened
  const shown = resumed.find(({ id }) => id === address)
  updateState(context, { opened: [...store.get().opened, ...resumed] })
  if (shown) {
    updateState(context, { currentKey: shown.key })
    if (placeholder) forgetOpen(context, placeholder.key)
  } else {
    showAddress(context, address, browser.address.readMessage())
  }
  for (const { key, id } of resumed) {
    if (id === null) deliver(context, key)
    else readConversation(context, key)
  }
}

/** The conversations that had a message in the outbox or in the queue before the reload. */
function readUnsent(browser: Browser): OpenConversation[] {
  const sent = readSavedOutgoing(browser).map(
    ({ conversationId: id, assistant, temporary, queue, ...message }) => {
      const saved = readSavedDrafts(browser, id)
      const waiting = saved.queue.length > 0 ? saved.queue : queue
      return {
        ...createOpenConversation({ key: browser.createId(), id, ...saved, queue: waiting }),
        assistant,
        temporary,
        outgoing: { ...message, waiting: false, stopRequested: false },
      }
    },
  )
  const queued = conversationsWithQueue(browser)
    .filter(id => sent.every(open => open.id !== id))
    .map(id => createOpenConversation({ key: browser.createId(), id, ...readSavedDrafts(browser, id) }))
  return [...sent, ...queued]
}
