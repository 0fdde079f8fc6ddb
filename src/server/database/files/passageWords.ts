import { tokensOf } from '../searchText.ts'
import type { PassageRow, PassageWordsRow } from './fileRows.ts'

/** Words that begin alike share a row. In UTF-16 units. */
const BEGINNING = 3
/** A word is cut here in the index and in a query, in UTF-16 units. */
const LONGEST_WORD = 64

/** A word of a query, without case and accents. */
export interface QueryWord {
  text: string
  /** Whether it may be the beginning of a longer word. */
  isBeginning: boolean
}

type Words = Omit<PassageWordsRow, 'file_id'>

/**
 * The words of a document, each with the passages that have it: `\nword\t1,5,9`. A row has all words with the same beginning, so
 * that a document has few rows, and a search reads one for each word.
 */
export function wordsOfPassages(passages: readonly Pick<PassageRow, 'place' | 'text'>[]): Words[] {
  const places = new Map<string, string>()
  const last = new Map<string, number>()
  for (const { place, text } of passages) {
    for (const { folded } of tokensOf(text)) {
      const word = cut(folded, LONGEST_WORD)
      if (word === '' || last.get(word) === place) continue
      last.set(word, place)
      const before = places.get(word)
      places.set(word, before === undefined ? `${place}` : `${before},${place}`)
    }
  }
  const rows = new Map<string, string>()
  for (const [word, list] of places) {
    const beginning = beginningOf(word)
    rows.set(beginning, `${rows.get(beginning) ?? ''}\n${word}\t${list}`)
  }
  return [...rows].map(([beginning, words]) => ({ beginning, words }))
}

/** Which row has a word. */
export function beginningOf(word: string): string {
  return cut(word, BEGINNING)
}

/** The places of the passages that have a word, by the row of its beginning. */
export function placesIn(words: string, { text, isBeginning }: QueryWord): Set<number> {
  const places = new Set<number>()
  const start = `\n${cut(text, LONGEST_WORD)}${isBeginning ? '' : '\t'}`
  for (let at = words.indexOf(start); at !== -1; at = words.indexOf(start, at + 1)) {
    const end = words.indexOf('\n', at + 1)
    const line = words.slice(at, end === -1 ? undefined : end)
    for (const place of line.slice(line.indexOf('\t') + 1).split(',')) places.add(Number(place))
  }
  return places
}

/** The beginning of a word, without half a character. */
function cut(word: string, length: number): string {
  return word.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}
