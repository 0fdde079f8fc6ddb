import type { SearchHit } from '../../protocol/responses.ts'
import { MAX_SEARCHED, type Token, tokensOf } from '../database/searchText.ts'

/** The longest excerpt, and the most text before its first hit, in UTF-16 units. */
const LENGTH = 160
const LEAD = 40
const MAX_HITS = 200
/** To look through one section takes a few milliseconds. In UTF-16 units. */
const SECTION = 20_000
const OVERLAP = 400

/** The words of a query as they were typed, without repeats. A word has a letter or a digit. */
export function queryWords(query: string): string[] {
  const words = query.split(/\s+/).filter(word => /[\p{L}\p{N}\p{Co}]/u.test(word))
  // The last word may repeat an earlier one, because it stands for the beginning of any word.
  return [...new Set(words.slice(0, -1)), ...words.slice(-1)]
}

/** The marks of Markdown, and what stays of each. The time is linear in the text. */
const MARKS: readonly [RegExp, string][] = [
  [/^[ \t]*(?:```|~~~).*$/gm, ''],
  [/^[ \t]*(?:\|[ \t]*)?:?-{2,}:?[ \t]*(?:\|[ \t]*(?::?-{2,}:?[ \t]*)?)*$/gm, ''],
  [/^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)/gm, ''],
  [/!?\[([^[\]\n]{0,300})\]\([^()\s]{0,1000}\)/g, '$1'],
  [/\*\*|__|~~|`+/g, ''],
  [/(?<![\p{L}\p{N}*])\*(?=\S)|(?<=\S)\*(?![\p{L}\p{N}*])/gu, ''],
  [/\|/g, ' '],
]

/** A Markdown text without its marks, for an excerpt. */
export function withoutMarks(text: string): string {
  return MARKS.reduce((plain, [mark, rest]) => plain.replace(mark, rest), text)
}

/** A section of a long text, and whether text stands before and after it. */
export interface Section {
  text: string
  isAfterText?: boolean
  isBeforeText?: boolean
}

/** The sections of what a search looks through. Neighbours overlap, so that no place of an excerpt is cut in two. */
export function* sectionsOf(text: string): Generator<Section> {
  const end = Math.min(text.length, MAX_SEARCHED)
  for (let start = 0; start < end || start === 0; start += SECTION) {
    const from = Math.max(0, start - OVERLAP)
    const to = start + SECTION + OVERLAP < end ? start + SECTION : end
    yield { text: text.slice(from, to), isAfterText: from > 0, isBeforeText: to < text.length }
    if (to === end) return
  }
}

export interface Excerpt {
  pieces: SearchHit['excerpt']
  /** How many different words of the query it shows. */
  words: number
}

/**
 * The place in a section where most of the words stand together, as one line, with `isMatch` on the words. If no word
 * is found, it is the beginning of the section. Reading stops as soon as no better place can follow and the whole
 * excerpt is known.
 */
export function excerptOf(
  { text, isAfterText = false, isBeforeText = false }: Section,
  words: readonly string[],
): Excerpt {
  const line = text.replace(/\s{2,}|[^\S ]/g, ' ')
  const { hits, from, to } = lookThrough(
    line,
    words.map(word => [...tokensOf(word)]),
  )
  const shown = new Set<number>()
  const pieces: SearchHit['excerpt'] = []
  const add = (piece: string, isMatch: boolean) => {
    if (piece !== '') pieces.push({ text: piece, isMatch })
  }
  let position = from
  let before = from > 0 || isAfterText ? '…' : ''
  for (const { start, end, word } of hits) {
    if (start < from || start >= to) continue
    shown.add(word)
    if (start < position) continue
    add(before + line.slice(position, start), false)
    position = Math.min(end, to)
    add(line.slice(start, position), true)
    before = ''
  }
  add(before + line.slice(position, to) + (to < line.length || isBeforeText ? '…' : ''), false)
  return { pieces, words: shown.size }
}

interface Hit {
  start: number
  end: number
  /** The index of the word. */
  word: number
}

/**
 * Where the words stand, in order. A word of several tokens, such as `e-mail`, matches where its tokens follow each
 * other.
 */
function* hitsIn(line: string, words: readonly Token[][]): Generator<Hit, undefined> {
  const last = words.length - 1
  const wordsByToken = Map.groupBy(words.keys(), word => words[word]?.[0]?.folded ?? '')
  const beginning = words[last]?.length === 1 ? words[last][0]?.folded : undefined
  const longest = Math.max(1, ...words.map(looked => looked.length))
  const ahead: Token[] = []

  function hitAhead(word: number): Hit | undefined {
    const looked = words[word] ?? []
    const isHere = looked.every(({ folded }, offset) => {
      const token = ahead[offset]?.folded
      return word === last && offset === looked.length - 1 ? token?.startsWith(folded) : token === folded
    })
    const { start } = ahead[0] ?? {}
    const { end } = ahead[looked.length - 1] ?? {}
    return isHere && start !== undefined && end !== undefined ? { start, end, word } : undefined
  }

  function hitsAhead(): Hit[] {
    const first = ahead[0]?.folded ?? ''
    const same = wordsByToken.get(first)
    const isBegun = beginning !== undefined && first !== beginning && first.startsWith(beginning)
    const candidates = isBegun ? [...(same ?? []), last] : same
    const hits = candidates?.flatMap(word => hitAhead(word) ?? []) ?? []
    ahead.shift()
    return hits
  }

  for (const token of tokensOf(line))
    if (ahead.push(token) === longest) for (const hit of hitsAhead()) yield hit
  while (ahead.length > 0) for (const hit of hitsAhead()) yield hit
}

/** The part of `line` around the first hit that has the most different words within the length of an excerpt. */
function lookThrough(line: string, words: readonly Token[][]): { hits: Hit[]; from: number; to: number } {
  const hits: Hit[] = []
  /** For each hit: the words within the length of an excerpt. */
  const reached: Set<number>[] = []
  let place: { from: number; to: number } | undefined
  for (const hit of hitsIn(line, words)) {
    if (place && hit.start >= place.to) break
    hits.push(hit)
    if (place) continue
    reached.push(new Set())
    for (const [at, { start }] of hits.entries())
      if (hit.end <= start + LENGTH - LEAD) reached[at]?.add(hit.word)
    if (hits.length >= MAX_HITS || reached.some(({ size }) => size === words.length))
      place = placeOf(line, densest(hits, reached))
  }
  return { hits, ...(place ?? placeOf(line, densest(hits, reached))) }
}

function densest(hits: readonly Hit[], reached: readonly Set<number>[]): Hit | undefined {
  const most = Math.max(0, ...reached.map(({ size }) => size))
  return hits[reached.findIndex(({ size }) => size === most)]
}

function placeOf(line: string, best: Hit | undefined): { from: number; to: number } {
  const from = best ? lineStart(line, best.start) : 0
  return { from, to: lineEnd(line, from + LENGTH, best?.end ?? from + 1) }
}

/** Where an excerpt with a hit at `start` begins: at a word a little earlier. */
function lineStart(line: string, start: number): number {
  if (start <= LEAD) return 0
  const space = line.indexOf(' ', start - LEAD - 1)
  return space === -1 || space >= start ? start : space + 1
}

/** Where an excerpt ends: after the last word before `index`. If that is before `least`, at `index`. */
function lineEnd(line: string, index: number, least: number): number {
  if (index >= line.length) return line.length
  const space = line.lastIndexOf(' ', index)
  if (space >= least) return space
  const isInsideCharacter = /[\uD800-\uDBFF]/.test(line[index - 1] ?? '')
  return isInsideCharacter ? index - 1 : index
}
