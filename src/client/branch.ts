import type { Message } from '../protocol/responses.ts'
import type { OpenConversation } from './chatState.ts'

/** The messages from the root to the one being read, oldest first. Siblings left by retries and edits are not on it. */
export function branchOf(
  open: Pick<OpenConversation, 'conversation' | 'messages' | 'run'> &
    Partial<Pick<OpenConversation, 'outgoing'>>,
): Message[] {
  const byId = new Map(open.messages.map(message => [message.id, message]))
  const branch: Message[] = []
  let id = lastOf(open)
  while (id !== null) {
    const message = byId.get(id)
    if (!message) break
    byId.delete(id)
    branch.push(message)
    id = message.parentId
  }
  return branch.reverse()
}

function lastOf({ conversation, run, outgoing }: Parameters<typeof branchOf>[0]): string | null {
  if (run) return run.userMessageId
  return outgoing?.parentId === undefined ? (conversation?.headMessageId ?? null) : outgoing.parentId
}

/** The versions of each message: those with the same parent and role, oldest first, by the id of each of them. */
export function siblingsOf(messages: readonly Message[]): Map<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { id, parentId, role } of messages) {
    const place = `${role} ${parentId}`
    const group = groups.get(place)
    if (group) group.push(id)
    else groups.set(place, [id])
  }
  return new Map([...groups.values()].flatMap(group => group.map(id => [id, group])))
}

/** The newest message of all that hang below one, itself included: the end of its most recent branch. */
export function newestLeaf(messages: readonly Message[], messageId: string): string {
  const below = new Set([messageId])
  let newest = messageId
  for (const { id, parentId } of messages) {
    if (parentId === null || !below.has(parentId)) continue
    below.add(id)
    newest = id
  }
  return newest
}
