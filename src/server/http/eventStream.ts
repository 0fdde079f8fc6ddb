import { ERROR_MESSAGES } from '../../protocol/errorMessages.ts'
import type { RunEnd } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'
import { encodeFrame } from '../../protocol/sse.ts'
import type { RevocableReader } from '../access/knownTokens.ts'
import type { HeaderFields } from '../access/requestFacts.ts'
import type { Clock, Timer } from '../clock.ts'
import type { Subscription } from '../log/followLog.ts'
import type { ResponseStream } from './answer.ts'
import type { BeatingStream, Heartbeats } from './heartbeats.ts'
import type { Outlet } from './outlet.ts'

/** The most UTF-16 units that wait for one reader. A reader further behind gets a snapshot once it has drained. */
const MAX_WAITING = 256 * 1024
/** The most UTF-16 units that go out at once. */
const MAX_PIECE = 16 * 1024
/** A reader that takes nothing for this long, in milliseconds, has left. */
const DRAIN_TIMEOUT = 30_000

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

export interface EventStreamOptions {
  outlet: Outlet
  /** Headers of this answer, besides those of every stream. A 204 carries them too. */
  headers?: HeaderFields | undefined
  locale: Locale
  clock: Clock
  /** Is told when more than the budget of one reader waits. */
  onBacklog?: () => void
  /** If absent, no comments keep the connection open. */
  heartbeats?: Heartbeats
  /** Ends the stream when what let its request in is revoked. The result is called when the stream has ended. */
  holdByProof?: ((stream: RevocableReader) => () => void) | undefined
}

type State = 'unopened' | 'open' | 'finished' | 'closed'

const NEXT: Record<State, readonly State[]> = {
  unopened: ['open', 'finished', 'closed'],
  open: ['finished', 'closed'],
  finished: ['closed'],
  closed: [],
}

/**
 * One response of events. Several runs may share the response and its budget (`manyRuns.ts`). A response is in one of
 * these states:
 * - **unopened**: nothing is sent. The response may still become an error or a 204.
 * - **open**: frames go out as they come. Two kinds of frames wait here instead: long ones, and those that
 *   come while the outlet holds more than one piece. They leave one piece at a time, each after the piece before it has
 *   left. That shows whether the reader takes anything.
 * - **finished**: nothing more is written. The response ends once nothing waits.
 * - **closed**: the client has left, was cut off, or has everything.
 */
export class EventStream implements ResponseStream, BeatingStream, RevocableReader {
  readonly #options: EventStreamOptions
  readonly #outlet: Outlet
  #subscriptions: Subscription[] = []
  #state: State = 'unopened'
  /** Pieces that wait until the piece before them has left. */
  #pieces: string[] = []
  #waitingLength = 0
  #isSending = false
  /** Callbacks for when nothing waits any more. */
  #whenDrained: (() => void)[] = []
  #drainTimer: Timer | undefined
  #letGo: (() => void) | undefined

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#outlet = options.outlet
    this.#outlet.onClose(() => this.#close())
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  hold(subscription: Subscription | undefined): void {
    if (subscription) this.#subscriptions.push(subscription)
    if (this.#state === 'closed') subscription?.unsubscribe()
    else if (this.#state === 'unopened') this.#start()
  }

  get waitingLength(): number {
    return this.#waitingLength
  }

  get isFull(): boolean {
    return this.#waitingLength > MAX_WAITING
  }

  write(frames: string): void {
    if (this.#state === 'unopened') this.#start()
    if (this.#state !== 'open') return
    const fits = frames.length <= MAX_PIECE && !this.#isSending && this.#outlet.pending <= MAX_PIECE
    if (fits) return void this.#outlet.write(frames)
    this.#pieces.push(...piecesOf(frames))
    this.#waitingLength += frames.length
    if (!this.#isSending) this.#sendNext()
    if (this.isFull) this.#options.onBacklog?.()
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
    this.#outlet.sendNothing({ ...this.#options.headers })
  }

  cut(): void {
    // It opens first, because `hold` would leave it open for ever.
    if (this.#state === 'unopened') this.#start()
    this.finish()
  }

  /** Ends the response. What waits is left out, because the reader may not have it any more. */
  revoke(): void {
    if (this.#state !== 'open') return
    this.#pieces = []
    this.#waitingLength = 0
    this.finish()
  }

  writeEnd(seq: number, end: RunEnd): void {
    const message = end.code && ERROR_MESSAGES[this.#options.locale][end.code]
    this.write(encodeFrame(seq, 'run-end', JSON.stringify({ ...end, message })))
  }

  finish(): void {
    if (this.#state !== 'open') return
    this.#setState('finished')
    this.#watchDrain()
    if (!this.#isSending) this.#outlet.end()
  }

  /**
   * A response with something in its buffer needs no heartbeat: either frames are on their way, or the client takes
   * nothing.
   */
  beat(comment: string): void {
    if (this.#state === 'open' && this.#backlog() === 0) this.#outlet.write(comment)
  }

  #setState(next: State): void {
    if (!NEXT[this.#state].includes(next)) throw new Error(`stream cannot go from ${this.#state} to ${next}`)
    this.#state = next
  }

  #start(): void {
    const { headers, heartbeats } = this.#options
    this.#setState('open')
    this.#outlet.begin({ ...headers, ...HEADERS })
    heartbeats?.add(this)
    this.#letGo = this.#options.holdByProof?.(this)
    if (this.#state === 'closed') this.#letGo?.()
  }

  #close(): void {
    this.#setState('closed')
    this.#options.heartbeats?.remove(this)
    this.#letGo?.()
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
      this.#outlet.write(piece, error => {
        if (error) return
        if (this.#drainTimer !== undefined) this.#watchDrain()
        this.#sendNext()
      })
    } else if (this.#state === 'finished') {
      this.#outlet.end()
    } else {
      this.#cancelDrainTimer()
      this.#tellDrained()
    }
  }

  /** Calls back one by one, because a callback may fill the buffer. The callbacks after it then wait again. */
  #tellDrained(): void {
    const waiting = this.#whenDrained
    this.#whenDrained = []
    for (const callback of waiting) {
      if (this.isFull) this.drained(callback)
      else callback()
    }
  }

  #backlog(): number {
    return this.#waitingLength + this.#outlet.pending
  }

  /**
   * Waits for a slow reader, and for a reader whose request waits behind another on its connection. Destroys the
   * response if the reader took nothing in that time.
   */
  #watchDrain(): void {
    this.#cancelDrainTimer()
    const before = this.#backlog()
    this.#drainTimer = this.#options.clock.schedule(() => {
      if (this.#backlog() < before || this.#outlet.waitsForTurn) this.#watchDrain()
      else this.#outlet.cut()
    }, DRAIN_TIMEOUT)
  }

  #cancelDrainTimer(): void {
    if (this.#drainTimer !== undefined) this.#options.clock.cancel(this.#drainTimer)
    this.#drainTimer = undefined
  }
}

/** Cuts frames into pieces, and never inside a character. */
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
