import type { Part } from '../../protocol/events.ts'
import type { SearchHit } from '../../protocol/responses.ts'
import { folded } from '../database/folded.ts'

/** Longest excerpt, and how much of it stands before the first hit, in UTF-16 units. */
const LENGTH = 160
const LEAD = 40
/** How much of a message is looked through for the best excerpt, in UTF-16 units. */
const MAX_TEXT = 200_000
const MAX_HITS = 200
/** What the index takes for a word. Marks belong to it: a letter may be written in two pieces. */
const WORD = /[\p{L}\p{N}\p{Co}\p{M}]+/gu

/** The words of a query, as they were typed. What has no letter or digit is none. */
export function wordsOf(query: string): string[] {
  return query.split(/\s+/).filter(word => /[\p{L}\p{N}\p{Co}]/u.test(word))
}

/** What a search looks through: the text that the index has. */
export function searchableText(parts: readonly Part[]): string {
  return parts
    .flatMap(part => {
      if (part.type === 'file') return [part.name, part.text]
      return part.type === 'text' || part.type === 'refusal' ? part.text : []
    })
    .join('\n')
}

/**
 * The place of `text` where most of the words stand together, on one line, with `isMatch` on them; the beginning of the
 * text where none is seen.
 */
export function excerptOf(text: string, words: readonly string[]): SearchHit['excerpt'] {
  const line = text.slice(0, MAX_TEXT).replace(/\s+/g, ' ')
  const hits = hitsIn(tokensOf(line), words.map(tokensOf))
  const best = densest(hits)
  const from = best ? lineStart(line, best.start) : 0
  const to = lineEnd(line, from + LENGTH, best?.end ?? from + 1)
  const pieces: SearchHit['excerpt'] = []
  const add = (piece: string, isMatch: boolean) => {
    if (piece !== '') pieces.push({ text: piece, isMatch })
  }
  let position = from
  let before = from > 0 ? '…' : ''
  for (const { start, end } of hits) {
    if (start < position || start >= to) continue
    add(before + line.slice(position, start), false)
    position = Math.min(end, to)
    add(line.slice(start, position), true)
    before = ''
  }
  add(before + line.slice(position, to) + (to < line.length ? '…' : ''), false)
  return pieces
}

interface Token {
  start: number
  end: number
  /** Without case and accents. */
  folded: string
}

function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(WORD), ({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
    folded: folded(word),
  }))
}

interface Hit {
  start: number
  end: number
  /** Which of the words. */
  word: number
}

/** Where the words stand, in order. One that is several tokens, as `e-mail`, is there when they follow each other. */
function hitsIn(tokens: readonly Token[], words: readonly Token[][]): Hit[] {
  const hits: Hit[] = []
  for (const [at, { start }] of tokens.entries()) {
    for (const [word, looked] of words.entries()) {
      const isLast = word === words.length - 1
      const isHere = looked.every(({ folded }, offset) => {
        const token = tokens[at + offset]?.folded
        return isLast && offset === looked.length - 1 ? token?.startsWith(folded) : token === folded
      })
      const end = tokens[at + looked.length - 1]?.end
      if (isHere && end !== undefined) hits.push({ start, end, word })
    }
    if (hits.length >= MAX_HITS) break
  }
  return hits
}

/** The hit that has the most different words within an excerpt's reach. */
function densest(hits: readonly Hit[]): Hit | undefined {
  const wordsFrom = (first: Hit) =>
    new Set(
      hits
        .filter(({ start, end }) => start >= first.start && end <= first.start + LENGTH - LEAD)
        .map(({ word }) => word),
    ).size
  let best: { hit: Hit; words: number } | undefined
  for (const hit of hits) {
    const words = wordsFrom(hit)
    if (!best || words > best.words) best = { hit, words }
  }
  return best?.hit
}

/** Where an excerpt begins that has a hit at `start`: a little earlier, at the beginning of a word. */
function lineStart(line: string, start: number): number {
  if (start <= LEAD) return 0
  const space = line.indexOf(' ', start - LEAD - 1)
  return space === -1 || space >= start ? start : space + 1
}

/** Where an excerpt ends: at `index`, or at the end of a word before it that is not before `least`. */
function lineEnd(line: string, index: number, least: number): number {
  if (index >= line.length) return line.length
  const space = line.lastIndexOf(' ', index)
  if (space >= least) return space
  const isInsideCharacter = /[\uD800-\uDBFF]/.test(line[index - 1] ?? '')
  return isInsideCharacter ? index - 1 : index
}
