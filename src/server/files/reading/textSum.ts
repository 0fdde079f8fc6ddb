import { FileProblem } from '../fileProblem.ts'

/** The most text of a file, in UTF-16 units. */
const MOST_TEXT = 2_000_000
/** The most of a passage, and the least before another section begins a new one, in UTF-16 units. */
const LONGEST = 2000
const LEAST = 400
const LONGEST_SECTION = 200

/** Where in a document a text stands. */
export interface Place {
  /** Of a PDF, from 1. */
  page?: number
  /** A sheet, or the heading above. */
  section?: string
}

/** A piece of the text of a document. Its passages, in their order, are its whole text. */
export interface Passage extends Place {
  text: string
}

/**
 * Puts a text together, piece by piece, and cuts it into passages of about equal length. A page begins a new one. Throws
 * `FileProblem` once the text is too long.
 */
export class TextSum {
  readonly #between: string
  readonly #passages: Passage[] = []
  #last: Passage | undefined
  #length = 0

  constructor(between = '\n\n') {
    this.#between = between
  }

  add(piece: string, place: Place = {}): void {
    const between = this.#last ? this.#between : ''
    this.#length += between.length + piece.length
    if (this.#length > MOST_TEXT) throw new FileProblem('FILE_TOO_LONG')
    // Without what no database takes.
    const text = between + piece.replaceAll('\0', '').toWellFormed()
    if (this.#last) {
      const { page, section, text: begun } = this.#last
      const isOther = page !== place.page || (section !== place.section && begun.length >= LEAST)
      if (!isOther && begun.length + text.length <= LONGEST) {
        this.#last.text += text
        return
      }
    }
    for (const slice of slicesOf(text)) this.#begin(slice, place)
  }

  #begin(text: string, { page, section }: Place): void {
    this.#last = {
      text,
      ...(page !== undefined && { page }),
      ...(section && { section: section.slice(0, LONGEST_SECTION).toWellFormed() }),
    }
    this.#passages.push(this.#last)
  }

  get passages(): readonly Passage[] {
    return this.#passages
  }
}

/** Slices of a text that are not too long, cut where it hurts least: between paragraphs, lines, sentences, words. */
function* slicesOf(text: string): Generator<string> {
  let from = 0
  while (text.length - from > LONGEST) {
    const to = from + cutIn(text.slice(from, from + LONGEST))
    yield text.slice(from, to)
    from = to
  }
  yield text.slice(from)
}

const ENDS = ['\n\n', '\n', '. ', ' ']

/** Where to cut a text, in its second half if anything there says so. */
function cutIn(text: string): number {
  for (const end of ENDS) {
    const at = text.lastIndexOf(end)
    if (at >= text.length / 2) return at + end.length
  }
  return /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length
}
