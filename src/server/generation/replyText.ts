import { type ContentEvent, EVENTS, isDelta, isJoined } from '../../protocol/events.ts'
import { PARTS, type Part } from '../../protocol/parts.ts'

/** UTF-16 units of text that the event adds to a reply. */
export function lengthOf(event: ContentEvent): number {
  if (isJoined(event)) return event.content.length
  switch (event.type) {
    case 'source-add':
      return event.url.length + event.title.length
    case 'suggestions-add':
      return total(event.questions)
    case 'search-start':
    case 'search-end':
      return total(event.queries) + (event.url?.length ?? 0)
    case 'tool-start':
      return event.tool.length + (event.title?.length ?? 0)
    case 'file-start':
      return event.name.length
    case 'file-end':
      return event.description?.length ?? 0
    case 'tool-end':
      return event.content?.length ?? 0
    default:
      return 0
  }
}

/** The text of parts, of any kind, in UTF-16 units. */
export function lengthOfParts(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + lengthOfPart(part), 0)
}

/**
 * The beginning of the event that has at most `length` UTF-16 units, and no half of a character. `undefined` if nothing
 * of it fits.
 */
export function cutTo(event: ContentEvent, length: number): ContentEvent | undefined {
  if (!isDelta(event)) return undefined
  const content = event.content.slice(0, Math.max(0, length)).replace(/[\uD800-\uDBFF]$/, '')
  return content === '' ? undefined : { ...event, content }
}

function lengthOfPart(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return part.text.length
    case 'source':
      return part.url.length + part.title.length
    case 'suggestions':
      return total(part.questions)
    case 'search':
      return total(part.queries) + (part.url?.length ?? 0)
    case 'file':
      return part.name.length + part.text.length
    case 'tool':
      return part.arguments.length + (part.content?.length ?? 0)
    case 'image':
    case 'document':
    case 'break':
      return 0
    default:
      part satisfies never
      return 0
  }
}

function total(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0)
}

/** Whether the event adds text or a refusal, and more than white space, or a picture. */
export function isAnswer(chunk: ContentEvent): boolean {
  if (chunk.type === 'file-start') return true
  return isDelta(chunk) && PARTS[EVENTS[chunk.type].part].isVisibleText && /\S/.test(chunk.content)
}
