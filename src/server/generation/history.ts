import { hasBytes } from '../../protocol/madeFiles.ts'
import type { TextAttachment } from '../../protocol/parts.ts'
import type { ToolState } from '../../protocol/tools.ts'
import { codeFenceFor } from '../codeFence.ts'
import { type DocumentPart, markOf } from './documents.ts'
import type { ProviderMessage, ProviderPart } from './provider.ts'

/** Characters a token has at least in most texts. A provider counts a little less than such an estimate. */
export const CHARACTERS_PER_TOKEN = 3

/** A message as plain text, for a provider that takes text. */
export interface TextMessage {
  readonly role: ProviderMessage['role']
  readonly content: string
  /** Its pictures, by the ids of their files. */
  readonly images?: readonly string[]
  /** The documents of a person's message that the provider gets as files, by their ids. */
  readonly files?: readonly string[]
}

/** How a provider gets documents. */
export interface DocumentsAs {
  /** Those whose files go along, by their ids. */
  readonly files?: ReadonlySet<string>
  /** What the model reads of those whose text is not there: how to search them, that it cannot, or by default their names. */
  readonly others?: 'searchable' | 'unreadable'
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
export function historyAsText(history: readonly ProviderMessage[], as: DocumentsAs = {}): TextMessage[] {
  return withPicturesAsked(joined(history.map(message => textMessage(message, as))))
}

/** As `historyAsText`, with the calls of tools. */
export function historyWithCalls(history: readonly ProviderMessage[], as: DocumentsAs = {}): HistoryItem[] {
  return withPicturesAsked(
    joined(
      history.flatMap(message =>
        message.role === 'user' ? [textMessage(message, as)] : replyItems(message.parts),
      ),
    ),
  )
}

/**
 * Gives the pictures of a reply to the message that follows it, because providers take pictures from people alone. So a model can
 * change what it has drawn.
 */
function withPicturesAsked<Item extends HistoryItem>(items: readonly Item[]): Item[] {
  let drawn: readonly string[] = []
  return items.map(item => {
    if (item.role === 'calls') return item
    if (item.role === 'assistant') {
      drawn = [...drawn, ...(item.images ?? [])]
      return item
    }
    const images = [...drawn, ...(item.images ?? [])]
    drawn = []
    return images.length > 0 ? { ...item, images } : item
  })
}

function textMessage({ role, parts }: ProviderMessage, as: DocumentsAs): TextMessage {
  const images = imagesIn(parts)
  const files = role === 'user' ? filesIn(parts, as) : []
  return { role, content: messageAsText(parts, as), ...filled({ images, files }) }
}

function filesIn(parts: readonly ProviderPart[], { files }: DocumentsAs): string[] {
  return parts.flatMap(part => (part.type === 'document' && files?.has(part.fileId) ? part.fileId : []))
}

/** The lists that have something. */
function filled({ images, files }: { images: readonly string[]; files: readonly string[] }) {
  return { ...(images.length > 0 && { images }), ...(files.length > 0 && { files }) }
}

/** The ids of the pictures that are there. */
export function imagesIn(parts: readonly ProviderPart[]): string[] {
  return parts.flatMap(part => (part.type === 'image' && hasBytes(part) ? part.fileId : []))
}

/** The ids of the pictures that tools gave. */
export function callImagesIn(parts: readonly (ProviderPart | ToolState)[]): string[] {
  return parts.flatMap(part => {
    const files = 'callId' in part ? (part.files ?? []) : []
    return files.flatMap(({ type, fileId }) => (type === 'image' ? fileId : []))
  })
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
    const pictures = calls.flatMap(({ files = [] }) => files.filter(({ type }) => type === 'image'))
    // In a message of its own, because most servers take only texts as the answer of a tool.
    if (pictures.length > 0)
      items.push({
        role: 'user',
        content: `[The tools gave these pictures, and the person sees them: ${pictures.map(({ name }) => onOneLine(name)).join(', ')}]`,
        images: pictures.map(({ fileId }) => fileId),
      })
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
  const images = imagesIn(parts)
  items.push({ role: 'assistant', content: messageAsText(since), ...(images.length > 0 && { images }) })
  return items
}

function joined<Item extends HistoryItem>(items: readonly Item[]): Item[] {
  const list: Item[] = []
  for (const item of items) {
    const last = list.at(-1)
    if (item.role !== 'calls' && item.content === '') continue
    if (last && last.role !== 'calls' && item.role !== 'calls' && last.role === item.role) {
      const images = [...(last.images ?? []), ...(item.images ?? [])]
      const files = [...(last.files ?? []), ...(item.files ?? [])]
      const content = `${last.content}\n\n${item.content}`
      list[list.length - 1] = { ...last, content, ...filled({ images, files }) }
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
 * A message as text: its text and refusals, then each attached text and each document in a fence with its name. Of a picture, and
 * of a document that goes along as a file, it has the name. Of one that is too long it can say how to read it.
 */
export function messageAsText(parts: readonly ProviderPart[], as: DocumentsAs = {}): string {
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
        files.push(documentAsText(part, as))
        break
      case 'image':
        files.push(named(part.name))
        break
      case 'reasoning':
      case 'source':
      case 'suggestions':
      case 'tool':
      case 'search':
      case 'break':
        break
      default:
        part satisfies never
    }
  }
  return [text, ...files].filter(Boolean).join('\n\n')
}

function documentAsText(document: DocumentPart, { files, others }: DocumentsAs): string {
  const { name, text, pages } = document
  if (files?.has(document.fileId)) return named(name)
  if (text !== undefined) return fenced({ name, text })
  if (!others) return named(name)
  const long = `${onOneLine(name)}: a document${pages === undefined ? '' : ` of ${pages} pages`}, too long to be here`
  return others === 'searchable'
    ? `[${long}. Its mark is ${markOf(document)}. Find what you need in it with document_search and document_read.]`
    : `[${long}. You cannot read it. Say so.]`
}

/** What a message takes of a request, in UTF-16 units: its text, and its calls with their answers. */
export function lengthSent(parts: readonly ProviderPart[]): number {
  return parts.reduce((sum, part) => {
    if (part.type === 'tool') return sum + part.arguments.length + answerOf(part).length
    const isFile = part.type === 'document' && part.givenAs === 'file' && part.text === undefined
    return isFile ? sum + (part.tokens ?? 0) * CHARACTERS_PER_TOKEN : sum
  }, messageAsText(parts).length)
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
