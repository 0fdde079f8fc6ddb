import type { Locale } from '../../../protocol/locale.ts'
import { isSure } from './answerRanker.ts'
import type { Language } from './languages.ts'
import type { Hit } from './sectionRanker.ts'
import type { GuideSection } from './sections.ts'
import { wordsOf } from './terms.ts'
import { CIRCUMSTANCES, FUNCTION_WORDS, GOING_ON, POINTING_BACK, QUANTIFIERS } from './wordLists.ts'

/** From this score on a section answers a message that goes on from another. It has what is added in it. */
const LIKELY = 0.75
/** From this score on a message that goes on from another is clearly about a section of its own. */
const CLEAR = 0.85
/** From this score on it may be meant by a message that goes on from another. */
const MAYBE = 0.5
/** How much is added to a section that the answer before leads to. */
const LEADS_TO = 0.2
/** How much is added to the answer before if it has all that a message names: most to one that goes on from it, “and OpenAI?”. */
const MENTIONS_IT = 0.3
const MENTIONS_IT_GOING_ON = 0.6
const MOST_NAMED = 2
/** A message of so few words is likely about the same as the one before. */
const MOST_WORDS_OF_HINT = 6
const MOST_WORDS_OF_FOLLOW_UP = 12

/** What a short message says about the answer before: asks for its reason, for simpler words, or doubts it. */
export type Remark = 'why' | 'simply' | 'sure'

/** Without accents. */
const WHY =
  /^(mas |e |but |and |pero |y )?(por ?que|pq|porque|why|why not|how come|xq|por que no|por que nao|e por que)( isso| nao| no| not| is that| so| asi| es asi| e assim)?$/

/** The sections of greetings and complaints that are about the answer before. */
const REMARKS: Readonly<Record<string, Remark>> = { confused: 'simply', sure: 'sure' }
const LEAST_REMARK = 0.75

export function isWhy(text: string): boolean {
  return WHY.test(wordsOf(text).join(' '))
}

/** `null` if `text` is no mere remark. */
export function remarkIn(text: string, { talk, locale }: Language): Remark | null {
  const words = wordsOf(text)
  const [best] = talk.rank(text)
  const remark = best && best.score >= LEAST_REMARK ? REMARKS[best.section.id] : undefined
  return remark ?? (isMerePointer(words, locale) ? 'simply' : null)
}

/** Only points back, as “and that one?”. */
function isMerePointer(words: readonly string[], locale: Locale): boolean {
  return (
    words.length <= MOST_WORDS_OF_HINT &&
    words.some(word => POINTING_BACK.has(word)) &&
    words.every(word => FUNCTION_WORDS[locale].has(word))
  )
}

const WHEN: ReadonlySet<string> = new Set(['quando', 'when', 'cuando'])

/** Asks for nothing but a time: when something will come. */
export function isWhen(text: string, locale: Locale): boolean {
  const words = wordsOf(text)
  return words.some(word => WHEN.has(word)) && words.every(word => FUNCTION_WORDS[locale].has(word))
}

/** What a message goes on to: one section, or, where that is not sure, some that may be meant. */
interface Next {
  readonly isSure: boolean
  readonly sections: readonly GuideSection[]
}

interface Earlier {
  language: Language
  /** The question before. */
  question: string
  /** What its answer was about. */
  topic: GuideSection
}

/**
 * What a short message after an answer asks for: read together with the question before it where it goes on from that, and in
 * any case with the sections in mind that the answer leads to. Gives nothing where the message stands for itself.
 */
export function followUp(text: string, { language, question, topic }: Earlier): Next | undefined {
  const { answers, talk, locale } = language
  const words = wordsOf(text)
  const goesOn = GOING_ON.has(words[0] ?? '')
  const pointsBack = words.some(word => POINTING_BACK.has(word))
  const named = words.filter(word => !FUNCTION_WORDS[locale].has(word))
  const tells = named.length > 0
  const alone = answers.rank(text)
  const aloneScore = alone[0]?.score ?? 0
  if (words.length > MOST_WORDS_OF_FOLLOW_UP || (talk.rank(text)[0]?.score ?? 0) > aloneScore)
    return undefined
  if (goesOn && words.some(word => CIRCUMSTANCES.has(word)) && answers.mentions(topic, text))
    return sure(topic)

  const asksForMore = words.some(word => QUANTIFIERS.has(word))
  const isMentioned = named.length <= MOST_NAMED && !asksForMore && answers.mentions(topic, text)
  const mention = !isMentioned ? 0 : goesOn ? MENTIONS_IT_GOING_ON : MENTIONS_IT
  const expected = (hits: readonly Hit[]) =>
    hits
      .filter(({ section }) => !asksForMore || section !== topic)
      .map(({ section, score }) => ({
        section,
        score: score + expectedOf(section, topic) + (section === topic ? mention : 0),
      }))
      .sort((a, b) => b.score - a.score)[0]
  const own = expected(alone)
  const together = expected(answers.rank(text, `${question} ${topic.heading}`))
  if (tells && isSure(alone) && !pointsBack) {
    if (words.length > MOST_WORDS_OF_HINT || !own) return undefined
    const leaves =
      expectedOf(own.section, topic) === 0 && (aloneScore < CLEAR || own.section.id === 'off-topic')
    const stays = together && together.score >= LIKELY && expectedOf(together.section, topic) > 0
    return goesOn && leaves && stays
      ? { isSure: false, sections: [together.section, own.section] }
      : sure(own.section)
  }
  const best = own && together && own.score > together.score ? own : together
  if (!best || best.score < LIKELY) {
    if (!together || together.score < MAYBE || !(goesOn || pointsBack)) return undefined
    const sections = new Set([together.section, ...(own && own.score > MAYBE ? [own.section] : [])])
    return { isSure: false, sections: [...sections] }
  }
  const standsAlone = tells && !goesOn && !pointsBack
  return standsAlone && expectedOf(best.section, topic) === 0 ? undefined : sure(best.section)
}

function sure(section: GuideSection): Next {
  return { isSure: true, sections: [section] }
}

/** How much more a section is expected after another. */
function expectedOf(section: GuideSection, topic: GuideSection): number {
  return section === topic || topic.related.includes(section.id) ? LEADS_TO : 0
}
