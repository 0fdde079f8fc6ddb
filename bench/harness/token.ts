import { now } from './clock.ts'

/**
 * A token of the fake upstream. It has the number of the token in its reply (3 digits), the time at which it was
 * written (4 digits, tenths of a millisecond), both in base 36, and a blank. In one of eight tokens a `ç`, which is two
 * bytes, replaces the blank. So a reader sees in the text alone which tokens are lost, doubled or garbled, and how late
 * each one is.
 *
 * Text is handled as latin1, one character for each byte, so a byte that changed on the way shows.
 */
export const TOKEN_LENGTH = 8
const C_CEDILLA = '\u00c3\u00a7'
const WRAP = 36 ** 4

/** Token number `index`, with the present time. */
export function tokenAt(index: number): string {
  const writtenAt = Math.floor(now() * 10) % WRAP
  const end = index % 8 === 7 ? C_CEDILLA : ' '
  return index.toString(36).padStart(3, '0') + writtenAt.toString(36).padStart(4, '0') + end
}

/** Milliseconds from `writtenAt` to `at`. */
export function delayOf(writtenAt: number, at: number): number {
  const tenths = (((at * 10 - writtenAt) % WRAP) + WRAP) % WRAP
  return (tenths > WRAP / 2 ? tenths - WRAP : tenths) / 10
}

/** Is called for each token, in the order of the text. */
export interface TokenSink {
  token(index: number, writtenAt: number): void
  garbled(): void
}

/** Finds tokens in a text that arrives in pieces. Anything else in the text is garbled. */
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
      const writtenAt = base36(text, at + 3, 4)
      const isWhole = length === TOKEN_LENGTH || text.startsWith(C_CEDILLA, at + 7)
      if (isWhole && index >= 0 && writtenAt >= 0) this.#sink.token(index, writtenAt)
      else this.#sink.garbled()
      at += length
    }
    this.#rest = at === text.length ? '' : text.slice(at)
  }

  /** Call it when the reply is over. Half a token is left if the reply was cut inside one. */
  end(): void {
    if (this.#rest !== '') this.#sink.garbled()
  }
}

/** The number with `length` digits at `at`. -1 if they are not digits. */
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
