import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { ERROR_MESSAGES } from '../../protocol/errorMessages.ts'
import type { RunEnd } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'
import { encodeFrame } from '../../protocol/sse.ts'
import type { Clock, Timer } from '../clock.ts'
import type { Reader, Subscription } from '../log/subscribe.ts'
import type { Beating, Heartbeats } from './heartbeats.ts'

/** Bytes that may wait in one response; a reader that is further behind gets a snapshot when it has drained. */
const MAX_BUFFERED = 256 * 1024
/** Bytes that go to the socket at once. */
const MAX_PIECE = 16 * 1024
/** A reader that takes nothing for so long, in milliseconds, is gone without having said so. */
const DRAIN_TIMEOUT = 30_000

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

export interface EventStreamOptions {
  reply: FastifyReply
  locale: Locale
  clock: Clock
  heartbeats: Heartbeats
  /** Headers of this response alone. */
  headers?: Record<string, string>
}

/**
 * One response that follows a run, over the raw socket. Until the first write nothing is sent, and the reply may still
 * become an error or a 204; from then on it is a stream. Several runs may share it (`manyRuns.ts`), and its budget.
 */
export class EventStream implements Reader, Beating {
  readonly #options: EventStreamOptions
  readonly #response: ServerResponse
  #subscriptions: Subscription[] = []
  #waiting: (() => void)[] = []
  #drainTimer: Timer | undefined
  #awaitsDrain = false
  #open = false
  #closed: boolean

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#response = options.reply.raw
    // A client that left while its message was stored has had its `close`.
    this.#closed = this.#response.destroyed
    this.#response.once('close', () => this.#close())
  }

  /** The client has left, or was let go. */
  get isClosed(): boolean {
    return this.#closed
  }

  /** Sends the headers now, and leaves `subscription` when the client goes. */
  follow(subscription: Subscription | undefined): void {
    if (subscription) this.#subscriptions.push(subscription)
    if (this.#closed) subscription?.unsubscribe()
    else if (!this.#response.headersSent) this.#start()
  }

  get isFull(): boolean {
    return this.#response.writableLength > MAX_BUFFERED
  }

  write(frames: string): void {
    if (this.#closed) return
    if (!this.#open) this.#start()
    if (frames.length <= MAX_PIECE) writeChunk(this.#response, frames)
    else for (const piece of piecesOf(frames)) this.#response.write(piece)
  }

  drained(callback: () => void): void {
    this.#waiting.push(callback)
    if (!this.#awaitsDrain) this.#awaitDrain()
  }

  end(seq: number, end: RunEnd): void {
    this.writeEnd(seq, end)
    this.finish()
  }

  nothing(): void {
    if (this.#open) return void this.#response.end()
    this.#options.reply.hijack()
    this.#response.writeHead(204, headersOf(this.#options.reply)).end()
  }

  /** The last frame of a run, in the reader's language. */
  writeEnd(seq: number, end: RunEnd): void {
    const message = end.code && ERROR_MESSAGES[this.#options.locale][end.code]
    this.write(encodeFrame(seq, 'run-end', JSON.stringify({ ...end, message })))
  }

  /** Nothing more will be written. */
  finish(): void {
    this.#response.end()
    if (!this.#closed) this.#watchDrain()
  }

  /** A response whose buffer is not empty has frames on their way, or a client that would not get the beat either. */
  beat(comment: string): void {
    if (this.#response.writableLength === 0) writeChunk(this.#response, comment)
  }

  #start(): void {
    const { reply, headers, heartbeats } = this.#options
    this.#open = true
    openEventStream(reply, headers)
    heartbeats.add(this)
  }

  #close(): void {
    this.#closed = true
    this.#options.heartbeats.remove(this)
    this.#cancelDrainTimer()
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    this.#tellWaiting()
  }

  #awaitDrain(): void {
    this.#awaitsDrain = true
    this.#watchDrain()
    const drained = () => {
      this.#awaitsDrain = false
      this.#cancelDrainTimer()
      this.#tellWaiting()
    }
    // What went past the response (`writeChunk`) leaves its `drain` unsaid.
    const written = this.#response.socket ?? this.#response
    written.once('drain', drained)
  }

  /** One after the other, for what the first of them writes may leave no room for the next. */
  #tellWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const callback of waiting) {
      if (this.isFull && !this.#closed) this.drained(callback)
      else callback()
    }
  }

  /** A slow reader is waited for; one that took nothing of what waits for it is gone. */
  #watchDrain(): void {
    this.#cancelDrainTimer()
    const waiting = this.#response.writableLength
    this.#drainTimer = this.#options.clock.schedule(() => {
      if (this.#response.writableLength < waiting) this.#watchDrain()
      else this.#response.destroy()
    }, DRAIN_TIMEOUT)
  }

  #cancelDrainTimer(): void {
    if (this.#drainTimer !== undefined) this.#options.clock.cancel(this.#drainTimer)
    this.#drainTimer = undefined
  }
}

/**
 * Writes one chunk of the chunked encoding as one string to the socket, past `response`, which would write it as four
 * and takes twice as long. An old client (HTTP/1.0), and one whose request waits behind another on its connection, get
 * it the usual way.
 */
function writeChunk(response: ServerResponse, text: string): void {
  const { socket, chunkedEncoding } = response
  if (!socket || !chunkedEncoding) return void response.write(text)
  const bytes = Buffer.byteLength(text)
  socket.write(`${bytes.toString(16)}\r\n${text}\r\n`, bytes === text.length ? 'latin1' : 'utf8')
}

/** A long text goes in pieces, so that what still waits of it shows whether its reader takes any. */
function piecesOf(frames: string): Uint8Array[] {
  const bytes = Buffer.from(frames)
  return Array.from({ length: Math.ceil(bytes.length / MAX_PIECE) }, (_, index) =>
    bytes.subarray(index * MAX_PIECE, (index + 1) * MAX_PIECE),
  )
}

/** Makes `reply` an event stream, and sends its headers now. What follows is written to `reply.raw`. */
export function openEventStream(reply: FastifyReply, headers: Record<string, string> = {}): void {
  reply.hijack()
  reply.raw.writeHead(200, { ...headersOf(reply), ...HEADERS, ...headers })
  reply.raw.flushHeaders()
}

/** What plugins have set so far, the session cookie among it: a hijacked reply would lose it. */
function headersOf(reply: FastifyReply): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value : String(value)
  }
  return headers
}
