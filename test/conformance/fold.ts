import type { Part } from '../../src/protocol/parts.ts'
import type { ConversationResponse } from '../../src/protocol/responses.ts'
import type { Frame } from './client.ts'

const DELTAS = { 'refusal-delta': 'refusal', 'reasoning-delta': 'reasoning' } as const

/** A frame without a name is text. */
export function isText({ event }: Frame): boolean {
  return event === undefined
}

/** The message that frames add up to, by the rules of PROTOCOL.md. */
export function foldOf(frames: readonly Frame[]): Part[] {
  let parts: Part[] = []
  for (const { event, fields } of frames) {
    const { content = '', url = '', title = '', questions = [] } = fields
    if (event === 'snapshot' || event === 'run-continue') parts = structuredClone(fields.parts ?? [])
    else if (event === 'source-add') parts.push({ id: nextId(parts), type: 'source', url, title })
    else if (event === 'suggestions-add') parts.push({ id: nextId(parts), type: 'suggestions', questions })
    else if (event === undefined) append(parts, 'text', content)
    else if (event === 'refusal-delta' || event === 'reasoning-delta') append(parts, DELTAS[event], content)
  }
  return parts
}

/** The stored parts of a message of a conversation. */
export function storedParts({ messages }: ConversationResponse, messageId: string): Part[] | undefined {
  return messages.find(({ id }) => id === messageId)?.parts
}

export function textOf(parts: readonly Part[] = []): string {
  return parts.map(part => (part.type === 'text' ? part.text : '')).join('')
}

function append(parts: Part[], type: 'text' | 'refusal' | 'reasoning', text: string): void {
  const last = parts.at(-1)
  if (last?.type === type) last.text += text
  else parts.push({ id: nextId(parts), type, text })
}

/** The id of the next part: the n-th part has the id n. */
export function nextId(parts: readonly unknown[]): string {
  return String(parts.length + 1)
}
