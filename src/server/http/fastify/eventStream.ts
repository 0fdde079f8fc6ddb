import type { ServerResponse } from 'node:http'
import { ERROR_MESSAGES } from '../../../protocol/errorMessages.ts'
import type { RunEnd } from '../../../protocol/events.ts'
import type { Locale } from '../../../protocol/locale.ts'
import { encodeFrame } from '../../../protocol/sse.ts'
import type { Clock, Timer } from '../../clock.ts'
import type { Subscription } from '../../log/subscribe.ts'
import type { ResponseStream } from '../answer.ts'
import type { BeatingStream, Heartbeats } from '../heartbeats.ts'

/** UTF-16 units that may wait for one reader; one that is further behind gets a snapshot when it has drained. */
const MAX_WAITING = 256 * 1024
/** UTF-16 units that go to the socket at once. */
const MAX_PIECE = 16 * 1024
/** A reader that takes nothing for this long, in milliseconds, counts as gone. */
const DRAIN_TIMEOUT = 30_000

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

export interface EventStreamOptions {
  response: ServerResponse
  /** Headers of this response, besides those of every stream. A 204 has them too. */
  headers: Readonly<Record<string, string | string[]>>
  locale: Locale
  clock: Clock
  /** Absent: no comments keep the connection open. */
  heartbeats?: Heartbeats
}

type State = 'unopened' | 'open' | 'finished' | 'closed'

const NEXT: Record<State, readonly State[]> = {
  unopened: ['open', 'finished', 'closed'],
  open: ['finished', 'closed'],
  finished: ['closed'],
  closed: [],
}

/**
 * One response of events, over the raw socket. Several runs may share it (`manyRuns.ts`), and its budget. It is
 * - **unopened**: nothing is sent. The response may still become an error or a 204.
 * - **open**: frames go to the socket as they come. Long ones, and those that come while the socket holds more than a piece,
 *   wait here and go one piece at a time, each when the one before it has left: that shows whether the reader takes any.
 * - **finished**: nothing more is written. The response ends when nothing waits.
 * - **closed**: the client has left, was let go, or has everything.
 */
export class EventStream implements ResponseStream, BeatingStream {
  readonly #options: EventStreamOptions
  readonly #response: ServerResponse
  #subscriptions: Subscription[] = []
  #state: State = 'unopened'
  /** Pieces that wait for the one on its way. */
  #pieces: string[] = []
  #waitingLength = 0
  #isSending = false
  /** Whom to tell when nothing waits any more. */
  #whenDrained: (() => void)[] = []
  #drainTimer: Timer | undefined

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#response = options.response
    // When the client left while its message was being stored, `close` is over already.
    if (this.#response.destroyed) this.#setState('closed')
    else this.#response.once('close', () => this.#close())
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  hold(subscription: Subscription | undefined): void {
    if (subscription) this.#subscriptions.push(subscription)
    if (this.#state === 'closed') subscription?.unsubscribe()
    else if (!this.#response.headersSent) this.#start()
  }

  get isFull(): boolean {
    return this.#waitingLength > MAX_WAITING
  }

  write(frames: string): void {
    if (this.#state === 'unopened') this.#start()
    if (this.#state !== 'open') return
    const fits = frames.length <= MAX_PIECE && !this.#isSending && this.#response.writableLength <= MAX_PIECE
    if (fits) return void writeChunk(this.#response, frames)
    this.#pieces.push(...piecesOf(frames))
    this.#waitingLength += frames.length
    if (!this.#isSending) this.#sendNext()
  }

  drained(callback: () => void): void {
    this.#whenDrained.push(callback)
    if (this.#drainTimer === undefined) this.#watchDrain()
  }

  end(seq: number, end: RunEnd): void {
    this.writeEnd(seq, end)
    this.finish()
  }

  alreadyEnded(): void {
    if (this.#state !== 'unopened') return void this.finish()
    this.#setState('finished')
    this.#response.writeHead(204, this.#options.headers).end()
  }

  writeEnd(seq: number, end: RunEnd): void {
    const message = end.code && ERROR_MESSAGES[this.#options.locale][end.code]
    this.write(encodeFrame(seq, 'run-end', JSON.stringify({ ...end, message })))
  }

  finish(): void {
    if (this.#state !== 'open') return
    this.#setState('finished')
    if (!this.#isSending) this.#response.end()
    this.#watchDrain()
  }

  /** A response with something in its buffer needs no beat: frames are on their way, or the client takes nothing. */
  beat(comment: string): void {
    if (this.#state === 'open' && this.#backlog() === 0) writeChunk(this.#response, comment)
  }

  #setState(next: State): void {
    if (!NEXT[this.#state].includes(next)) throw new Error(`stream cannot go from ${this.#state} to ${next}`)
    this.#state = next
  }

  #start(): void {
    const { headers, heartbeats } = this.#options
    this.#setState('open')
    this.#response.writeHead(200, { ...headers, ...HEADERS })
    this.#response.flushHeaders()
    heartbeats?.add(this)
  }

  #close(): void {
    this.#setState('closed')
    this.#options.heartbeats?.remove(this)
    this.#cancelDrainTimer()
    this.#pieces = []
    this.#waitingLength = 0
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    this.#tellDrained()
  }

  #sendNext(): void {
    if (this.#state === 'closed') return
    const piece = this.#pieces.shift()
    this.#isSending = piece !== undefined
    if (piece !== undefined) {
      this.#waitingLength -= piece.length
      writeChunk(this.#response, piece, error => {
        if (error) return
        if (this.#drainTimer !== undefined) this.#watchDrain()
        this.#sendNext()
      })
    } else if (this.#state === 'finished') {
      this.#response.end()
    } else {
      this.#cancelDrainTimer()
      this.#tellDrained()
    }
  }

  /** One after the other, because what one of them writes may leave no room for the next. */
  #tellDrained(): void {
    const waiting = this.#whenDrained
    this.#whenDrained = []
    for (const callback of waiting) {
      if (this.isFull) this.drained(callback)
      else callback()
    }
  }

  #backlog(): number {
    return this.#waitingLength + this.#response.writableLength
  }

  /** Waits for a slow reader, and for one whose request waits behind another. Destroys the response of one that took nothing. */
  #watchDrain(): void {
    this.#cancelDrainTimer()
    const before = this.#backlog()
    this.#drainTimer = this.#options.clock.schedule(() => {
      if (this.#backlog() < before || !this.#response.socket) this.#watchDrain()
      else this.#response.destroy()
    }, DRAIN_TIMEOUT)
  }

  #cancelDrainTimer(): void {
    if (this.#drainTimer !== undefined) this.#options.clock.cancel(this.#drainTimer)
    this.#drainTimer = undefined
  }
}

/**
 * Writes one chunk of the chunked encoding as one string to the socket, past `response`, which writes it as four and
 * takes twice as long. An old client (HTTP/1.0) gets it the usual way. So does one whose request waits behind another on
 * its connection, and one that has closed its side.
 */
function writeChunk(response: ServerResponse, text: string, onLeft?: (error?: Error | null) => void): void {
  const { socket, chunkedEncoding } = response
  if (!socket?.writable || !chunkedEncoding) return void response.write(text, onLeft)
  const bytes = Buffer.byteLength(text)
  socket.write(`${bytes.toString(16)}\r\n${text}\r\n`, bytes === text.length ? 'latin1' : 'utf8', onLeft)
}

/** Never cut within a character. */
function* piecesOf(frames: string): Generator<string> {
  for (let start = 0, end = 0; start < frames.length; start = end) {
    end = Math.min(start + MAX_PIECE, frames.length)
    if (end < frames.length && isHighSurrogate(frames.charCodeAt(end - 1))) end -= 1
    yield frames.slice(start, end)
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
