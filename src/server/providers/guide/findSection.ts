import { LOCALES, type Locale } from '../../../protocol/locale.ts'
import { createRanker, type Hit, type Ranker } from './sectionRanker.ts'
import type { Guide, GuideSection } from './sections.ts'
import { wordsOf } from './terms.ts'
import { CIRCUMSTANCES, FUNCTION_WORDS, GOING_ON, POINTING_BACK } from './wordLists.ts'

/** What a message asks for. */
export interface GuideAnswer {
  /** The language of the message. */
  readonly locale: Locale
  /** One section for each question that was understood; none when nothing was. */
  readonly sections: readonly GuideSection[]
  /** Sections that may be meant instead. */
  readonly near: readonly GuideSection[]
  /** The reader asks for the reason of the answer before, or did not understand it: `sections` has that answer. */
  readonly again: 'why' | 'simply' | null
}

/** Characters. A question with its story fits. A longer text was pasted, and takes long to search. */
const MAX_QUESTION_LENGTH = 600
const MAX_SECTIONS = 3
/** Messages before the last that can matter to it. */
const MAX_EARLIER = 4

/** A section with this score answers. From `LIKELY` on it also answers, if no other section comes close. */
const SURE = 0.65
const LIKELY = 0.55
const LIKELY_MARGIN = 0.15
/** Below this score, the reply also offers the sections that come close. */
const CLEAR = 0.8
const CLEAR_MARGIN = 0.1
/** A section with this score may be meant, if it is not much worse than the best one. */
const NEAR = 0.38
const NEAR_MARGIN = 0.2
/** The least score of the answer to one of several questions. */
const SURE_OF_PART = 0.6
/** From this score on, a message of several questions asks one thing. */
const CERTAIN = 0.9
/** How much is added to a section that the answer before leads to. */
const LEADS_TO = 0.2
/** Added to the score of a complaint, because it often names what it complains about. */
const ANGER = 0.1
/** A message of so few words is likely about the same as the one before. */
const MOST_WORDS_OF_HINT = 6
const MOST_WORDS_OF_FOLLOW_UP = 12
/** The weight of a word that no greeting, thanks or complaint has. Such a word makes a message something else. */
const UNKNOWN_IN_TALK = 1.5

const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/^[\s?¿!.…]+$/, 'confused'],
  [/^[\s\d.,+\-−*/x×÷^()=%]*\d\s*[+\-−*/x×÷^]\s*[(\d][\s\d.,+\-−*/x×÷^()=%?¿]*$/, 'off-topic'],
  [/^\P{L}*[😡🤬😠👎😤💩🖕😒🙄😞😢😭😩]\P{L}*$/u, 'insult'],
  [/^[^\p{L}\d]*\p{Extended_Pictographic}[^\p{L}\d]*$/u, 'thanks'],
]

/** Lines of a stack trace. Their words would find sections by chance. */
const STACK_LINE = /^\s*(at .+|File ".+", line \d+.*|\.\.\. \d+ more)$/gm

interface Turn extends GuideAnswer {
  readonly text: string
}

interface Language {
  readonly locale: Locale
  readonly answers: Ranker
  readonly talk: Ranker
  section(id: string): GuideSection | undefined
}

/** Finds what the last of `messages` asks for, read together with those before it. All are the reader's. */
export type SectionFinder = (messages: readonly string[], preferred: Locale) => GuideAnswer

/** Searches the guide. `preferred` is the language of a message that does not tell its own. */
export function createSectionFinder(guide: Guide): SectionFinder {
  const languages = LOCALES.map(locale => languageOf(guide[locale], locale))
  return (messages, preferred) => {
    let turn: Turn | null = null
    for (const message of messages.slice(-1 - MAX_EARLIER)) turn = readTurn(message, turn)
    return turn ?? { locale: preferred, sections: [], near: [], again: null }

    function readTurn(message: string, before: Turn | null): Turn {
      const text = message.replace(STACK_LINE, '').slice(0, MAX_QUESTION_LENGTH)
      const language = spokenIn(text, languages, before?.locale ?? preferred)
      return { text, ...answerTo(text, language, before) }
    }
  }
}

function languageOf(sections: readonly GuideSection[], locale: Locale): Language {
  const talk = createRanker(
    sections.filter(({ isTalk }) => isTalk),
    { locale, unknown: UNKNOWN_IN_TALK },
  )
  const answers = createRanker(
    sections.filter(({ isTalk }) => !isTalk),
    { locale, polite: talk.vocabulary },
  )
  return { locale, answers, talk, section: id => sections.find(section => section.id === id) }
}

const OWN_LETTERS: Record<Locale, RegExp> = { 'pt-BR': /[ãõçêô]/, en: /(?:'s|n't|'m)\b/, es: /[ñ¿¡]/ }

/** The language that `text` has most words of; `preferred` where it does not tell. */
function spokenIn(text: string, languages: readonly Language[], preferred: Locale): Language {
  const words = wordsOf(text)
  const points = ({ locale, answers, talk }: Language) =>
    words.filter(word => FUNCTION_WORDS[locale].has(word)).length +
    0.7 * Math.max(answers.knownIn(text), talk.knownIn(text)) +
    (OWN_LETTERS[locale].test(text.toLowerCase()) ? 1.5 : 0) +
    (locale === preferred ? 0.5 : 0)
  return languages.reduce((best, language) => (points(language) > points(best) ? language : best))
}

function answerTo(text: string, language: Language, before: Turn | null): GuideAnswer {
  const { locale, section } = language
  const found = (sections: readonly (GuideSection | undefined)[], again: GuideAnswer['again'] = null) => ({
    locale,
    sections: sections.filter(section => section !== undefined),
    near: [],
    again,
  })
  const topic = topicOf(before, language)
  const sign = SIGNS.find(([pattern]) => pattern.test(text))?.[1]
  if (sign) return sign === 'confused' && topic ? found([topic], 'simply') : found([section(sign)])

  if (topic && before) {
    if (isWhy(text)) return found([topic], 'why')
    if (isWhen(text, locale)) return found([section('roadmap')])
    const hit = followUp(text, { language, before, topic })
    if (hit) return found([hit])
  }
  const whole = language.answers.rank(text)
  const talk = language.talk.rank(text)[0]
  if (
    talk &&
    talk.score >= LIKELY &&
    talk.score + (talk.section.id === 'insult' ? ANGER : 0) > (whole[0]?.score ?? 0)
  ) {
    return talk.section.id === 'confused' && topic ? found([topic], 'simply') : found([talk.section])
  }
  const [best] = whole
  const questions = questionsIn(text)
  if (questions.length > 1 && (best?.score ?? 0) < CERTAIN) {
    const hits = questions.map(question => language.answers.rank(question)[0])
    const sections = new Set(hits.flatMap(hit => (hit && hit.score >= SURE_OF_PART ? [hit.section] : [])))
    if (sections.size > 0) return found([...sections].slice(0, MAX_SECTIONS))
  }
  const near = nearOf(whole)
  if (best && isSure(whole)) {
    const { sections } = found([best.section])
    return {
      locale,
      sections,
      near: isClear(whole) ? [] : near.filter(({ id }) => id !== best.section.id),
      again: null,
    }
  }
  return near.some(({ id }) => id === 'off-topic')
    ? found([section('off-topic')])
    : { locale, sections: [], near, again: null }
}

/** What may be meant. */
function nearOf(hits: readonly Hit[]): GuideSection[] {
  const least = Math.max(NEAR, (hits[0]?.score ?? 0) - NEAR_MARGIN)
  return hits
    .filter(({ section, score }) => score >= least && section.id !== 'what-to-ask')
    .slice(0, MAX_SECTIONS)
    .map(({ section }) => section)
}

function isSure([best, next]: readonly Hit[]): boolean {
  if (!best || best.score < LIKELY) return false
  return best.score >= SURE || best.score - (next?.score ?? 0) >= LIKELY_MARGIN
}

/** The best section fits clearly better than the next. */
function isClear([best, next]: readonly Hit[]): boolean {
  return best !== undefined && (best.score >= CLEAR || best.score - (next?.score ?? 0) >= CLEAR_MARGIN)
}

/** What the answer before was about. */
function topicOf(before: Turn | null, { section }: Language): GuideSection | undefined {
  const last = before?.sections.at(-1)
  return last && !last.isTalk ? section(last.id) : undefined
}

function questionsIn(text: string): string[] {
  return text.match(/[^.!?\n]+\?/g) ?? []
}

const WHEN: ReadonlySet<string> = new Set(['quando', 'when', 'cuando'])
const WHY =
  /^(mas |e |but |and |pero |y )?(por ?que|pq|porque|why|why not|how come|xq|por que no|por que nao|e por que)( isso| nao| no| not| is that| so| asi| es asi| e assim)?$/

function isWhy(text: string): boolean {
  return WHY.test(wordsOf(text).join(' '))
}

/** Asks for nothing but a time: when something will come. */
function isWhen(text: string, locale: Locale): boolean {
  const words = wordsOf(text)
  return words.some(word => WHEN.has(word)) && words.every(word => FUNCTION_WORDS[locale].has(word))
}

/**
 * A short message after an answer: read together with the question before it where it goes on from that, and in any case
 * with the sections in mind that the answer leads to. Gives nothing where the message stands for itself.
 */
function followUp(
  text: string,
  { language, before, topic }: { language: Language; before: Turn; topic: GuideSection },
): GuideSection | undefined {
  const { answers, talk, locale } = language
  const words = wordsOf(text)
  const goesOn = GOING_ON.has(words[0] ?? '')
  const pointsBack = words.some(word => POINTING_BACK.has(word))
  const tells = words.some(word => !FUNCTION_WORDS[locale].has(word))
  const alone = answers.rank(text)
  const aloneScore = alone[0]?.score ?? 0
  if (words.length > MOST_WORDS_OF_FOLLOW_UP || (talk.rank(text)[0]?.score ?? 0) > aloneScore)
    return undefined
  if (goesOn && words.some(word => CIRCUMSTANCES.has(word)) && answers.mentions(topic, text)) return topic

  const expected = (hits: readonly Hit[]) =>
    hits
      .map(({ section, score }) => ({ section, score: score + expectedOf(section, topic) }))
      .sort((a, b) => b.score - a.score)[0]
  const own = expected(alone)
  if (tells && aloneScore >= LIKELY && !pointsBack)
    return words.length <= MOST_WORDS_OF_HINT ? own?.section : undefined
  if (tells && !goesOn && !pointsBack) return undefined
  const together = expected(answers.rank(text, `${before.text} ${topic.heading}`))
  const best = own && together && own.score > together.score ? own : together
  return best && best.score >= LIKELY + LEADS_TO ? best.section : undefined
}

/** How much more a section is expected after another. */
function expectedOf(section: GuideSection, topic: GuideSection): number {
  return section === topic || topic.related.includes(section.id) ? LEADS_TO : 0
}
