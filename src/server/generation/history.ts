import type { TextAttachment } from '../../protocol/parts.ts'
import { codeFenceFor } from '../codeFence.ts'
import type { ProviderMessage, ProviderPart } from './provider.ts'

/** A message as plain text, for a provider that takes text. */
export interface TextMessage {
  readonly role: ProviderMessage['role']
  readonly content: string
}

/**
 * A branch as text. Leaves out a message that has no such text, for example a reply with reasoning alone. Joins messages
 * of one role in a row, because some models take the roles only in turn.
 */
export function historyAsText(history: readonly ProviderMessage[]): TextMessage[] {
  const messages: { role: ProviderMessage['role']; content: string }[] = []
  for (const { role, parts } of history) {
    const content = messageAsText(parts)
    const last = messages.at(-1)
    if (content === '') continue
    if (last?.role === role) last.content += `\n\n${content}`
    else messages.push({ role, content })
  }
  return messages
}

/**
 * A message as text: its text and refusals, then each attached text and each document in a fence with its name. Of a
 * picture, and of a document whose text is not there, it has the name.
 */
export function messageAsText(parts: readonly ProviderPart[]): string {
  let text = ''
  const files: string[] = []
  for (const part of parts) {
    switch (part.type) {
      case 'text':
      case 'refusal':
        text += part.text
        break
      case 'file':
        files.push(fenced(part))
        break
      case 'document':
        files.push('text' in part ? fenced(part) : named(part.name))
        break
      case 'image':
        files.push(named(part.name))
        break
      case 'reasoning':
      case 'source':
      case 'suggestions':
      case 'break':
        break
      default:
        part satisfies never
    }
  }
  return [text, ...files].filter(Boolean).join('\n\n')
}

/**
 * The newer half of a history, by the length of its text. It begins with a question, and always has the last one.
 * `undefined` if there is nothing to leave out.
 */
export function newerHalf(history: readonly ProviderMessage[]): readonly ProviderMessage[] | undefined {
  const lengths = history.map(({ parts }) => messageAsText(parts).length)
  const whole = lengths.reduce((sum, length) => sum + length, 0)
  let left = whole
  const from = lengths.findIndex((length, index) => {
    const isHalf = index > 0 && left <= whole / 2 && history[index]?.role === 'user'
    left -= length
    return isHalf
  })
  return from === -1 ? lastQuestion(history) : history.slice(from)
}

/** The last question alone. `undefined` if the history is nothing else. */
export function lastQuestion(history: readonly ProviderMessage[]): readonly ProviderMessage[] | undefined {
  const from = history.findLastIndex(({ role }) => role === 'user')
  return from > 0 ? history.slice(from) : undefined
}

function fenced({ name, text }: TextAttachment): string {
  const fence = codeFenceFor(text)
  return `${fence}${onOneLine(name)}\n${text}\n${fence}`
}

function named(name: string): string {
  return `[${onOneLine(name)}]`
}

function onOneLine(name: string): string {
  return name.replace(/[\s\p{Cc}`]+/gu, ' ').trim()
}
