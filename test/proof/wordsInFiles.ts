import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { withoutCaseAndAccents } from '../../src/protocol/withoutCaseAndAccents.ts'

/** The index of the search stores of a word only what the word before it does not share, so a part counts too. */
const PART_LENGTH = 8
/** Of two words of digits many share eight in a row by chance. */
const PART_OF_DIGITS = 11
const DIGITS = /^[\da-f]+$/

/**
 * Reads the files of a database as bytes: the database itself, its write-ahead log, and whatever else begins with its
 * name. Says which file has which of `words`, whole or in a part of at least 8 bytes, 11 if it is of digits: as they are
 * written, in lower case, or folded. A word needs at least 3 bytes.
 */
export function wordsInFiles(databaseFile: string, words: Iterable<string>): string[] {
  const wordsByPart = new Map<string, string>()
  for (const word of words)
    for (const form of new Set([word, word.toLowerCase(), withoutCaseAndAccents(word)]))
      for (const part of partsOf(Buffer.from(form).toString('latin1'))) wordsByPart.set(part, word)
  const found = new Set<string>()
  const folder = dirname(databaseFile)
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(basename(databaseFile))) continue
    for (const part of partsIn(readFileSync(join(folder, name)), wordsByPart))
      found.add(`${name} has a part of “${wordsByPart.get(part)}”`)
  }
  return [...found]
}

/** Words of what was erased that the files still have. Until the file is rewritten, as its mark says, it may have them. */
export function wordsLeftBehind(databaseFile: string, words: Iterable<string>): string[] {
  using database = new DatabaseSync(databaseFile, { readOnly: true })
  const mark = database.prepare("select 1 from settings where key = 'rewrite_due_since'").get()
  return mark ? [] : wordsInFiles(databaseFile, words)
}

/** A word that is shorter than a part has to be there as a whole. */
function partsOf(word: string): string[] {
  const length = DIGITS.test(word) ? PART_OF_DIGITS : PART_LENGTH
  if (word.length < 3) return []
  if (word.length <= length) return [word]
  return Array.from({ length: word.length - length + 1 }, (_, at) => word.slice(at, at + length))
}

/** Compares only where three bytes begin a part, because a file may have a hundred million bytes. */
function* partsIn(bytes: Buffer, parts: ReadonlyMap<string, string>): Generator<string> {
  const beginnings = new Uint8Array(2 ** 24)
  for (const part of parts.keys()) beginnings[Buffer.from(part, 'latin1').readUIntBE(0, 3)] = 1
  const lengths = new Set([...parts.keys()].map(({ length }) => length))
  let three = 0
  for (let at = 0; at < bytes.length; at++) {
    three = ((three << 8) | (bytes[at] ?? 0)) & 0xffffff
    if (beginnings[three] !== 1) continue
    const begin = at - 2
    for (const length of lengths) {
      const part = bytes.toString('latin1', begin, begin + length)
      if (parts.has(part)) yield part
    }
  }
}
