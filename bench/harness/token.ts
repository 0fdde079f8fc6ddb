import { now } from './clock.ts'

/**
 * A token of the fake upstream: its number in the reply (3 digits), the time it was written (4 digits, tenths of a
 * millisecond), both in base 36, and a blank; for one in eight a `ç`, which is two bytes, in place of the blank. So a
 * reader sees by the text alone what is lost, doubled or garbled, and how late each token is.
 *
 * Text is handled as latin1, a character a byte: what is no longer the bytes that were written shows.
 */
export const TOKEN_LENGTH = 8
const C_CEDILLA = '\u00c3\u00a7'
const WRAP = 36 ** 4

/** Token number `index`, written now. */
export function tokenAt(index: number): string {
  const mark = Math.floor(now() * 10) % WRAP
  const end = index % 8 === 7 ? C_CEDILLA : ' '
  return index.toString(36).padStart(3, '0') + mark.toString(36).padStart(4, '0') + end
}

/** Milliseconds from `mark` to `at`. */
export function delayOf(mark: number, at: number): number {
  const tenths = (((at * 10 - mark) % WRAP) + WRAP) % WRAP
  return (tenths > WRAP / 2 ? tenths - WRAP : tenths) / 10
}

/** Told of each token in the order in which they stand in the text. */
export interface TokenSink {
  token(index: number, mark: number): void
  garbled(): void
}

/** Finds tokens in text that comes in pieces; what cannot be one is garbled. */
export class TokenReader {
  readonly #sink: TokenSink
  #rest = ''

  constructor(sink: TokenSink) {
    this.#sink = sink
  }

  read(piece: string): void {
    const text = this.#rest === '' ? piece : this.#rest + piece
    let at = 0
    while (text.length - at >= TOKEN_LENGTH) {
      const length = text[at + 7] === ' ' ? TOKEN_LENGTH : TOKEN_LENGTH + 1
      if (text.length - at < length) break
      const index = base36(text, at, 3)
      const mark = base36(text, at + 3, 4)
      const isWhole = length === TOKEN_LENGTH || text.startsWith(C_CEDILLA, at + 7)
      if (isWhole && index >= 0 && mark >= 0) this.#sink.token(index, mark)
      else this.#sink.garbled()
      at += length
    }
    this.#rest = at === text.length ? '' : text.slice(at)
  }

  /** The reply is over: half a token is left when it was cut inside one. */
  end(): void {
    if (this.#rest !== '') this.#sink.garbled()
  }
}

/** The number of `length` digits at `at`; -1 when they are not digits. */
function base36(text: string, at: number, length: number): number {
  let value = 0
  for (let index = at; index < at + length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 48 && code <= 57) value = value * 36 + code - 48
    else if (code >= 97 && code <= 122) value = value * 36 + code - 87
    else return -1
  }
  return value
}
