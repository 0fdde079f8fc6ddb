import {
  countPassages,
  findPassages,
  listPassagesWith,
  type QueryWord,
  type StoredPassage,
} from '../../database/files/passages.ts'
import type { Queries } from '../../database/schema.ts'
import { tokensOf } from '../../database/searchText.ts'

/** The most words of a query, and the most passages that are looked at for each of them. */
const MOST_WORDS = 12
const MOST_MATCHES = 5000
/** How many passages are read to find the best ones. */
const MOST_READ = 40
/** From this length on a word may be the beginning of a longer one, such as that of its plural. */
const BEGINNING = 4
/** How little more a passage counts that has a word again and again. */
const SATURATION = 1.2

interface Weighed {
  word: QueryWord
  weight: number
}

/**
 * The passages of documents that say most about a query: those with its rarest words, and with most of them. `count`: how many
 * passages have any of its words.
 */
export async function searchPassages(
  queries: Queries,
  { ids, ownerId, query, limit }: { ids: readonly string[]; ownerId: string; query: string; limit: number },
): Promise<{ passages: StoredPassage[]; count: number }> {
  const counts = await countPassages(queries, { ids, ownerId })
  const whole = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const fileIds = [...counts.keys()]
  if (whole === 0) return { passages: [], count: 0 }
  const scores = new Map<number, number>()
  const weighed: Weighed[] = []
  for (const word of wordsOf(query)) {
    const numbers = await listPassagesWith(queries, { fileIds, word, limit: MOST_MATCHES })
    const weight = Math.log(1 + (whole - numbers.length + 0.5) / (numbers.length + 0.5))
    weighed.push({ word, weight })
    for (const number of numbers) scores.set(number, (scores.get(number) ?? 0) + weight)
  }
  const best = [...scores].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, MOST_READ)
  if (best.length === 0) return { passages: [], count: 0 }
  const numbers = best.map(([number]) => number)
  const found = await findPassages(queries, { ids: fileIds, ownerId, numbers })
  const passages = found
    .map(passage => ({ passage, score: scoreOf(passage.text, weighed) }))
    .toSorted((a, b) => b.score - a.score || a.passage.number - b.passage.number)
    .slice(0, limit)
    .map(({ passage }) => passage)
  return { passages, count: scores.size }
}

/** The words of a query, each once. Words of one or two letters count only if there are no others. */
export function wordsOf(query: string): QueryWord[] {
  const words = [...new Set(Array.from(tokensOf(query), ({ folded }) => folded))].filter(Boolean)
  const long = words.filter(word => word.length > 2 || /\d/.test(word))
  return (long.length > 0 ? long : words)
    .slice(0, MOST_WORDS)
    .map(text => ({ text, isBeginning: text.length >= BEGINNING }))
}

function scoreOf(text: string, weighed: readonly Weighed[]): number {
  const counts = new Array<number>(weighed.length).fill(0)
  for (const { folded } of tokensOf(text))
    for (const [index, { word }] of weighed.entries())
      if (folded === word.text) counts[index] = (counts[index] ?? 0) + 1
      else if (word.isBeginning && folded.startsWith(word.text)) counts[index] = (counts[index] ?? 0) + 0.7
  return weighed.reduce((sum, { weight }, index) => {
    const count = counts[index] ?? 0
    return sum + (weight * count) / (count + SATURATION)
  }, 0)
}
