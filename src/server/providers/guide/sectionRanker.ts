import type { Locale } from '../../../protocol/locale.ts'
import { type AskedWord, createAskedWords, knownWeightOf, RULES, type SectionKind } from './askedWords.ts'
import type { GuideSection } from './sections.ts'
import { type Term, termOf, wordsOf } from './terms.ts'

/** How well a section fits a question: 0 for not at all, 1 for its very words. */
export interface Hit {
  readonly section: GuideSection
  readonly score: number
  /** The share of the question's telling words that the section has, each counted once. 0 if they tell hardly anything. */
  readonly covered: number
}

/** A word in a heading, or in another way to ask for a section. */
interface Posting {
  readonly wording: number
  readonly weight: number
}

/** All wordings, by their words: a map for each wording would take more memory than everything else. */
interface Wordings {
  readonly postings: ReadonlyMap<string, readonly Posting[]>
  /** For each wording: the weight of its words together, and the place of its section. */
  readonly totals: readonly number[]
  readonly owners: readonly number[]
}

interface Indexed {
  readonly section: GuideSection
  /** All words of the section, and how much it says that one of them is there. */
  readonly words: ReadonlyMap<string, number>
}

export interface Ranker {
  /** The sections that a text may be asking for, best first. `context` is what it goes on from. */
  rank(text: string, context?: string): Hit[]
  /** How many words of a text the headings and wordings have. */
  knownIn(text: string): number
  /** Whether the heading or a wording of a section has the key of a term. */
  isAsked(section: GuideSection, key: string): boolean
  /** Whether a section has all telling words of a text. */
  mentions(section: GuideSection, text: string): boolean
}

export interface RankerOptions {
  locale: Locale
  /** Whether the sections answer questions, or greetings, thanks and complaints. */
  kind: SectionKind
  /** Words of the sections of the other kind. */
  others: ReadonlySet<string>
}

/** A word that only the text of a section has. */
const BODY = 0.45
/** If the words of a question tell less than this, their share counts less. */
const LEAST_TOLD = 0.4
/** The score of a heading or another wording, word for word. */
export const EXACT = 1
/** A fit above this is exact. It may not quite reach 1, because it is a root of sums. */
const EXACT_FIT = 0.999

/** Ranks `sections`, which are all in one language. */
export function createRanker(
  sections: readonly GuideSection[],
  { locale, kind, others }: RankerOptions,
): Ranker {
  const terms = new Map<string, Term>()
  const termsOf = (text: string) =>
    wordsOf(text).map(word => {
      const term = terms.get(word) ?? termOf(word, locale, kind === 'talk')
      terms.set(word, term)
      return term
    })
  const parsed = sections.map(section => ({
    section,
    asked: [section.heading, ...section.also].map(termsOf),
    body: section.isTalk ? [] : termsOf(section.body),
  }))
  const rarity = rarityOf(parsed.map(({ asked, body }) => [...asked.flat(), ...body]))
  const vocabulary = new Map(parsed.flatMap(({ asked }) => asked.flat()).map(term => [term.word, term]))
  const weightOf = (term: Term) => knownWeightOf(term, rarity, RULES[kind])
  const indexed = parsed.map(indexOf)
  const wordsBySection = new Map(indexed.map(({ section, words }) => [section, words]))
  const wordings = wordingsOf(
    parsed.map(({ asked }) => asked),
    weightOf,
  )
  const askedWords = createAskedWords({ locale, kind, vocabulary, rarity, others })
  return {
    rank(text, context) {
      const asked = askedWords(text, context)
      const fits = fitsOf(wordings, asked, indexed.length)
      const told = asked.filter(({ weight }) => weight > RULES[kind].asking)
      const telling = { asked: told, total: totalOf(told), shareOfWording: RULES[kind].shareOfWording }
      return indexed
        .map(({ section, words }, place) => ({ section, ...rate(words, fits[place] ?? 0, telling) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
    },
    knownIn: text => wordsOf(text).filter(word => !/^\d/.test(word) && vocabulary.has(word)).length,
    isAsked: (section, key) => wordsBySection.get(section)?.get(key) === 1,
    mentions(section, text) {
      const words = wordsBySection.get(section)
      const telling = wordsOf(text).flatMap(word => {
        const { isFunction, key } = termOf(word, locale)
        return isFunction ? [] : [key]
      })
      return telling.length > 0 && telling.every(key => words?.has(key))
    },
  }
}

/** All words of headings and wordings. */
export function vocabularyOf(sections: readonly GuideSection[]): ReadonlySet<string> {
  return new Set(sections.flatMap(({ heading, also }) => [heading, ...also].flatMap(wordsOf)))
}

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

function indexOf({
  section,
  asked,
  body,
}: {
  section: GuideSection
  asked: Term[][]
  body: Term[]
}): Indexed {
  const words = new Map<string, number>()
  for (const { key } of body) words.set(key, BODY)
  for (const { key } of asked.flat()) words.set(key, 1)
  return { section, words }
}

function wordingsOf(sections: readonly Term[][][], weightOf: (term: Term) => number): Wordings {
  const postings = new Map<string, Posting[]>()
  const totals: number[] = []
  const owners: number[] = []
  for (const [owner, asked] of sections.entries()) {
    for (const terms of asked) {
      const weights = new Map(terms.map(term => [term.key, weightOf(term)]))
      const wording = owners.push(owner) - 1
      totals.push([...weights.values()].reduce((sum, weight) => sum + weight, 0))
      for (const [key, weight] of weights) {
        const others = postings.get(key) ?? []
        others.push({ wording, weight })
        postings.set(key, others)
      }
    }
  }
  return { postings, totals, owners }
}

/**
 * For each of `count` sections, how well its best wording fits: the mean of the share of the question that the wording has and of
 * the share of the wording that the question has.
 */
function fitsOf(
  { postings, totals, owners }: Wordings,
  asked: readonly AskedWord[],
  count: number,
): number[] {
  const total = totalOf(asked)
  const ofQuestion = new Map<number, number>()
  const ofWording = new Map<number, number>()
  for (const { key, found } of asked) {
    for (const { wording, weight } of postings.get(key) ?? []) {
      ofQuestion.set(wording, (ofQuestion.get(wording) ?? 0) + found)
      ofWording.set(wording, (ofWording.get(wording) ?? 0) + Math.min(weight, found))
    }
  }
  const fits = new Array<number>(count).fill(0)
  for (const [wording, inQuestion] of ofQuestion) {
    const share = (ofWording.get(wording) ?? 0) / (totals[wording] ?? 1)
    const fit = Math.sqrt((inQuestion / total) * share)
    const owner = owners[wording] ?? 0
    if (fit > (fits[owner] ?? 0)) fits[owner] = fit
  }
  return fits
}

/** The words of a question that tell what is asked, and their weight together. */
interface Telling {
  readonly asked: readonly AskedWord[]
  readonly total: number
  readonly shareOfWording: number
}

/** Rates a section that has `words`. `fit` is how well its best wording fits. */
function rate(
  words: Indexed['words'],
  fit: number,
  { asked, total, shareOfWording }: Telling,
): Pick<Hit, 'score' | 'covered'> {
  if (asked.length === 0) return { score: fit > EXACT_FIT ? EXACT : fit, covered: 1 }
  const there = asked.filter(({ key }) => words.has(key))
  const found = there.reduce((sum, word) => sum + word.found * (words.get(word.key) ?? 0), 0)
  const share = found / Math.max(total, LEAST_TOLD)
  return {
    score: fit > EXACT_FIT ? EXACT : shareOfWording * fit + (1 - shareOfWording) * share,
    covered: total < LEAST_TOLD ? 0 : there.length / asked.length,
  }
}

function totalOf(asked: readonly AskedWord[]): number {
  return asked.reduce((sum, { weight }) => sum + weight, 0)
}
