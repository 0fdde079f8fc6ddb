import { MAX_BODY_BYTES } from '../../../protocol/limits.ts'
import type { Attachment } from '../../../protocol/parts.ts'
import type { SendRequest } from '../../../protocol/requests.ts'
import type { Composed, NamedMessage, OpenConversation } from '../chatState.ts'

/** Attachments one message takes. */
export const MAX_ATTACHMENTS = 10
/** A text longer than this, in characters or lines, reads better as an attachment than in the field it is pasted into. */
const LONG_PASTE = { characters: 2000, lines: 30 }
/** The most bytes one UTF-16 unit can take as JSON: `\u0001`. */
const MOST_BYTES = 6
/** Room for the ids and names around the text of a request, in bytes. */
const ENVELOPE = 512
/** From this share of the limit on, a person is told how much room is left. */
const NEAR_LIMIT = 0.9

export function isBlank({ content, attachments }: Composed): boolean {
  return content.trim() === '' && attachments.length === 0
}

export function isSame(one: Composed, other: Composed): boolean {
  const { attachments } = other
  return (
    one.content === other.content &&
    one.attachments.length === attachments.length &&
    one.attachments.every(({ name, text }, index) => {
      return name === attachments[index]?.name && text === attachments[index].text
    })
  )
}

/** The id under which a message goes out: that of `returned` where it is the same, else a new one. */
export function nameOf(message: Composed, returned: NamedMessage | null, createId: () => string): string {
  return returned && isSame(message, returned) ? returned.clientMessageId : createId()
}

/** Two texts as one; blank ones do not count. */
export function joinText(first: string, second: string): string {
  return [first, second].filter(text => text.trim() !== '').join('\n\n')
}

/** Two messages as one. Attachments of one name get names of their own; what is too many becomes text. */
export function joined(first: Composed, second: Composed): Composed {
  const all = [...first.attachments]
  for (const { name, text } of second.attachments) {
    const dot = name.lastIndexOf('.')
    const end = dot > 0 ? dot : name.length
    const numbered = (number: number) => `${name.slice(0, end)} (${number})${name.slice(end)}`
    all.push({ name: freeName(all, number => (number === 1 ? name : numbered(number))), text })
  }
  const overflow = all.slice(MAX_ATTACHMENTS).map(({ text }) => text)
  return {
    content: [second.content, ...overflow].reduce(joinText, first.content),
    attachments: all.slice(0, MAX_ATTACHMENTS),
  }
}

/** The body that sends the outgoing message of a conversation: the same one each time it is tried. */
export function sendBodyOf({ id, assistant, outgoing }: OpenConversation): SendRequest | null {
  if (!outgoing) return null
  const { clientMessageId, content, attachments, parentId } = outgoing
  const place = id !== null ? { conversationId: id } : assistant !== null && { assistant }
  return {
    ...place,
    clientMessageId,
    ...(parentId !== undefined && { parentId }),
    content,
    ...(attachments.length > 0 && { attachments: [...attachments] }),
  }
}

/** The share of the largest request that a message takes up; 0 while it is far from it. More than 1 cannot be sent. */
export function fullnessOf({ content, attachments }: Composed): number {
  const units = attachments.reduce((sum, { name, text }) => sum + name.length + text.length, content.length)
  if ((units * MOST_BYTES + ENVELOPE) / MAX_BODY_BYTES < NEAR_LIMIT) return 0
  const json = JSON.stringify({ content, attachments })
  const fullness = (new TextEncoder().encode(json).length + ENVELOPE) / MAX_BODY_BYTES
  return fullness < NEAR_LIMIT ? 0 : fullness
}

/** Whether a pasted text is better off as an attachment. */
export function isLongPaste(text: string): boolean {
  return (
    text.length > LONG_PASTE.characters || text.split('\n', LONG_PASTE.lines + 1).length > LONG_PASTE.lines
  )
}

/** The first name, `named(1)`, `named(2)` …, that no attachment has yet. */
export function freeName(attachments: readonly Attachment[], named: (number: number) => string): string {
  const names = new Set(attachments.map(({ name }) => name))
  let number = 1
  while (names.has(named(number))) number += 1
  return named(number)
}
