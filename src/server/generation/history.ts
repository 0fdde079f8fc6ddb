import { type Part, textOf } from '../../protocol/events.ts'
import { codeFenceFor } from '../codeFence.ts'

/** What a provider gets of a message: its text, then each attached file in a fence with its name. */
export function toldText(parts: readonly Part[]): string {
  const files = parts.flatMap(part => (part.type === 'file' ? fenced(part) : []))
  return [textOf(parts), ...files].filter(Boolean).join('\n\n')
}

function fenced({ name, text }: { name: string; text: string }): string {
  const fence = codeFenceFor(text)
  return `${fence}${name.replace(/[\s\p{Cc}`]+/gu, ' ').trim()}\n${text}\n${fence}`
}
