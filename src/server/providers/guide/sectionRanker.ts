import type { Locale } from '../../../protocol/locale.ts'
import { type AskedWord, createAskedWords, knownWeightOf, RULES, type SectionKind } from './askedWords.ts'
import type { GuideSection } from './sections.ts'
import { type Term, termOf, wordsOf } from './terms.ts'

/** How well a section fits a question: 0 for not at all, 1 for its very words. */
export interface Hit {
  readonly section: GuideSection
  readonly score: number
  /** Two ways to search both find this section first. */
  readonly isAgreed?: boolean
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
/** All words of a question are those of a wording, and no other. */
const EXACT = 0.999

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
  const indexed = parsed.map(section => indexOf(section, weightOf))
  const askedWords = createAskedWords({ locale, kind, vocabulary, rarity, others })
  return {
    rank(text, context) {
      const asked = askedWords(text, context)
      return indexed
        .map(entry => ({ section: entry.section, score: scoreOf(entry, asked, kind) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
    },
    knownIn: text => wordsOf(text).filter(word => !/^\d/.test(word) && vocabulary.has(word)).length,
    mentions(section, text) {
      const words = indexed.find(entry => entry.section === section)?.words
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

function indexOf(
  { section, asked, body }: { section: GuideSection; asked: Term[][]; body: Term[] },
  weightOf: (term: Term) => number,
): Indexed {
  const wordings = asked.map(terms => {
    const weights = new Map(terms.map(term => [term.key, weightOf(term)]))
    return { weights, total: [...weights.values()].reduce((sum, weight) => sum + weight, 0) }
  })
  const words = new Map<string, number>()
  for (const { key } of body) words.set(key, BODY)
  for (const { key } of asked.flat()) words.set(key, 1)
  return { section, wordings, words }
}

function scoreOf({ wordings, words }: Indexed, asked: readonly AskedWord[], kind: SectionKind): number {
  const total = asked.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return 0
  const best = Math.max(0, ...wordings.map(wording => fitOf(wording, asked, total)))
  if (best > EXACT) return 1
  let [telling, found] = [0, 0]
  for (const word of asked) {
    if (word.weight <= RULES[kind].asking) continue
    telling += word.weight
    found += word.found * (words.get(word.key) ?? 0)
  }
  if (telling === 0) return best
  const { shareOfWording } = RULES[kind]
  return shareOfWording * best + (1 - shareOfWording) * (found / Math.max(telling, LEAST_TOLD))
}

/** The mean of two shares: that of the question which the wording has, and that of the wording which the question has. */
function fitOf({ weights, total }: Wording, asked: readonly AskedWord[], totalAsked: number): number {
  let [ofQuestion, ofWording] = [0, 0]
  for (const { key, found } of asked) {
    const own = weights.get(key)
    if (own === undefined) continue
    ofQuestion += found
    ofWording += Math.min(own, found)
  }
  return Math.sqrt((ofQuestion / totalAsked) * (ofWording / total))
}
