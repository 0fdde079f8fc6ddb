import { createHash } from 'node:crypto'
import { type Insertable, sql } from 'kysely'
import type { StoredPart } from '../../../protocol/parts.ts'
import type { Match, MatchPage } from '../dialect.ts'
import type { MessageRow, Queries } from '../schema.ts'
import { MAX_SEARCHED, searchableText, tokensOf } from '../searchText.ts'

/** A word is cut here in the index and in a query, in UTF-16 units, because PostgreSQL takes no longer one. */
const MAX_WORD = 64
/** The most words of one message in the index, in UTF-8 bytes, because PostgreSQL takes 1 MiB of them. */
const MAX_WORDS = 900_000
/** The most matches that are looked at for the words that have to follow each other, for one page. */
const MAX_LOOKED_AT = 500

/**
 * The words of a message as the index has them. Each begins with a mark of its owner, so that a search for the beginning
 * of a word reads no other owner's entries.
 */
export function lexemesOf({ owner_id, parts }: Pick<Insertable<MessageRow>, 'owner_id' | 'parts'>): string[] {
  const mark = markOf(owner_id)
  const lexemes = new Set<string>()
  let bytes = 0
  const text = searchableText(JSON.parse(parts) as StoredPart[]).slice(0, MAX_SEARCHED)
  for (const { folded } of tokensOf(text)) {
    const lexeme = mark + folded.slice(0, MAX_WORD)
    if (folded === '' || lexemes.has(lexeme)) continue
    bytes += Buffer.byteLength(lexeme)
    if (bytes > MAX_WORDS) break
    lexemes.add(lexeme)
  }
  return [...lexemes]
}

function markOf(ownerId: string): string {
  return createHash('sha256').update(ownerId).digest('hex').slice(0, 8)
}

/**
 * The index gives all matches of the owner first, because PostgreSQL might otherwise walk through the messages of
 * everyone.
 */
export async function listMatches(queries: Queries, page: MatchPage): Promise<Match[]> {
  const phrases = page.words.map(word => [...tokensOf(word)].map(({ folded }) => folded))
  if (phrases.every(phrase => phrase.length === 1)) return findMatches(queries, page, phrases)
  const matches: Match[] = []
  let looked = page
  for (let count = 0; matches.length <= page.limit && count < MAX_LOOKED_AT; ) {
    const found = await findMatches(queries, looked, phrases)
    for (const match of found) if (await hasPhrases(queries, match.number, phrases)) matches.push(match)
    const last = found.at(-1)
    if (!last || found.length <= page.limit) break
    looked = { ...page, before: last.number }
    count += found.length
  }
  return matches.slice(0, page.limit + 1)
}

async function findMatches(
  queries: Queries,
  { ownerId, limit, before = Number.MAX_SAFE_INTEGER }: MatchPage,
  phrases: readonly string[][],
): Promise<Match[]> {
  const { rows } = await sql<Match>`
    with found as materialized (
      select number from message_index where words @@ ${queryOf(ownerId, phrases)}::tsquery and number < ${before})
    select number, messages.id, conversation_id, role, messages.created_at, title, archived
    from found join messages using (number) join conversations on conversations.id = conversation_id
    where messages.owner_id = ${ownerId} and deleted_at is null and temporary = 0
    order by number desc
    limit ${limit + 1}`.execute(queries)
  return rows
}

/** A word has letters, digits and marks only, so that nothing in it ends the quotes. */
function queryOf(ownerId: string, phrases: readonly string[][]): string {
  const mark = markOf(ownerId)
  const lexemes = phrases.flat().map(word => `'${mark}${word.slice(0, MAX_WORD)}'`)
  return `${lexemes.join(' & ')}:*`
}

/** Whether the words of each phrase follow each other. The index does not know their places. */
async function hasPhrases(queries: Queries, number: number, phrases: readonly string[][]): Promise<boolean> {
  const row = await queries
    .selectFrom('messages')
    .select('parts')
    .where('number', '=', number)
    .executeTakeFirst()
  if (!row) return false
  const text = searchableText(JSON.parse(row.parts) as StoredPart[]).slice(0, MAX_SEARCHED)
  const words = Array.from(tokensOf(text), ({ folded }) => folded)
  return phrases.every((phrase, index) => {
    const isBeginning = index === phrases.length - 1
    return words.some((_, at) => followsAt({ words, at, phrase, isBeginning }))
  })
}

function followsAt(place: { words: string[]; at: number; phrase: string[]; isBeginning: boolean }): boolean {
  const { words, at, phrase, isBeginning } = place
  return phrase.every((word, offset) => {
    const found = words[at + offset]
    return isBeginning && offset === phrase.length - 1 ? found?.startsWith(word) === true : found === word
  })
}
