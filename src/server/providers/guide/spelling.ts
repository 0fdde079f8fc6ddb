import MiniSearch from 'minisearch'
import type { Locale } from '../../../protocol/locale.ts'
import type { Term } from './terms.ts'

/** A word of so many letters may be mistyped once, or twice. A shorter word is as likely another word, unless of grammar. */
const LEAST_MISTYPED = 5
const LEAST_MISTYPED_GRAMMAR = 4
const LEAST_MISTYPED_TWICE = 8
/** Two letters of a word of so many may be swapped. */
const LEAST_SWAPPED = 3

/** The term that a mistyped word likely stands for, and how likely. */
export interface Meant {
  readonly term: Term
  readonly certainty: number
}

export type Spelling = (word: string) => Meant | undefined

const CERTAINTY = { alike: 0.9, long: 0.85, short: 0.6 }
/** A word of fewer letters is easily another word with one letter changed. */
const LEAST_CERTAIN = 7

/** `terms` are all that may be meant: those of content by their words, and those of grammar. */
export function createSpelling(terms: readonly Term[], locale: Locale): Spelling {
  const byWord = new Map(terms.map(term => [term.word, term]))
  let index: { sounds: ReadonlyMap<string, Term>; words: MiniSearch<{ id: string }> } | null = null
  const indexed = () => {
    const words = new MiniSearch<{ id: string }>({
      fields: ['id'],
      tokenize: word => [word],
      processTerm: word => word,
    })
    const mayBeMistyped = terms.filter(
      ({ word, isFunction }) =>
        word.length >= (isFunction ? LEAST_MISTYPED_GRAMMAR : LEAST_MISTYPED) && !/\d/.test(word),
    )
    words.addAll([...new Set(mayBeMistyped.map(({ word }) => word))].map(id => ({ id })))
    return { words, sounds: new Map(terms.map(term => [soundOf(term.word, locale), term])) }
  }
  return word => {
    if (/\d/.test(word) || word.length < LEAST_SWAPPED - 1) return undefined
    index ??= indexed()
    const alike =
      swapsOf(word).flatMap(swapped => byWord.get(swapped) ?? [])[0] ??
      index.sounds.get(soundOf(word, locale))
    if (alike) return { term: alike, certainty: CERTAINTY.alike }
    if (word.length < LEAST_MISTYPED_GRAMMAR) return undefined
    const fuzzy = word.length >= LEAST_MISTYPED_TWICE ? 2 : 1
    const [found] = index.words.search(word, {
      fuzzy,
      filter: ({ id }) =>
        id[0] === word[0] && (word.length >= LEAST_MISTYPED || byWord.get(id)?.isFunction === true),
    })
    const term = found && byWord.get(found.id)
    return term && { term, certainty: word.length >= LEAST_CERTAIN ? CERTAINTY.long : CERTAINTY.short }
  }
}

/** The word with two neighbouring letters swapped, for each pair. */
function swapsOf(word: string): string[] {
  if (word.length < LEAST_SWAPPED) return []
  return Array.from(word.slice(1), (letter, i) => word.slice(0, i) + letter + word[i] + word.slice(i + 2))
}

/** Spellings that sound the same in Portuguese or Spanish. English spelling says too little about sounds. */
const SAME_SOUND: readonly (readonly [RegExp, string])[] = [
  [/sc(?=[ei])|ç|z/g, 's'],
  [/ch|x/g, 's'],
  [/qu(?=[ei])|q|k/g, 'c#'],
  [/c(?=[ei])/g, 's'],
  [/#/g, ''],
  [/(?<![ln])h/g, ''],
  [/g(?=[ei])/g, 'j'],
  [/v/g, 'b'],
  [/ll/g, 'y'],
  [/u$/, 'o'],
]

function soundOf(word: string, locale: Locale): string {
  const sound =
    locale === 'en'
      ? word
      : SAME_SOUND.reduce((text, [spelling, letter]) => text.replace(spelling, letter), word)
  return sound.replace(/(\p{L})\1/gu, '$1')
}
