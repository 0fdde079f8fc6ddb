import type { Conversation } from '../../../protocol/responses.ts'

/** The conversations under one heading of the list. `month` is the first day of the month, for those older than a week. */
export interface ConversationGroup {
  id: string
  heading: 'pinned' | 'today' | 'yesterday' | 'week' | { month: Date }
  conversations: Conversation[]
}

/** Groups the list under its headings, in its order. Days are those of the reader's time zone at `now`. */
export function groupConversations(conversations: readonly Conversation[], now: Date): ConversationGroup[] {
  const groups: ConversationGroup[] = []
  for (const conversation of conversations) {
    const heading = conversation.pinned ? 'pinned' : headingOf(new Date(conversation.updatedAt), now)
    const id = typeof heading === 'string' ? heading : `${heading.month.getTime()}`
    const group = groups.find(known => known.id === id)
    if (group) group.conversations.push(conversation)
    else groups.push({ id, heading, conversations: [conversation] })
  }
  return groups
}

function headingOf(date: Date, now: Date): ConversationGroup['heading'] {
  const dayBefore = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days)
  if (date >= dayBefore(0)) return 'today'
  if (date >= dayBefore(1)) return 'yesterday'
  if (date >= dayBefore(7)) return 'week'
  return { month: new Date(date.getFullYear(), date.getMonth(), 1) }
}
