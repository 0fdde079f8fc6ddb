import MiniSearch from 'minisearch'
import type { Locale } from '../../../protocol/locale.ts'
import type { GuideSection } from './sections.ts'
import { type Term, termOf, wordsOf } from './terms.ts'
import { ASKING_WORDS } from './wordLists.ts'

/** How well a section fits a question: 0 for not at all, 1 for its very words. */
export interface Hit {
  readonly section: GuideSection
  readonly score: number
}

/** A word of a question, and how much it counts. */
interface Asked {
  readonly key: string
  readonly weight: number
}

/** The words of a heading, or of another way to ask for its section. */
interface Wording {
  readonly weights: ReadonlyMap<string, number>
  readonly total: number
}

interface Indexed {
  readonly section: GuideSection
  readonly wordings: readonly Wording[]
  /** All words of the section, and how much it says that one of them is there. */
  readonly words: ReadonlyMap<string, number>
}

export interface Ranker {
  /** The sections that a text may be asking for, best first. `context` is what it goes on from. */
  rank(text: string, context?: string): Hit[]
  /** How many words of a text the headings and wordings have. */
  knownIn(text: string): number
  /** Whether a section has all telling words of a text. */
  mentions(section: GuideSection, text: string): boolean
  /** All words of headings and wordings. */
  readonly vocabulary: ReadonlySet<string>
}

const WEIGHT = {
  /** Words of grammar, and those among them that say what is asked for. */
  function: 0.06,
  asking: 0.14,
  /** A word that no section has: the question is likely about something else. */
  unknown: 0.75,
  number: 0.3,
  polite: 0.12,
  /** A word that was likely mistyped counts a little less than the word it stands for. */
  typo: 0.85,
  /** Words of the question before this one. */
  context: 0.45,
  /** A word that only the text of a section has. */
  body: 0.45,
}

/** A word of so many letters may be mistyped once, or twice. A shorter word is as likely another word. */
const LEAST_MISTYPED = 5
const LEAST_MISTYPED_TWICE = 8

/** The share of the best wording in the score. The rest is the share of the question's words that the section has. */
const SHARE_OF_WORDING = 0.6

export interface RankerOptions {
  locale: Locale
  /** Words that can stand beside any question and say nothing about it. */
  polite?: ReadonlySet<string>
  /** How much a word counts that no section has. */
  unknown?: number
}

/** If the words of a question tell less than this, their share counts less. */
const LEAST_TOLD = 0.4

/** Ranks `sections`, which are all in one language. */
export function createRanker(
  sections: readonly GuideSection[],
  { locale, polite = new Set(), unknown = WEIGHT.unknown }: RankerOptions,
): Ranker {
  const termsOf = (text: string) => wordsOf(text).map(word => termOf(word, locale))
  const terms = new Map<string, Term>()
  const termsOfGuide = (text: string) =>
    wordsOf(text).map(word => {
      const term = terms.get(word) ?? termOf(word, locale)
      terms.set(word, term)
      return term
    })
  const wordsAsked = sections.map(({ heading, also }) => [heading, ...also].map(termsOfGuide))
  const rarity = rarityOf(
    sections.map(({ body }, index) => [
      ...(wordsAsked[index] ?? []).flat(),
      ...(sections[index]?.isTalk ? [] : termsOfGuide(body)),
    ]),
  )
  const vocabulary = new Map(wordsAsked.flat(2).map(term => [term.word, term]))
  const weightOf = (term: Term) => knownWeightOf(term, rarity)
  const indexed = sections.map((section, index) =>
    indexOf(section, { asked: wordsAsked[index] ?? [], body: termsOfGuide(section.body), weightOf }),
  )
  const meant = createSpelling(vocabulary, rarity)
  const askedIn = (text: string, factor: number) =>
    termsOf(text).map(term => {
      if (polite.has(term.word) && !vocabulary.has(term.word))
        return { key: term.key, weight: factor * WEIGHT.polite }
      const { known, certainty } = meant(term)
      return {
        key: (known ?? term).key,
        weight: factor * certainty * (known ? weightOf(known) : unknownWeightOf(term, unknown)),
      }
    })

  return {
    rank(text, context) {
      const asked = distinct([
        ...askedIn(text, 1),
        ...(context === undefined
          ? []
          : askedIn(context, WEIGHT.context).filter(({ weight }) => weight > WEIGHT.asking)),
      ])
      return indexed
        .map(entry => ({ section: entry.section, score: scoreOf(entry, asked) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
    },
    knownIn: text => wordsOf(text).filter(word => !/^\d/.test(word) && vocabulary.has(word)).length,
    mentions(section, text) {
      const words = indexed.find(entry => entry.section === section)?.words
      const telling = termsOf(text).filter(({ isFunction }) => !isFunction)
      return telling.length > 0 && telling.every(({ key }) => words?.has(key))
    },
    vocabulary: new Set(vocabulary.keys()),
  }
}

/** 0 for a word that every section has, 1 for one that a single section has. */
function rarityOf(sections: readonly Term[][]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const terms of sections) {
    for (const key of new Set(terms.map(({ key }) => key))) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const most = Math.log(1 + sections.length)
  return new Map(
    [...counts].map(([key, count]) => [key, Math.max(0.1, Math.log((1 + sections.length) / count) / most)]),
  )
}

function knownWeightOf(term: Term, rarity: ReadonlyMap<string, number>): number {
  if (/^\d{1,2}$/.test(term.word)) return WEIGHT.number
  if (!term.isFunction) return rarity.get(term.key) ?? WEIGHT.unknown
  return ASKING_WORDS.has(term.word) ? WEIGHT.asking : WEIGHT.function
}

function unknownWeightOf(term: Term, unknown: number): number {
  if (term.isFunction) return WEIGHT.function
  return /^\d+$/.test(term.word) ? WEIGHT.number : term.word.length < 2 ? WEIGHT.function : unknown
}

/** Finds the word that is meant: the same, one of the same stem, or the one that was likely mistyped. */
function createSpelling(vocabulary: ReadonlyMap<string, Term>, rarity: ReadonlyMap<string, number>) {
  const isLong = (word: string) => word.length >= LEAST_MISTYPED && !/\d/.test(word)
  let index: MiniSearch<{ id: string }> | null = null
  const indexed = () => {
    const words = [...vocabulary.values()].filter(term => !term.isFunction && isLong(term.word))
    const made = new MiniSearch<{ id: string }>({
      fields: ['id'],
      tokenize: word => [word],
      processTerm: word => word,
    })
    made.addAll(words.map(({ word }) => ({ id: word })))
    return made
  }
  return (term: Term): { known: Term | undefined; certainty: number } => {
    if (term.isFunction || rarity.has(term.key)) return { known: term, certainty: 1 }
    if (!isLong(term.word)) return { known: undefined, certainty: 1 }
    const fuzzy = term.word.length >= LEAST_MISTYPED_TWICE ? 2 : 1
    index ??= indexed()
    const [found] = index.search(term.word, { fuzzy, filter: ({ id }) => id[0] === term.word[0] })
    return { known: found && vocabulary.get(found.id), certainty: WEIGHT.typo }
  }
}

function indexOf(
  section: GuideSection,
  { asked, body, weightOf }: { asked: Term[][]; body: Term[]; weightOf(term: Term): number },
): Indexed {
  const wordings = asked.map(terms => {
    const weights = new Map(terms.map(term => [term.key, weightOf(term)]))
    return { weights, total: [...weights.values()].reduce((sum, weight) => sum + weight, 0) }
  })
  const words = new Map<string, number>()
  if (!section.isTalk) for (const { key } of body) words.set(key, WEIGHT.body)
  for (const { key } of asked.flat()) words.set(key, 1)
  return { section, wordings, words }
}

/** Each word once, as heavy as it is heaviest. */
function distinct(asked: readonly Asked[]): Asked[] {
  const weights = new Map<string, number>()
  for (const { key, weight } of asked) weights.set(key, Math.max(weight, weights.get(key) ?? 0))
  return [...weights].map(([key, weight]) => ({ key, weight }))
}

function scoreOf({ wordings, words }: Indexed, asked: readonly Asked[]): number {
  const total = asked.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return 0
  let best = 0
  for (const wording of wordings) {
    let [ofQuestion, ofWording] = [0, 0]
    for (const { key, weight } of asked) {
      const own = wording.weights.get(key)
      if (own === undefined) continue
      ofQuestion += weight
      ofWording += Math.min(own, weight)
    }
    const fit = Math.sqrt((ofQuestion / total) * (ofWording / wording.total))
    if (fit > best) best = fit
  }
  let [telling, found] = [0, 0]
  for (const { key, weight } of asked) {
    if (weight <= WEIGHT.asking) continue
    telling += weight
    found += weight * (words.get(key) ?? 0)
  }
  if (telling === 0) return best
  return SHARE_OF_WORDING * best + (1 - SHARE_OF_WORDING) * (found / Math.max(telling, LEAST_TOLD))
}
