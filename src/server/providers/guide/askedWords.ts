import type { Locale } from '../../../protocol/locale.ts'
import { createSpelling } from './spelling.ts'
import { type Term, termOf, wordsOf } from './terms.ts'
import { ASKING_WORDS, FUNCTION_WORDS } from './wordLists.ts'

/** A word of a question, and how much it counts. */
export interface AskedWord {
  readonly key: string
  readonly weight: number
  /** The part of the weight that a section gets for the word: less for one that was likely mistyped. */
  readonly found: number
}

export interface Rules {
  /** How much words of grammar count, and those among them that say what is asked for. */
  readonly function: number
  readonly asking: number
  /** How much a word counts that no section has. */
  readonly unknown: number
  /** The share of the best wording in a score. The rest is the share of the question's words that the section has. */
  readonly shareOfWording: number
}

/** A word that no greeting, thanks or complaint has makes a message something else, and so does every word of grammar. */
export const RULES = {
  answers: { function: 0.06, asking: 0.14, unknown: 0.75, shareOfWording: 0.6 },
  talk: { function: 0.4, asking: 0.4, unknown: 1.5, shareOfWording: 1 },
} as const satisfies Record<string, Rules>

export type SectionKind = keyof typeof RULES

const WEIGHT = {
  number: 0.3,
  /** At most, for a word that nearly every text has. */
  common: 0.35,
  polite: 0.12,
  /** Words of the question before this one. */
  context: 0.45,
}
/** Unknown words count the less, the more they are: a question with its story has many. */
const FADING = 0.5
/** An unknown word of so few letters likely is a mistyped word of grammar. */
const SHORT = 3

export interface KnownWords {
  locale: Locale
  kind: SectionKind
  /** The terms of headings and other wordings, by their words. */
  vocabulary: ReadonlyMap<string, Term>
  /** By the keys of terms: 0 for a word that every section has, 1 for one that a single section has. */
  rarity: ReadonlyMap<string, number>
  /** Words of the sections of the other kind. They are known, and never taken for a mistyped word of these sections. */
  others: ReadonlySet<string>
}

/** Finds what each word of a question stands for, and weighs it. `context` is what the question goes on from. */
export function createAskedWords(known: KnownWords): (text: string, context?: string) => AskedWord[] {
  const { locale, kind, vocabulary, rarity, others } = known
  const rules = RULES[kind]
  const grammar = [...FUNCTION_WORDS[locale]].map(word => termOf(word, locale))
  const spelling = createSpelling([...grammar, ...vocabulary.values()], locale)
  return (text, context) =>
    distinct([
      ...wordsIn(text, 1),
      ...(context === undefined
        ? []
        : wordsIn(context, WEIGHT.context).filter(({ weight }) => weight > rules.asking)),
    ])

  function wordsIn(text: string, factor: number): AskedWord[] {
    const asked = wordsOf(text).map(word => weigh(termOf(word, locale, kind === 'talk')))
    const unknown = new Set(asked.filter(({ isKnown }) => !isKnown).map(({ key }) => key)).size
    const faded = 1 / Math.max(1, unknown) ** FADING
    return asked.map(({ key, weight, certainty, isKnown }) => {
      const own = factor * weight * (isKnown ? 1 : faded)
      return { key, weight: own, found: own * certainty }
    })
  }

  function weigh(term: Term): { key: string; weight: number; certainty: number; isKnown: boolean } {
    const { key, word } = term
    if (kind === 'answers' && others.has(word) && !vocabulary.has(word))
      return { key, weight: WEIGHT.polite, certainty: 1, isKnown: true }
    if (term.isFunction || rarity.has(key))
      return { key, weight: knownWeightOf(term, rarity, rules), certainty: 1, isKnown: true }
    const meant = others.has(word) ? undefined : spelling(word)
    if (!meant) return { key, weight: unknownWeightOf(term, rules), certainty: 1, isKnown: false }
    const weight = knownWeightOf(meant.term, rarity, rules)
    return { key: meant.term.key, weight, certainty: meant.certainty, isKnown: true }
  }
}

/** The weight of a word that sections have. */
export function knownWeightOf(term: Term, rarity: ReadonlyMap<string, number>, rules: Rules): number {
  if (/^\d{1,2}$/.test(term.word)) return WEIGHT.number
  if (!term.isFunction)
    return Math.min(rarity.get(term.key) ?? rules.unknown, term.isCommon ? WEIGHT.common : 1)
  return ASKING_WORDS.has(term.word) ? rules.asking : rules.function
}

function unknownWeightOf({ word, isCommon }: Term, { unknown, function: least }: Rules): number {
  if (isCommon) return WEIGHT.common * unknown
  if (/^\d+$/.test(word)) return WEIGHT.number
  return word.length < 2 ? least : word.length <= SHORT ? unknown / 2 : unknown
}

/** Each word once, as heavy as it is heaviest. */
function distinct(asked: readonly AskedWord[]): AskedWord[] {
  const heaviest = new Map<string, AskedWord>()
  for (const word of asked) {
    if (word.weight > (heaviest.get(word.key)?.weight ?? 0)) heaviest.set(word.key, word)
  }
  return [...heaviest.values()]
}
