import type { Part, StoredPart } from '../../protocol/parts.ts'
import { withoutCaseAndAccents } from '../../protocol/withoutCaseAndAccents.ts'

/** How much of a message a search looks through, in UTF-16 units. */
export const MAX_SEARCHED = 200_000
/** A word as the index sees it. It includes combining marks, because a letter may be written as a letter and a mark. */
const WORD = /[\p{L}\p{N}\p{Co}\p{M}]+/gu

/**
 * The text of a message that a search looks through. The index holds the beginning of the same text. If this text
 * changes, a migration has to build the index anew.
 */
export function searchableText(parts: readonly (Part | StoredPart)[]): string {
  const texts: string[] = []
  for (const part of parts) {
    switch (part.type) {
      case 'text':
      case 'refusal':
        texts.push(part.text)
        break
      case 'file':
        texts.push(part.name, part.text)
        break
      case 'image':
      case 'document':
        texts.push(part.name)
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
  return texts.join('\n')
}

export interface Token {
  start: number
  end: number
  /** The word without case and accents. */
  folded: string
}

/** The words of a text, with their places. */
export function* tokensOf(text: string): Generator<Token> {
  for (const { 0: word, index } of text.matchAll(WORD))
    yield { start: index, end: index + word.length, folded: withoutCaseAndAccents(word) }
}
