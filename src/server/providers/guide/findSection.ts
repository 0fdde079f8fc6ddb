import type { Locale } from '../../../protocol/locale.ts'
import { isSure } from './answerRanker.ts'
import { isOrder } from './dialogue.ts'
import { followUp, isWhen, isWhy, type Remark, remarkIn } from './followUps.ts'
import { createLanguages, type Language, spokenIn } from './languages.ts'
import { EXACT, type Hit } from './sectionRanker.ts'
import type { Guide, GuideSection } from './sections.ts'
import { wordsOf } from './terms.ts'
import { TROUBLE_SECTIONS, tellsOfFailure, triedIn } from './trouble.ts'
import { FUNCTION_WORDS, INSULTS, TASKS } from './wordLists.ts'

/** What a message asks for. */
export interface GuideAnswer {
  /** The language of the message. */
  readonly locale: Locale
  /** One section for each question that was understood; none when nothing was. */
  readonly sections: readonly GuideSection[]
  /** Sections that may be meant, where none is sure. */
  readonly near: readonly GuideSection[]
  /** Sections to offer where nothing was understood, because they share a word with the message. */
  readonly hints: readonly GuideSection[]
  /** The message is about the answer before, which is in `sections`. */
  readonly again: Remark | null
}

/** Characters. A question with its story fits. A longer text was pasted, and takes long to search. */
const MAX_QUESTION_LENGTH = 600
const MAX_SECTIONS = 3
/** Messages before the last that can matter to it. */
const MAX_EARLIER = 4

/** From this score on it is a greeting, thanks or a complaint. */
const TALK = 0.6
/** A section with this score may be meant, if it is not much worse than the best one. */
const NEAR = 0.4
const NEAR_MARGIN = 0.25
/** A section with this score is worth a button. */
const HINT = 0.15
/** From this score on, a message of several questions asks one thing. */
const CERTAIN = 0.9
/** Added to the score of a complaint, because it often names what it complains about. */
const ANGER = 0.1

/** Where their advice did not help, the guide most likely still answers. */
const CONNECTING: ReadonlySet<string> = new Set([
  'connect-openai',
  'connect-compatible',
  'what-now',
  'which-model',
])

const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/^[\s?¿!.…]+$/, 'confused'],
  [/^[\s\d.,+\-−*/x×÷^()=%]*\d\s*[+\-−*/x×÷^]\s*[(\d][\s\d.,+\-−*/x×÷^()=%?¿]*$/, 'off-topic'],
  [
    /^\W*(quanto (é|eh?|dá|da)|what'?s|what is|how much is|cuánto es|cuanto es)\s+\d[\d.,]*\s*(%|[+\-−*/x×÷^]|\p{L}+)\s*(\p{L}+\s*)?\d[^\p{L}]*$/iu,
    'off-topic',
  ],
  [/^\P{L}*[😡🤬😠👎😤💩🖕😒🙄😞😢😭😩]\P{L}*$/u, 'insult'],
  [/^[^\p{L}\d]*\p{Extended_Pictographic}[^\p{L}\d]*$/u, 'thanks'],
]

/** Lines of a stack trace. Their words would find sections by chance. */
const STACK_LINE = /^\s*(at .+|File ".+", line \d+.*|\.\.\. \d+ more)$/gm

const LAUGHTER = /(?<!\p{L})(k{2,}|(ha|he|ja|je|rs){2,}[haejs]*|lol|lmao)(?!\p{L})/giu

interface Turn extends GuideAnswer {
  readonly text: string
  /** The id of the section that the conversation is about. */
  readonly topic: string | null
}

/** Finds what the last of `messages` asks for, read together with those before it. All are the reader's. */
export type SectionFinder = (messages: readonly string[], preferred: Locale) => GuideAnswer

/** Searches the guide. `preferred` is the language of a message that does not tell its own. */
export function createSectionFinder(guide: Guide): SectionFinder {
  const languages = createLanguages(guide)
  return (messages, preferred) => {
    let turn: Turn | null = null
    for (const message of messages.slice(-1 - MAX_EARLIER)) turn = readTurn(message, turn)
    return turn ?? { locale: preferred, sections: [], near: [], hints: [], again: null }

    function readTurn(message: string, before: Turn | null): Turn {
      const text = withoutLaughter(message.replace(STACK_LINE, '')).slice(0, MAX_QUESTION_LENGTH)
      const language = spokenIn(text, languages, before?.locale ?? preferred)
      const answer =
        turnOf(text, language) ?? (before && answerAfter(before, text, language)) ?? answerTo(text, language)
      const topic = topicOf(answer) ?? before?.topic ?? null
      return { near: [], hints: [], again: null, ...answer, text, topic, locale: language.locale }
    }
  }
}

type Found = Pick<GuideAnswer, 'sections'> & Partial<Pick<GuideAnswer, 'near' | 'hints' | 'again'>>

function found(sections: readonly (GuideSection | undefined)[], again: GuideAnswer['again'] = null): Found {
  return { sections: sectionsOf(...sections), again }
}

function sectionsOf(...sections: readonly (GuideSection | undefined)[]): GuideSection[] {
  return sections.filter(section => section !== undefined)
}

/** The answer to an order and to a social turn. Their words would find sections by chance. */
function turnOf(text: string, language: Language): Found | null {
  if (isOrder(text)) return found([language.section('ignore-instructions')])
  const social = language.social(text)
  return social ? found([social]) : null
}

/** The answer to a message that only makes sense after the one before. */
function answerAfter(before: Turn, text: string, language: Language): Found | null {
  const topic = before.topic === null ? undefined : language.section(before.topic)
  if (!topic) return null
  if (signOf(text) === 'confused') return found([topic], 'simply')
  if (signOf(text)) return null
  if (isWhy(text)) return found([topic], 'why')
  if (isWhen(text, language.locale)) return found([language.section('roadmap')])
  const tried = triedIn(text)
  if (tried && (tried === 'unchanged' || TROUBLE_SECTIONS.has(topic.id)))
    return found([language.section(afterTrying(topic.id))])
  const next = followUp(text, { language, question: before.text, topic })
  if (next?.isSure) return found(next.sections)
  if (next) return { sections: [], near: next.sections }
  const remark = remarkIn(text, language)
  return remark ? found([topic], remark) : null
}

/** The section with what to check next where the advice of another did not help. */
function afterTrying(topic: string): string {
  return CONNECTING.has(topic) ? 'still-guide' : 'next-checks'
}

/** What an answer is about: what it found, or what most likely was meant. */
function topicOf({ sections, near }: Found): string | null {
  const last = sections.at(-1) ?? near?.[0]
  return last && !last.isTalk ? last.id : null
}

function answerTo(text: string, language: Language): Found {
  const { section } = language
  const sign = signOf(text)
  if (sign) return found([section(sign)])
  const talk = talkIn(text, language)
  if (talk) return found([talk])
  const whole = language.answers.rank(text)
  const [best] = whole
  const questions = questionsIn(text)
  const [question] = questions
  if (question && questions.length === 1 && talkIn(text.replace(question, ''), language))
    return answerTo(question, language)
  if (questions.length > 1 && (best?.score ?? 0) < CERTAIN) {
    const rankings = questions.map(question => language.answers.rank(question))
    const sections = new Set(rankings.filter(isSure).flatMap(([hit]) => (hit ? [hit.section] : [])))
    if (sections.size > 0) return found([...sections].slice(0, MAX_SECTIONS))
  }
  const isRude = wordsOf(text).some(word => INSULTS[language.locale].has(word))
  // Rude words often stand beside “you” or “bot”, which ask who answers here.
  if (best && isSure(whole) && !(isRude && best.section.id === 'who-are-you')) {
    const helps = best.score >= EXACT || TROUBLE_SECTIONS.has(best.section.id) || !tellsOfFailure(text)
    return helps
      ? found([best.section])
      : { sections: [], near: sectionsOf(best.section, section('not-working')) }
  }
  const near = nearOf(whole)
  if (isTask(text, language) || near[0]?.id === 'off-topic') return found([section('off-topic')])
  if (isRude) return found([section('insult')])
  return { sections: [], near, hints: hintsOf(whole) }
}

/** Laughter beside words says nothing. Alone it is a message. */
function withoutLaughter(text: string): string {
  const rest = text.replace(LAUGHTER, '')
  return /\p{L}/u.test(rest) ? rest : text
}

function signOf(text: string): string | undefined {
  return SIGNS.find(([pattern]) => pattern.test(text))?.[1]
}

/** What answers a greeting, thanks or a complaint, if `text` is one. */
function talkIn(text: string, { talk, answers }: Language): GuideSection | undefined {
  const [best] = talk.rank(text)
  if (!best || best.score < TALK) return undefined
  const score = best.score + (best.section.id === 'insult' ? ANGER : 0)
  return score > (answers.rank(text)[0]?.score ?? 0) ? best.section : undefined
}

/** Tells to write, translate or work out something, which only a model can. */
function isTask(text: string, { locale }: Language): boolean {
  const first = wordsOf(text).find(word => !FUNCTION_WORDS[locale].has(word))
  return first !== undefined && TASKS[locale].has(first)
}

/** What may be meant. */
function nearOf(hits: readonly Hit[]): GuideSection[] {
  const least = Math.max(NEAR, (hits[0]?.score ?? 0) - NEAR_MARGIN)
  return likeliest(hits, { least, except: 'what-to-ask' })
}

function hintsOf(hits: readonly Hit[]): GuideSection[] {
  return likeliest(hits, { least: HINT, except: 'off-topic' })
}

function likeliest(
  hits: readonly Hit[],
  { least, except }: { least: number; except: string },
): GuideSection[] {
  return hits
    .filter(({ section, score }) => score >= least && section.id !== except)
    .slice(0, MAX_SECTIONS)
    .map(({ section }) => section)
}

function questionsIn(text: string): string[] {
  return text.match(/[^.!?\n]+\?/g) ?? []
}
