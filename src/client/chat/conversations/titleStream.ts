import { PATHS } from '../../../protocol/paths.ts'
import { requestInit } from '../../api.ts'
import { readEvents, type ServerEvent } from '../../streams/readEvents.ts'
import { type ChatContext, findOpen } from '../chatContext.ts'
import { refreshList, showTitle } from './listing.ts'

/**
 * Asks for the title of an open conversation that has a complete reply and only a provisional title, and shows the title
 * as it is written. It is harmless to ask again, because the server asks its provider once. If it fails, the title stays.
 */
export async function requestTitle(context: ChatContext, key: string): Promise<void> {
  const { browser, titles } = context
  const open = findOpen(context, key)
  const hasReply = open?.messages.some(
    message => message.role === 'ASSISTANT' && message.status === 'completed',
  )
  const isWanted = hasReply && open?.conversation?.titleStatus === 'provisional'
  if (!open?.id || !isWanted || titles.has(open.id)) return
  const { id, conversation } = open
  titles.set(id, '')
  const title = await readTitle(context, id).catch(() => null)
  titles.delete(id)
  // An unchanged title sends no hint, or two tabs would wake each other for ever.
  if (title !== null && title !== conversation?.title) browser.events.sendHint(id)
  // A read of the list that began before the title was stored may bring the old one.
  await refreshList(context)
}

/** Follows the stream of a title. Gives the stored title, or `null` if the stream was cut. */
async function readTitle(context: ChatContext, id: string): Promise<string | null> {
  const response = await context.browser.fetch(PATHS.title(id), requestInit({ method: 'POST' }))
  if (!response.ok) return null
  let stored: string | null = null
  for await (const events of readEvents(response)) {
    for (const event of events) stored = showEvent(context, id, event) ?? stored
  }
  return stored
}

/** Gives the title if `event` says that it is stored. */
function showEvent(context: ChatContext, id: string, { name, data }: ServerEvent): string | null {
  const { content = '', title } = JSON.parse(data) as { content?: string; title?: string }
  const before = context.titles.get(id)
  if (title !== undefined) showTitle(context, { id, title, isFinal: true })
  else if (before !== undefined) {
    const soFar = before + content
    context.titles.set(id, soFar)
    showTitle(context, { id, title: soFar, isFinal: false })
  }
  return name === 'title-end' ? (title ?? null) : null
}
