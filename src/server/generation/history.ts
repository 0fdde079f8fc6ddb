import type { Attachment, Part } from '../../protocol/parts.ts'
import { codeFenceFor } from '../codeFence.ts'
import type { ProviderMessage } from './provider.ts'

/** A message as a provider that takes text gets it. */
export interface ToldMessage {
  readonly role: ProviderMessage['role']
  readonly content: string
}

/**
 * What a provider gets of a branch. A message of which it gets nothing, as a reply without text, is left out. Messages of
 * one role in a row are one, because some models take the roles only in turn.
 */
export function toldHistory(history: readonly ProviderMessage[]): ToldMessage[] {
  const told: { role: ProviderMessage['role']; content: string }[] = []
  for (const { role, parts } of history) {
    const content = toldText(parts)
    const last = told.at(-1)
    if (content === '') continue
    if (last?.role === role) last.content += `\n\n${content}`
    else told.push({ role, content })
  }
  return told
}

/** What a provider gets of a message: its text, then each attached file in a fence with its name. */
export function toldText(parts: readonly Part[]): string {
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
      case 'reasoning':
      case 'source':
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
  const lengths = history.map(({ parts }) => toldText(parts).length)
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

function fenced({ name, text }: Attachment): string {
  const fence = codeFenceFor(text)
  return `${fence}${name.replace(/[\s\p{Cc}`]+/gu, ' ').trim()}\n${text}\n${fence}`
}
