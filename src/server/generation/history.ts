import type { TextAttachment } from '../../protocol/parts.ts'
import type { ToolState } from '../../protocol/tools.ts'
import { codeFenceFor } from '../codeFence.ts'
import type { ProviderMessage, ProviderPart } from './provider.ts'

/** A message as plain text, for a provider that takes text. */
export interface TextMessage {
  readonly role: ProviderMessage['role']
  readonly content: string
  /** The pictures of a person's message, by the ids of their files. */
  readonly images?: readonly string[]
}

/** Calls that a model made side by side, with what it wrote before them, and what the tools answered. */
export interface CallStep {
  readonly role: 'calls'
  readonly step: number
  readonly content: string
  readonly calls: readonly ToolState[]
}

export type HistoryItem = TextMessage | CallStep

/**
 * A branch as text. Leaves out a message that has no such text, for example a reply with reasoning alone. Joins messages
 * of one role in a row, because some models take the roles only in turn. Calls of tools are left out.
 */
export function historyAsText(history: readonly ProviderMessage[]): TextMessage[] {
  return joined(history.map(textMessage))
}

/** As `historyAsText`, with the calls of tools. */
export function historyWithCalls(history: readonly ProviderMessage[]): HistoryItem[] {
  return joined(
    history.flatMap(message =>
      message.role === 'user' ? [textMessage(message)] : replyItems(message.parts),
    ),
  )
}

function textMessage({ role, parts }: ProviderMessage): TextMessage {
  const images = role === 'user' ? imagesIn(parts) : []
  return { role, content: messageAsText(parts), ...(images.length > 0 && { images }) }
}

/** The ids of the pictures. */
export function imagesIn(parts: readonly ProviderPart[]): string[] {
  return parts.flatMap(part => (part.type === 'image' ? part.fileId : []))
}

/**
 * A reply as the provider wrote it: texts, and between them the calls with their answers. What the model wrote between two calls
 * of one step counts as written before them.
 */
export function replyItems(parts: readonly ProviderPart[]): HistoryItem[] {
  const items: HistoryItem[] = []
  let before: ProviderPart[] = []
  let since: ProviderPart[] = []
  let calls: ToolState[] = []
  const endStep = () => {
    const [first] = calls
    if (!first) return
    items.push({ role: 'calls', step: first.step, content: messageAsText(before), calls })
    before = []
    calls = []
  }
  for (const part of parts) {
    if (part.type !== 'tool') {
      since.push(part)
      continue
    }
    if (calls[0]?.step !== part.step) endStep()
    before.push(...since)
    since = []
    calls.push(part)
  }
  endStep()
  items.push({ role: 'assistant', content: messageAsText(since) })
  return items
}

function joined<Item extends HistoryItem>(items: readonly Item[]): Item[] {
  const list: Item[] = []
  for (const item of items) {
    const last = list.at(-1)
    if (item.role !== 'calls' && item.content === '') continue
    if (last && last.role !== 'calls' && item.role !== 'calls' && last.role === item.role) {
      const images = [...(last.images ?? []), ...(item.images ?? [])]
      const content = `${last.content}\n\n${item.content}`
      list[list.length - 1] = { ...last, content, ...(images.length > 0 && { images }) }
    } else list.push(item)
  }
  return list
}

/** What the model reads as the answer of a call, whatever became of it. */
export function answerOf({ status, attempt, content }: ToolState): string {
  if (content !== undefined) return content
  switch (status) {
    case 'denied':
      return 'The person decided that this call may not run. It had no effect.'
    case 'unknown':
      return 'The server stopped during this call. It may have had its effect. Ask the person before you repeat it.'
    case 'stopped':
    case 'running':
      return attempt > 0
        ? 'The person stopped this call. It may have had its effect. Ask the person before you repeat it.'
        : 'This call did not run.'
    case 'waiting':
      return attempt > 0
        ? 'The tool asked the person something, and nobody has answered. It did not finish. It may have had a part of its effect.'
        : 'This call did not run.'
    case 'writing':
      return 'This call did not run.'
    case 'completed':
    case 'failed':
      return ''
  }
}

/** The arguments of a call as an object, or `undefined` if the model wrote something else. */
export function argumentsOf({
  arguments: text,
}: Pick<ToolState, 'arguments'>): Record<string, unknown> | undefined {
  // Some servers write nothing where there are no arguments.
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
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
      case 'tool':
      case 'break':
        break
      default:
        part satisfies never
    }
  }
  return [text, ...files].filter(Boolean).join('\n\n')
}

/** What a message takes of a request, in UTF-16 units: its text, and its calls with their answers. */
export function lengthSent(parts: readonly ProviderPart[]): number {
  return parts.reduce(
    (sum, part) => (part.type === 'tool' ? sum + part.arguments.length + answerOf(part).length : sum),
    messageAsText(parts).length,
  )
}

/**
 * The newer half of a history, by the length of its text. It begins with a question, and always has the last one.
 * `undefined` if there is nothing to leave out.
 */
export function newerHalf(history: readonly ProviderMessage[]): readonly ProviderMessage[] | undefined {
  const lengths = history.map(({ parts }) => lengthSent(parts))
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
