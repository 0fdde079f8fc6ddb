import { LOCALES, type Locale } from '../../../protocol/locale.ts'
import { type AnswerRanker, createAnswerRanker } from './answerRanker.ts'
import { createSocialTurns } from './dialogue.ts'
import { createRanker, type Ranker, vocabularyOf } from './sectionRanker.ts'
import type { Guide, GuideSection } from './sections.ts'
import { wordsOf } from './terms.ts'
import { FUNCTION_WORDS } from './wordLists.ts'

/** The guide in one language. */
export interface Language {
  readonly locale: Locale
  readonly answers: AnswerRanker
  /** Finds what answers a greeting, thanks or a complaint. */
  readonly talk: Ranker
  /** What answers a turn that is nothing but greeting, thanks, praise, consent or goodbye. */
  social(text: string): GuideSection | undefined
  section(id: string): GuideSection | undefined
}

/** How much a word of the guide says about the language, where a word of grammar says 1. Many are in two languages. */
const WORD_OF_GUIDE = 0.7
const OWN_LETTER = 1.5
/** As much as a word of grammar and a little more, because the reader most likely writes in the language of the page. */
const PREFERRED = 1.2

const OWN_LETTERS: Record<Locale, RegExp> = { 'pt-BR': /[ãõçêô]/, en: /(?:'s|n't|'m)\b/, es: /[ñ¿¡]/ }

export function createLanguages(guide: Guide): Language[] {
  return LOCALES.map(locale => languageOf(guide[locale], locale))
}

function languageOf(sections: readonly GuideSection[], locale: Locale): Language {
  const talking = sections.filter(({ isTalk }) => isTalk)
  const answering = sections.filter(({ isTalk }) => !isTalk)
  const talk = createRanker(talking, { locale, kind: 'talk', others: vocabularyOf(answering) })
  const answers = createAnswerRanker(answering, locale, talking)
  return {
    locale,
    answers,
    talk,
    social: createSocialTurns(talking, { locale, isKnown: word => answers.knownIn(word) > 0 }),
    section: id => sections.find(section => section.id === id),
  }
}

/** The language that `text` has most words of; `preferred` where it does not tell. */
export function spokenIn(text: string, languages: readonly Language[], preferred: Locale): Language {
  const words = wordsOf(text)
  const points = ({ locale, answers, talk }: Language) =>
    words.filter(word => FUNCTION_WORDS[locale].has(word)).length +
    WORD_OF_GUIDE * Math.max(answers.knownIn(text), talk.knownIn(text)) +
    (OWN_LETTERS[locale].test(text.toLowerCase()) ? OWN_LETTER : 0) +
    (locale === preferred ? PREFERRED : 0)
  return languages.reduce((best, language) => (points(language) > points(best) ? language : best))
}
