import MiniSearch from 'minisearch'
import type { Locale } from '../../../protocol/locale.ts'
import type { Guide, GuideSection } from './sections.ts'
import { languagesOf, stemsOf, wordsOf } from './stems.ts'

interface GuideAnswer {
  /** The language of the question. */
  readonly locale: Locale
  /** One section for each question that was understood. */
  readonly sections: readonly GuideSection[]
}

interface Hit {
  readonly section: GuideSection
  readonly relevance: number
}

/** Characters. A question with its story fits. A longer text was pasted, and takes long to search. */
const MAX_QUESTION_LENGTH = 1000
const MAX_SECTIONS = 3

const LEAST_RELEVANCE = 4.5
const RELEVANCE_OF_PHRASE_WORD = 12

/** If the words of grammar leave the language open, another language must match this many times better to be chosen. */
const LANGUAGE_MARGIN = 1.5

/** These sections answer a message only if it asks nothing else. */
const COURTESIES: ReadonlySet<string> = new Set(['hello', 'thanks'])

/** Finds the sections that answer a message. `locale` decides if the message does not show its language. */
export function createSectionFinder(guide: Guide): (message: string, locale: Locale) => GuideAnswer {
  const rankers = { 'pt-BR': rankerOf(guide['pt-BR']), en: rankerOf(guide.en), es: rankerOf(guide.es) }

  return (message, preferred) => {
    const text = message.slice(0, MAX_QUESTION_LENGTH)
    const { locale, best } = languagesOf(text)
      .sort((a, b) => Number(b === preferred) - Number(a === preferred))
      .map(locale => ({ locale, best: rankers[locale](text)[0] }))
      .reduce((chosen, other) =>
        relevanceOf(other.best) > relevanceOf(chosen.best) * LANGUAGE_MARGIN ? other : chosen,
      )
    const questions = text.match(/[^.!?\n]+\?/g) ?? []
    const answers = questions.length > 1 ? questions.map(question => rankers[locale](question)[0]) : []
    const hits = answers.some(hit => hit) ? answers : [best]
    return { locale, sections: sectionsOf(hits) }
  }
}

function relevanceOf(hit: Hit | undefined): number {
  return hit?.relevance ?? 0
}

function sectionsOf(hits: readonly (Hit | undefined)[]): GuideSection[] {
  const sections = [...new Set(hits.flatMap(hit => hit?.section ?? []))]
  const answers = sections.filter(section => !COURTESIES.has(section.id))
  return (answers.length > 0 ? answers : sections).slice(0, MAX_SECTIONS)
}

/** Ranks the sections of one language by how well they answer a text, best first. */
function rankerOf(sections: readonly GuideSection[]): (text: string) => Hit[] {
  const courtesies = sections.filter(section => COURTESIES.has(section.id))
  const courteous = new Set(courtesies.flatMap(({ heading, also }) => wordsOf(`${heading} ${also}`)))
  const rankAnswers = scorerOf(sections.filter(section => !COURTESIES.has(section.id)))
  const rankCourtesies = scorerOf(courtesies)

  return text => {
    const words = wordsOf(text)
    const telling = words.filter(word => !courteous.has(word))
    const answers = rankAnswers(words, telling).filter(hit => hit.relevance >= LEAST_RELEVANCE)
    return answers.length > 0 || telling.some(word => stemsOf(word).length > 0)
      ? answers
      : rankCourtesies(words, words)
  }
}

/** Ranks sections by the words of a text. Phrases are looked for in all words, and the index in the telling ones. */
function scorerOf(sections: readonly GuideSection[]): (words: string[], telling: string[]) => Hit[] {
  const index = indexOf(sections)
  const phrases = sections.map(phrasesOf)

  return (words, telling) => {
    const spoken = ` ${words.join(' ')} `
    const asked = telling.map(stemsOf).filter(terms => terms.length > 0)
    const found = new Map(index.search(telling.join(' ')).map(result => [result.id, result]))
    const hits = sections.map((section, position) => {
      const result = found.get(section.id)
      const matched = asked.filter(terms => terms.some(term => result?.queryTerms.includes(term)))
      const phrase = phrases[position]?.find(phrase => spoken.includes(phrase.text))
      const relevance =
        (result?.score ?? 0) * (matched.length / (asked.length || 1)) +
        (phrase?.length ?? 0) * RELEVANCE_OF_PHRASE_WORD
      return { section, relevance }
    })
    return hits.filter(hit => hit.relevance > 0).sort((a, b) => b.relevance - a.relevance)
  }
}

function indexOf(sections: readonly GuideSection[]): MiniSearch<GuideSection> {
  const index = new MiniSearch<GuideSection>({
    fields: ['heading', 'also', 'body'],
    tokenize: wordsOf,
    processTerm: stemsOf,
    searchOptions: {
      boostTerm: term => (term.includes('_') ? 4 : 1),
      boost: { heading: 3, also: 2, body: 0.5 },
      prefix: term => term.length >= 4,
      fuzzy: term => (term.length >= 8 ? 2 : term.length >= 4 ? 1 : 0),
      weights: { prefix: 0.4, fuzzy: 0.3 },
    },
  })
  index.addAll(sections)
  return index
}

/**
 * Phrases of two words or more, longest first. Some questions (`what is this?`, `quem é você?`) consist of words of
 * grammar, so that only the whole phrase tells them apart.
 */
function phrasesOf({ heading, also }: GuideSection): { text: string; length: number }[] {
  return [heading, ...heading.split(/[.,!?]/), ...also.split(',')]
    .map(wordsOf)
    .filter(words => words.length > 1)
    .map(words => ({ text: ` ${words.join(' ')} `, length: words.length }))
    .sort((a, b) => b.length - a.length)
}
