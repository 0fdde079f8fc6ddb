import type { Message } from '../../../protocol/responses.ts'
import type { LiveRun, OpenConversation } from '../chatState.ts'

type Branched = Pick<OpenConversation, 'conversation' | 'messages' | 'run'> &
  Partial<Pick<OpenConversation, 'outgoing' | 'editing'>>

/** The messages from the root to the one being read, oldest first. Siblings left by retries and edits are not on it. */
export function branchOf(open: Branched): Message[] {
  return pathTo(open.messages, lastOf(open))
}

/**
 * `next`, whose head is the server's, or as it was `before`: a message that is being changed stays on the screen, whatever
 * branch another tab went to, unless another is looked for.
 */
export function keepingEdited(before: OpenConversation, next: OpenConversation): OpenConversation {
  const { conversation, target } = next
  const headMessageId = before.conversation?.headMessageId ?? null
  const isHeadKept =
    target === null &&
    !isEditedOn(next, conversation?.headMessageId ?? null) &&
    isEditedOn(next, headMessageId)
  if (!conversation || !isHeadKept) return { ...next, isHeadKept: false }
  return { ...next, isHeadKept, conversation: { ...conversation, headMessageId } }
}

/** The reply being written, unless it is on another branch than the one being read. */
export function runOnScreen(open: OpenConversation): LiveRun | null {
  return open.run && lastOf(open) === open.run.userMessageId ? open.run : null
}

function lastOf(open: Branched): string | null {
  const { conversation, run, outgoing } = open
  const head = conversation?.headMessageId ?? null
  if (!run) return outgoing?.parentId === undefined ? head : outgoing.parentId
  // One without a name was asked for in this tab, and is looked at.
  const staysAtEdited = run.start !== null && !isEditedOn(open, run.userMessageId) && isEditedOn(open, head)
  return staysAtEdited ? head : run.userMessageId
}

function isEditedOn({ messages, editing }: Branched, last: string | null): boolean {
  return editing != null && pathTo(messages, last).some(({ id }) => id === editing.messageId)
}

function pathTo(messages: readonly Message[], last: string | null): Message[] {
  const byId = new Map(messages.map(message => [message.id, message]))
  const path: Message[] = []
  let id = last
  while (id !== null) {
    const message = byId.get(id)
    if (!message) break
    byId.delete(id)
    path.push(message)
    id = message.parentId
  }
  return path.reverse()
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
