import type { PassageRow } from '../../database/files/fileRows.ts'
import { countPassages, findPassages, wordsBeginning } from '../../database/files/passages.ts'
import { beginningOf, placesIn, type QueryWord } from '../../database/files/passageWords.ts'
import type { Queries } from '../../database/schema.ts'
import { tokensOf } from '../../database/searchText.ts'

/** The most words of a query. */
const MOST_WORDS = 12
/** How many passages are read to find the best ones. */
const MOST_READ = 30
/** From this length on a word may be the beginning of a longer one. */
const BEGINNING = 4
/** Endings that singular and plural do not share, in Portuguese, Spanish and English. At least the beginning of a word stays. */
const ENDING = /(?<=.{4})(?:[cs]oes|[cs]ao|[cs]iones|[cs]ion|eis|ais|es|s)$/
/** How little more a passage counts that has a word again and again, and how much a longer word counts. */
const SATURATION = 1.2
const LONGER = 0.7

export interface PassageSearch {
  ids: readonly string[]
  ownerId: string
  query: string
  limit: number
}

interface AskedWord extends QueryWord {
  /** As it was asked for. */
  whole: string
}

interface Weighed extends AskedWord {
  weight: number
}

interface Scored {
  fileId: string
  place: number
  score: number
}

/**
 * The passages of documents that say most about a query: those with its rarest words, and with most of them. `count`: how many
 * passages have any of its words.
 */
export async function searchPassages(
  queries: Queries,
  { ids, ownerId, query, limit }: PassageSearch,
): Promise<{ passages: PassageRow[]; count: number }> {
  const counts = await countPassages(queries, { ids, ownerId })
  const files = { ids: [...counts.keys()], ownerId }
  const whole = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const scored = new Map<string, Scored>()
  const weighed: Weighed[] = []
  for (const word of whole === 0 ? [] : wordsOf(query)) {
    const found = await wordsBeginning(queries, { ...files, beginning: beginningOf(word.text) })
    const places = found.flatMap(({ file_id: fileId, words }) =>
      Array.from(placesIn(words, word), place => ({ fileId, place })),
    )
    const weight = Math.log(1 + (whole - places.length + 0.5) / (places.length + 0.5))
    weighed.push({ ...word, weight })
    for (const { fileId, place } of places) {
      const key = `${fileId} ${place}`
      scored.set(key, { fileId, place, score: (scored.get(key)?.score ?? 0) + weight })
    }
  }
  const best = [...scored.values()].toSorted(byScore).slice(0, MOST_READ)
  const read: { passage: PassageRow; score: number }[] = []
  for (const [id, those] of Map.groupBy(best, ({ fileId }) => fileId)) {
    const places = those.map(({ place }) => place)
    for (const passage of await findPassages(queries, { id, ownerId, places }))
      read.push({ passage, score: scoreOf(passage.text, weighed) })
  }
  const passages = read
    .toSorted((a, b) => b.score - a.score || a.passage.place - b.passage.place)
    .slice(0, limit)
    .map(({ passage }) => passage)
  return { passages, count: scored.size }
}

function byScore(a: Scored, b: Scored): number {
  return b.score - a.score || a.place - b.place
}

/** The words of a query, each once. Words of one or two letters count only if there are no others. */
function wordsOf(query: string): AskedWord[] {
  const words = [...new Set(Array.from(tokensOf(query), ({ folded }) => folded))].filter(Boolean)
  const long = words.filter(word => word.length > 2 || /\d/.test(word))
  return (long.length > 0 ? long : words)
    .slice(0, MOST_WORDS)
    .map(whole => ({ whole, text: whole.replace(ENDING, ''), isBeginning: whole.length >= BEGINNING }))
}

function scoreOf(text: string, weighed: readonly Weighed[]): number {
  const counts = new Array<number>(weighed.length).fill(0)
  for (const { folded } of tokensOf(text))
    for (const [index, word] of weighed.entries())
      if (folded === word.whole) counts[index] = (counts[index] ?? 0) + 1
      else if (word.isBeginning && folded.startsWith(word.text)) counts[index] = (counts[index] ?? 0) + LONGER
  return weighed.reduce((sum, { weight }, index) => {
    const count = counts[index] ?? 0
    return sum + (weight * count) / (count + SATURATION)
  }, 0)
}
