import type { Share } from '../protocol/responses.ts'

/** The path of a conversation's page, or of a message on it; `null` is a new conversation. */
export function conversationPath(conversationId: string | null, messageId: string | null = null): string {
  if (conversationId === null) return '/'
  const fragment = messageId === null ? '' : `#${encodeURIComponent(messageId)}`
  return `/c/${encodeURIComponent(conversationId)}${fragment}`
}

/** The conversation that a path names; `null` if it names none. */
export function conversationIdOf(path: string): string | null {
  const id = /^\/c\/([^/]+)\/?$/.exec(path)?.[1]
  return id === undefined ? null : decodeURIComponent(id)
}

/** The address of a public link's page, with its origin, to be passed on to others. */
export function shareAddress(share: Share): string {
  return `${location.origin}/s/${share.id}`
}
