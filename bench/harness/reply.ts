import { now } from './clock.ts'
import type { Dialect } from './dialects.ts'
import { type HttpRequest, openHttp } from './http.ts'
import { delayOf, TokenReader, type TokenSink } from './token.ts'

export interface ReplyOptions {
  request: HttpRequest
  dialect: Dialect
  /** The number of tokens of the whole reply. */
  expected: number
  /** The number of the first token that is still missing. */
  after?: number
  /**
   * Is called for each token with its number, the time at which it came, and how late it was. Both times are in
   * milliseconds.
   */
  onToken?: (index: number, at: number, delay: number) => void
}

/** How one reply ended. */
export interface Outcome {
  status: number
  lost: number
  doubled: number
  garbled: number
  /** Whether it ended as its peer ends replies, with every token. */
  isComplete: boolean
}

/** One reply and its reader. */
export class Reply implements TokenSink {
  readonly sentAt = now()
  readonly ended: Promise<Outcome>
  headers = ''
  /** Bytes of the body so far. */
  bytes = 0
  textBytes = 0
  firstTokenAt: number | undefined
  /** The last `id:` that arrived. */
  lastId: string | undefined
  /** The number of the next token. */
  next: number
  readonly #options: ReplyOptions
  readonly #ended = Promise.withResolvers<Outcome>()
  readonly #outcome: Outcome = { status: 0, lost: 0, doubled: 0, garbled: 0, isComplete: false }
  readonly #break: () => void
  #tokens = new TokenReader(this)
  #rest = ''
  #at = 0
  #isEnd = false

  constructor(options: ReplyOptions) {
    this.#options = options
    this.next = options.after ?? 0
    this.ended = this.#ended.promise
    this.#break = openHttp(options.request, {
      head: (status, headers) => {
        this.#outcome.status = status
        this.headers = headers
      },
      data: piece => this.#data(piece),
      close: endedWell => this.#close(endedWell),
    })
  }

  /** Cuts the connection, as a browser does that leaves. */
  cut(): void {
    this.#break()
  }

  token(index: number, writtenAt: number): void {
    this.firstTokenAt ??= this.#at
    if (index < this.next) {
      this.#outcome.doubled++
      return
    }
    this.#outcome.lost += index - this.next
    this.next = index + 1
    this.#options.onToken?.(index, this.#at, delayOf(writtenAt, this.#at))
  }

  garbled(): void {
    this.#outcome.garbled++
  }

  #data(piece: string): void {
    this.#at = now()
    this.bytes += piece.length
    const text = this.#rest === '' ? piece : this.#rest + piece
    let at = 0
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n', at)) {
      this.#frame(text.slice(at, end))
      at = end + 2
    }
    this.#rest = at === text.length ? '' : text.slice(at)
  }

  #frame(frame: string): void {
    if (frame.startsWith('id: ')) this.lastId = frame.slice(4, frame.indexOf('\n'))
    const content = this.#options.dialect(frame)
    if (content === undefined) return
    if (content === 'end') {
      this.#isEnd = true
      return
    }
    if ('snapshot' in content) {
      this.textBytes += content.snapshot.length
      this.#replace(content.snapshot)
      return
    }
    this.textBytes += content.text.length
    this.#tokens.read(content.text)
  }

  /** A snapshot replaces what the reader saw. The tokens that it repeats do not count as doubled. */
  #replace(text: string): void {
    const { doubled } = this.#outcome
    this.#tokens = new TokenReader(this)
    this.#tokens.read(text)
    this.#outcome.doubled = doubled
  }

  #close(endedWell: boolean): void {
    this.#tokens.end()
    this.#outcome.lost += Math.max(0, this.#options.expected - this.next)
    this.#outcome.isComplete = endedWell && this.#isEnd && this.next === this.#options.expected
    this.#ended.resolve(this.#outcome)
  }
}
