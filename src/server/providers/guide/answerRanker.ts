import MiniSearch from 'minisearch'
import type { Locale } from '../../../protocol/locale.ts'
import { createRanker, EXACT, type Hit, type Ranker, vocabularyOf } from './sectionRanker.ts'
import type { GuideSection } from './sections.ts'
import { termOf, wordsOf } from './terms.ts'
import { TROUBLE_SECTIONS, tellsOfTrouble } from './trouble.ts'
import { ACTIONS } from './wordLists.ts'

/** In the full-text search. */
const BOOST = { heading: 3, also: 2 }
/** Longer words may be mistyped: one letter in five. */
const LONGEST_EXACT = 4
const MISTYPED = 0.2

/** The share of the full-text search in a score. */
const SHARE_OF_SEARCH = 0.17
/** Its words are of the whole world, and some of them are also of Riacho. So another section of nearly the same score wins. */
const OFF_TOPIC = 0.8

/**
 * A section answers if its score and twice what it is ahead of the next one reach this. It has to be ahead by `LEAST_AHEAD`, and
 * more than `MOST_AHEAD` does not count, because any section is ahead where no other has a word of the question.
 */
const SURE_IF_AGREED = 0.95
const SURE = 1.15
const LEAST_AHEAD = 0.05
const MOST_AHEAD = 0.2
/** A section has to have more than two thirds of a question's words. Otherwise the question likely is about something else. */
const LEAST_COVERED = 0.67
/** Added to the score of a section that helps with trouble, where a message tells of some. */
const HELPS = 0.12
/** Of the score of a section without the action that a question names. */
const OTHER_ACTION = 0.85
const MOST_FITTED = 0.99

export interface AnswerHit extends Hit {
  /** Two ways to search both find this section first. */
  readonly isAgreed: boolean
  /** The question names something to do that the section does not have. */
  readonly lacksAction: boolean
}

export interface AnswerRanker extends Ranker {
  rank(text: string, context?: string): AnswerHit[]
}

/**
 * Ranks the sections that answer questions, in two ways: the ranker compares whole questions, and a full-text search looks for rare
 * words wherever they stand. Where both find the same section first, it is nearly always the right one.
 */
export function createAnswerRanker(
  sections: readonly GuideSection[],
  locale: Locale,
  talking: readonly GuideSection[],
): AnswerRanker {
  const ranker = createRanker(sections, { locale, kind: 'answers', others: vocabularyOf(talking) })
  let index: MiniSearch | null = null
  const actions = new Set([...ACTIONS[locale]].map(word => termOf(word, locale).key))
  return {
    ...ranker,
    rank(text, context) {
      index ??= indexOf(sections, locale)
      const found = index.search(text)
      const most = found[0]?.score ?? 1
      const isTrouble = tellsOfTrouble(text, locale)
      const asked = [...new Set(wordsOf(text).map(word => termOf(word, locale).key))].filter(key =>
        actions.has(key),
      )
      const shares = new Map(found.map(({ id, score }) => [id, score / most]))
      return ranker
        .rank(text, context)
        .map((hit, place) => {
          const share = shares.get(hit.section.id) ?? 0
          const isAgreed = hit.score >= EXACT || (place === 0 && share === 1)
          const lacksAction = asked.some(key => !ranker.isAsked(hit.section, key))
          const score = scoreOf(hit, { share: shares.size === 0 ? hit.score : share, isTrouble, lacksAction })
          return { ...hit, score, isAgreed, lacksAction }
        })
        .sort((a, b) => b.score - a.score)
    },
  }
}

function indexOf(sections: readonly GuideSection[], locale: Locale): MiniSearch {
  // For the sections alone: a map of the words of every question would grow without end.
  const keys = new Map<string, string | null>()
  const keyOf = (word: string) => {
    const { isFunction, key } = termOf(word, locale)
    return isFunction ? null : key
  }
  const index = new MiniSearch({
    fields: ['heading', 'also', 'body'],
    tokenize: wordsOf,
    processTerm: word => {
      const key = keys.get(word) ?? keyOf(word)
      keys.set(word, key)
      return key
    },
    searchOptions: {
      boost: BOOST,
      processTerm: keyOf,
      fuzzy: term => (term.length > LONGEST_EXACT ? MISTYPED : false),
    },
  })
  index.addAll(sections.map(({ id, heading, also, body }) => ({ id, heading, also: also.join(' '), body })))
  return index
}

/**
 * The score with the share of the full-text search. Trouble leads to sections that help with it. A section without what is to be
 * done has but the thing in common.
 */
function scoreOf(
  { section, score }: Hit,
  { share, isTrouble, lacksAction }: { share: number; isTrouble: boolean; lacksAction: boolean },
): number {
  if (score >= EXACT) return score
  const both = (1 - SHARE_OF_SEARCH) * score + SHARE_OF_SEARCH * share
  const handicap = (section.id === 'off-topic' ? OFF_TOPIC : 1) * (lacksAction ? OTHER_ACTION : 1)
  const helps = isTrouble && TROUBLE_SECTIONS.has(section.id) ? HELPS : 0
  return Math.min(both * handicap + helps, MOST_FITTED)
}

/** Whether the best section answers: it stands out, or its very words were asked. */
export function isSure([best, next]: readonly AnswerHit[]): boolean {
  if (!best) return false
  if (best.score >= EXACT) return true
  const ahead = best.score - (next?.score ?? 0)
  const certainty = best.score + 2 * Math.min(ahead, MOST_AHEAD)
  if (best.lacksAction || best.covered < LEAST_COVERED) return false
  return ahead > LEAST_AHEAD && certainty >= (best.isAgreed ? SURE_IF_AGREED : SURE)
}
