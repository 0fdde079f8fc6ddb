import { now } from './clock.ts'
import type { Dialect } from './dialects.ts'
import { type HttpRequest, openHttp } from './http.ts'
import { delayOf, TokenReader, type TokenSink } from './token.ts'

export interface ReplyOptions {
  request: HttpRequest
  dialect: Dialect
  /** Tokens that the reply has, or that are missing from `after` on. */
  expected: number
  /** Number of the first token that is still missing. */
  after?: number
  /** Told of each token: its number, when it came, and how late, both in milliseconds. */
  onToken?: (index: number, at: number, delay: number) => void
}

/** What became of one reply. */
export interface Outcome {
  status: number
  lost: number
  doubled: number
  garbled: number
  /** It ended as its peer ends replies, with every token. */
  whole: boolean
}

/** One reply on its way to its reader. */
export class Reply implements TokenSink {
  readonly sentAt = now()
  readonly ended: Promise<Outcome>
  headers = ''
  /** Bytes of the body so far. */
  bytes = 0
  textBytes = 0
  firstTokenAt: number | undefined
  /** The last `id:` that came. */
  lastId: string | undefined
  /** Number of the token that comes next. */
  next: number
  readonly #options: ReplyOptions
  readonly #settle = Promise.withResolvers<Outcome>()
  readonly #outcome: Outcome = { status: 0, lost: 0, doubled: 0, garbled: 0, whole: false }
  readonly #break: () => void
  #tokens = new TokenReader(this)
  #rest = ''
  #at = 0
  #isEnd = false

  constructor(options: ReplyOptions) {
    this.#options = options
    this.next = options.after ?? 0
    this.ended = this.#settle.promise
    this.#break = openHttp(options.request, {
      head: (status, headers) => {
        this.#outcome.status = status
        this.headers = headers
      },
      data: piece => this.#data(piece),
      close: whole => this.#close(whole),
    })
  }

  /** Breaks off, as a browser that goes away. */
  cut(): void {
    this.#break()
  }

  token(index: number, mark: number): void {
    this.firstTokenAt ??= this.#at
    if (index < this.next) {
      this.#outcome.doubled++
      return
    }
    this.#outcome.lost += index - this.next
    this.next = index + 1
    this.#options.onToken?.(index, this.#at, delayOf(mark, this.#at))
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
    const said = this.#options.dialect(frame)
    if (said === undefined) return
    if (said === 'end') {
      this.#isEnd = true
      return
    }
    if ('snapshot' in said) {
      this.textBytes += said.snapshot.length
      this.#replace(said.snapshot)
      return
    }
    this.textBytes += said.text.length
    this.#tokens.read(said.text)
  }

  /** A snapshot replaces what was seen: what it repeats is doubled for nobody. */
  #replace(text: string): void {
    const { doubled } = this.#outcome
    this.#tokens = new TokenReader(this)
    this.#tokens.read(text)
    this.#outcome.doubled = doubled
  }

  #close(isWhole: boolean): void {
    this.#tokens.end()
    this.#outcome.lost += Math.max(0, this.#options.expected - this.next)
    this.#outcome.whole = isWhole && this.#isEnd && this.next === this.#options.expected
    this.#settle.resolve(this.#outcome)
  }
}
