import type { Attachment, Part } from '../../protocol/parts.ts'
import { codeFenceFor } from '../codeFence.ts'
import type { ProviderMessage } from './provider.ts'

/** A message as plain text, for a provider that takes text. */
export interface TextMessage {
  readonly role: ProviderMessage['role']
  readonly content: string
}

/** A branch as text. Leaves out a message that has no such text, for example a reply with reasoning alone. */
export function historyAsText(history: readonly ProviderMessage[]): TextMessage[] {
  return history.flatMap(({ role, parts }) => {
    const content = messageAsText(parts)
    return content === '' ? [] : { role, content }
  })
}

/** A message as text: its text and refusals, then each attached file in a fence with its name. */
export function messageAsText(parts: readonly Part[]): string {
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
      case 'suggestions':
      case 'break':
        break
      default:
        part satisfies never
    }
  }
  return [text, ...files].filter(Boolean).join('\n\n')
}

function fenced({ name, text }: Attachment): string {
  const fence = codeFenceFor(text)
  return `${fence}${name.replace(/[\s\p{Cc}`]+/gu, ' ').trim()}\n${text}\n${fence}`
}
