import { FileProblem } from '../fileProblem.ts'

/** The most text of a file, in UTF-16 units. */
const MOST_TEXT = 2_000_000

/** Puts a text together, piece by piece. Throws `FileProblem` once it is too long. */
export class TextSum {
  readonly #pieces: string[] = []
  readonly #between: string
  #length = 0

  constructor(between = '\n\n') {
    this.#between = between
  }

  add(piece: string): void {
    this.#length += piece.length + this.#between.length
    if (this.#length > MOST_TEXT) throw new FileProblem('FILE_TOO_LONG')
    this.#pieces.push(piece)
  }

  /** Without what no database takes. */
  get text(): string {
    return this.#pieces.join(this.#between).replaceAll('\0', '').toWellFormed()
  }
}
