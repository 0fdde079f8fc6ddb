import { MAX_ATTACHMENT_NAME } from '../../protocol/limits.ts'
import { cleanTitle, firstWordsOf } from '../titles/cleanTitle.ts'
import type { Drop, ImportedMessage, ImportedPart } from './importedConversation.ts'

/** The longest text of one message, in UTF-16 units: as long as the longest reply that Riacho writes by default. */
export const MAX_TEXT = 2_000_000

/** Text that can be stored, searched and sent: without NULs, without halves of a character, and not too long. */
function cleanText(text: string, drop: Drop): string {
  let clean = text
  if (clean.includes('\0')) {
    drop('NUL characters in a text')
    clean = clean.replaceAll('\0', '')
  }
  if (clean.length > MAX_TEXT) {
    drop(`what comes after ${MAX_TEXT} characters of one message`)
    clean = clean.slice(0, MAX_TEXT)
  }
  return clean.toWellFormed()
}

/**
 * The parts that are worth keeping. Blank ones are left out, because formats are full of them. A person's message has
 * only texts and files, so its other parts become texts.
 */
export function cleanParts(
  parts: readonly ImportedPart[],
  { role, drop }: { role: 'USER' | 'ASSISTANT'; drop: Drop },
): ImportedPart[] {
  return parts.flatMap(part => {
    const clean = cleanPart(part, drop)
    return clean ? (role === 'USER' ? partOfPerson(clean) : clean) : []
  })
}

function partOfPerson(part: ImportedPart): ImportedPart {
  if (part.type === 'text' || part.type === 'file') return part
  return { type: 'text', text: part.type === 'source' ? part.url : part.text }
}

/**
 * The parts of a whole message: texts in a row are paragraphs of one text, because Riacho shows two texts without a gap
 * between them. Sources come last, each once.
 */
export function joinParts(parts: readonly ImportedPart[]): ImportedPart[] {
  const sources = new Map<string, ImportedPart>()
  const joined: ImportedPart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part.type === 'source') sources.set(part.url, part)
    else if (part.type === 'text' && last?.type === 'text')
      joined[joined.length - 1] = { type: 'text', text: `${last.text}\n\n${part.text}` }
    else joined.push(part)
  }
  return [...joined, ...sources.values()]
}

function cleanPart(part: ImportedPart, drop: Drop): ImportedPart | undefined {
  if (part.type === 'source') {
    const url = URL.parse(part.url)
    if (url && /^https?:$/.test(url.protocol))
      return { type: 'source', url: url.href, title: cleanText(part.title || url.host, drop) }
    drop('a source without an address of the web')
    return undefined
  }
  const text = cleanText(part.text, drop)
  if (text.trim() === '') return undefined
  if (part.type !== 'file') return { type: part.type, text }
  const name = cleanText(part.name, drop).trim().slice(0, MAX_ATTACHMENT_NAME).toWellFormed()
  return { type: 'file', name: name || 'text.txt', text }
}

/** The longest title that the API takes, in UTF-16 units. */
const MAX_TITLE = 200

/** The title, or the first words of the first question, or of the first reply. */
export function titleFor(
  given: string,
  messages: readonly Pick<ImportedMessage, 'role' | 'parts'>[],
): string {
  const title = given
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_TITLE)
    .toWellFormed()
  if (title !== '') return title
  for (const role of ['USER', 'ASSISTANT'] as const)
    for (const { role: other, parts } of messages) {
      if (other !== role) continue
      for (const part of parts) {
        const words = part.type === 'text' ? firstWordsOf(cleanTitle(part.text.slice(0, 1000))) : ''
        if (words !== '') return words.toWellFormed()
      }
    }
  return ''
}
