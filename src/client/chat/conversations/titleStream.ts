import { createParser } from 'eventsource-parser'
import { requestInit } from '../api.ts'
import { type ChatContext, findOpen } from '../chatContext.ts'
import { refreshList, showTitle } from './listing.ts'

/**
 * Asks for a better title than the first words, once an open conversation has a whole reply, and shows it as it comes.
 * Asking again is harmless: the server asks its provider once. A failure leaves the title as it is.
 */
export async function nameConversation(context: ChatContext, key: string): Promise<void> {
  const { browser, titles } = context
  const open = findOpen(context, key)
  const isWhole = open?.messages.some(
    message => message.role === 'ASSISTANT' && message.status === 'completed',
  )
  if (!open?.id || !isWhole || open.conversation?.titleStatus !== 'provisional' || titles.has(open.id)) return
  const { id, conversation } = open
  titles.set(id, '')
  const title = await readTitle(context, id).catch(() => null)
  titles.delete(id)
  // One that is as it was is no news: two tabs that told each other would ask in turns for ever.
  if (title !== null && title !== conversation.title) browser.events.sendHint(id)
  // A list that was asked for before the end may bring the old title after it.
  await refreshList(context)
}

/** Follows the title's stream. Gives the title it ended with, `null` when it did not come to its end. */
async function readTitle(context: ChatContext, id: string): Promise<string | null> {
  const path = `/api/chat/conversations/${id}/title`
  const response = await context.browser.fetch(path, requestInit({ method: 'POST' }))
  if (!response.ok || !response.body) return null
  let stored: string | null = null
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const { content = '', title } = JSON.parse(data) as { content?: string; title?: string }
      if (event === 'title-end') stored = title ?? null
      if (title !== undefined) return showTitle(context, { id, title, isFinal: true })
      const before = context.titles.get(id)
      if (before === undefined) return
      const soFar = before + content
      context.titles.set(id, soFar)
      showTitle(context, { id, title: soFar, isFinal: false })
    },
  })
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    parser.feed(decoder.decode(chunk.value, { stream: true }))
  }
  return stored
}
