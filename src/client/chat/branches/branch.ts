import { pathTo } from '../../../protocol/messageTree.ts'
import type { Part } from '../../../protocol/parts.ts'
import type { Message } from '../../../protocol/responses.ts'
import type { LiveRun, OpenConversation } from '../chatState.ts'

type Branched = Pick<OpenConversation, 'conversation' | 'messages' | 'run'> &
  Partial<Pick<OpenConversation, 'outgoing' | 'editing'>>

/** The messages on the screen: from the first one down to the head of the branch being read. */
export function branchOf(open: Branched): Message[] {
  return pathTo(open.messages, lastOf(open))
}

/**
 * Takes the state `next`, and keeps the head that `before` had if a person is changing a message on that branch and not on
 * the new one. A message being changed stays on the screen even if another tab chooses another branch. If there
 * is a jump target, its branch is shown all the same.
 */
export function keepEditedBranch(before: OpenConversation, next: OpenConversation): OpenConversation {
  const { conversation, jumpTarget } = next
  const headMessageId = before.conversation?.headMessageId ?? null
  const isHeadKept =
    jumpTarget === null &&
    !isEditedOn(next, conversation?.headMessageId ?? null) &&
    isEditedOn(next, headMessageId)
  if (!conversation || !isHeadKept) return { ...next, isHeadKept: false }
  return { ...next, isHeadKept, conversation: { ...conversation, headMessageId } }
}

/** The reply being written, if it is on the branch being read. */
export function runOnScreen(open: OpenConversation): LiveRun | null {
  return open.run && lastOf(open) === open.run.userMessageId ? open.run : null
}

/** The name under which the choice of a branch is written to the server. */
export function headWriteOf(key: string): string {
  return `head ${key}`
}

function lastOf(open: Branched): string | null {
  const { conversation, run, outgoing } = open
  const head = conversation?.headMessageId ?? null
  if (!run) return outgoing?.parentId === undefined ? head : outgoing.parentId
  // A run without a start was asked for in this tab a moment ago, so the person looks at it.
  const staysAtEdited = run.start !== null && !isEditedOn(open, run.userMessageId) && isEditedOn(open, head)
  return staysAtEdited ? head : run.userMessageId
}

function isEditedOn({ messages, editing }: Branched, last: string | null): boolean {
  return editing != null && pathTo(messages, last).some(({ id }) => id === editing.messageId)
}

/**
 * For each message its siblings and itself: the ids of those with the same parent and role, oldest first. A reply that waited
 * for a decision is not among them once another one has gone on with it.
 */
export function siblingsOf(messages: readonly Message[]): Map<string, readonly string[]> {
  const groups = new Map<string, Message[]>()
  for (const message of messages) {
    const place = `${message.role} ${message.parentId}`
    const group = groups.get(place)
    const last = group?.at(-1)
    if (last && goesOnWith(message, last)) group?.pop()
    if (group) group.push(message)
    else groups.set(place, [message])
  }
  return new Map(
    [...groups.values()].flatMap(group => {
      const ids = group.map(({ id }) => id)
      return ids.map(id => [id, ids])
    }),
  )
}

/** Whether a reply begins with all that a paused one has, so that nobody misses that one. */
function goesOnWith({ parts }: Message, before: Message): boolean {
  if (before.role !== 'ASSISTANT' || before.status !== 'paused') return false
  return before.parts.every((part, index) => isSamePart(part, parts[index]))
}

function isSamePart(one: Part, other: Part | undefined): boolean {
  if (one.type === 'tool') return other?.type === 'tool' && one.callId === other.callId
  if ('text' in one) return other?.type === one.type && one.text === other.text
  return one.type === other?.type
}

/** The newest message below one, or that one itself: the end of its most recent branch. */
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
