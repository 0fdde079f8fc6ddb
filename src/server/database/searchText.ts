import type { Part, StoredPart } from '../../protocol/parts.ts'
import { mendedCall, type ToolState } from '../../protocol/tools.ts'
import { withoutCaseAndAccents } from '../../protocol/withoutCaseAndAccents.ts'

/** How much of a message a search looks through, in UTF-16 units. */
export const MAX_SEARCHED = 200_000
/** A word as the index sees it. It includes combining marks, because a letter may be written as a letter and a mark. */
const WORD = /[\p{L}\p{N}\p{Co}\p{M}]+/gu

/** SQLite takes no JSON that is deeper. */
const MAX_DEPTH = 1000

/**
 * The text of a message that a search looks through: what its calls of tools show stands behind its texts, so that a long
 * answer of a tool leaves no text out. The index holds the beginning of the same text. If this text changes, a migration
 * has to build the index anew.
 */
export function searchableText(parts: readonly (Part | StoredPart)[]): string {
  const texts: string[] = []
  const calls: string[] = []
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
      case 'tool':
        calls.push(...textsOfCall(part))
        break
      case 'reasoning':
      case 'source':
      case 'suggestions':
      case 'search':
      case 'break':
        break
      default:
        part satisfies never
    }
  }
  return [...texts, ...calls].join('\n')
}

function textsOfCall(call: ToolState): string[] {
  const { title, tool, arguments: json, content = '', files = [] } = mendedCall(call)
  const values = /^\s*[[{]/.test(content) ? valuesIn(content) : undefined
  return [
    title ?? tool,
    ...(valuesIn(json) ?? []),
    ...(values ?? [content]),
    ...files.map(({ name }) => name),
  ]
}

/** The values in a text of JSON, as people read them. `undefined` if the text is no JSON. */
function valuesIn(json: string): string[] | undefined {
  try {
    return [...valuesOf(JSON.parse(json), 0)]
  } catch {
    return undefined
  }
}

/** Throws if the value is too deep. */
function* valuesOf(value: unknown, depth: number): Generator<string> {
  if (typeof value === 'string' || typeof value === 'number') yield String(value)
  if (typeof value !== 'object' || value === null) return
  if (depth >= MAX_DEPTH) throw new RangeError('too deep')
  for (const inner of Object.values(value)) yield* valuesOf(inner, depth + 1)
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
