import { createParser } from 'eventsource-parser'
import type { Dispatcher } from 'undici'
import { type Failure, refusalOf, retryAfterOf, timeout, unreachable } from './failure.ts'
import type { Reading, ReplyReader } from './replyReader.ts'

/** Milliseconds. `firstByte` runs until the first event, `idle` from event to event. Keepalives are no events. */
export interface Timeouts {
  connect: number
  firstByte: number
  idle: number
  total: number
}

export interface ConnectionOptions {
  dispatcher: Dispatcher
  origin: string
  path: string
  headers: Record<string, string>
  /** A request with a body is a POST, and one without is a GET. */
  body?: string
  timeouts: Timeouts
  reader: ReplyReader
  signal: AbortSignal
  /** Called just before the request is written to its socket. */
  onSent?: () => void
}

type Phase = 'connecting' | 'waiting' | 'refused' | 'reading' | 'closing'
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]

/** Large, because the completed event repeats the whole reply. */
const MAX_EVENT_CHARACTERS = 8 * 1024 * 1024
const MAX_REFUSAL_CHARACTERS = 64 * 1024

/** How long a whole reply waits for its usage, and a socket for the end of its response before it is used again. */
const TAIL_MS = 1000

const STREAMING = { stream: true }

/**
 * Sends one request and feeds the events of its stream to the reader. Resolves with the failure, or with `undefined`
 * when the reply is complete or `signal` aborts. Never rejects. An abort destroys the socket in the same tick.
 */
export function runConnection(options: ConnectionOptions): Promise<Failure | undefined> {
  return new Promise(resolve => {
    if (options.signal.aborted) return resolve(undefined)
    const { origin, path, headers, body } = options
    // undici's timeouts count bytes, and ours count events. A keepalive would satisfy undici's.
    const method = body === undefined ? 'GET' : 'POST'
    const request = { origin, path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 } as const
    options.dispatcher.dispatch(request, new Connection(options, resolve))
  })
}

class Connection implements Dispatcher.DispatchHandler {
  #phase: Phase = 'connecting'
  #isSettled = false
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #refusal = ''
  #retryAfter: number | undefined
  #timer: NodeJS.Timeout
  #advanced = false
  readonly #total: NodeJS.Timeout
  readonly #timeouts: Timeouts
  readonly #reader: ReplyReader
  readonly #signal: AbortSignal
  readonly #onSent: (() => void) | undefined
  readonly #resolve: (failure: Failure | undefined) => void
  readonly #decoder = new TextDecoder()
  readonly #parser = createParser({
    onEvent: ({ data }) => {
      if (!this.#isSettled) this.#take(this.#reader.read(data))
    },
    onError: error => {
      if (error.type === 'max-buffer-size-exceeded') this.#leave(notTheProtocol(error))
    },
    maxBufferSize: MAX_EVENT_CHARACTERS,
  })

  constructor(options: ConnectionOptions, resolve: (failure: Failure | undefined) => void) {
    this.#timeouts = options.timeouts
    this.#reader = options.reader
    this.#signal = options.signal
    this.#onSent = options.onSent
    this.#resolve = resolve
    this.#timer = setTimeout(this.#expire, options.timeouts.connect)
    this.#total = setTimeout(() => this.#leave(timeout('total')), options.timeouts.total)
    options.signal.addEventListener('abort', this.#abort)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // The request was aborted, or timed out, while it was connecting.
    if (this.#isSettled) this.#close()
    else {
      this.#enter('waiting', this.#timeouts.firstByte)
      this.#onSent?.()
    }
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.#isSettled) return
    this.#status = status
    const type = headers['content-type']
    if (status === 200 && (type === undefined || /^text\/event-stream\b/i.test(String(type)))) return
    this.#retryAfter = retryAfterOf(headers, Date.now())
    this.#enter('refused', this.#timeouts.idle)
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#isSettled) return
    const text = this.#decoder.decode(bytes, STREAMING)
    if (this.#phase === 'refused') {
      this.#refusal += text
      if (this.#refusal.length > MAX_REFUSAL_CHARACTERS) this.#conclude()
      return
    }
    try {
      this.#parser.feed(text)
    } catch (error) {
      this.#leave(notTheProtocol(error))
    }
    if (this.#advanced) this.#advance()
  }

  onResponseEnd(): void {
    this.#over()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#status > 0) this.#over(error)
    else this.#leave(unreachable(error))
  }

  #take(reading: Reading): void {
    if (reading === 'nothing') return
    if (reading === 'progress') this.#advanced = true
    else if (reading === 'complete') this.#complete()
    else if (reading === 'closing') this.#enter('closing', TAIL_MS)
    else this.#leave(reading)
  }

  /** Restarts the idle timer: once for each read from the socket, not for each event. */
  #advance(): void {
    this.#advanced = false
    if (this.#isSettled) return
    if (this.#phase === 'reading') this.#timer.refresh()
    else if (this.#phase === 'waiting') this.#enter('reading', this.#timeouts.idle)
  }

  /** The response has ended, or `error` cut it. Its last event may lack the blank line that ends an event. */
  #over(error?: Error): void {
    if (!this.#isSettled && this.#phase !== 'refused') {
      try {
        this.#parser.feed(`${this.#decoder.decode()}\n\n`)
      } catch {
        // The stream was cut inside an event.
      }
    }
    if (!this.#isSettled) this.#conclude(error)
    clearTimeout(this.#timer)
  }

  /** Ends the reply with what has arrived. */
  #conclude(cause?: Error): void {
    const outcome =
      this.#phase === 'refused'
        ? refusalOf(this.#status, this.#refusal, this.#retryAfter)
        : this.#reader.end()
    this.#leave(outcome === 'complete' ? undefined : { ...outcome, cause })
  }

  #enter(phase: Phase, milliseconds: number): void {
    this.#phase = phase
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#expire, milliseconds)
  }

  readonly #expire = (): void => {
    if (this.#isSettled) this.#close()
    else if (this.#phase === 'connecting') this.#leave({ ...timeout('connect'), repeatable: true })
    else if (this.#phase === 'waiting') this.#leave(timeout('first byte'))
    else if (this.#phase === 'reading') this.#leave(timeout('idle'))
    else this.#conclude()
  }

  readonly #abort = (): void => this.#leave(undefined)

  /** If the response ends soon, its socket is used again. If it stays open, the timer closes it. */
  #complete(): void {
    this.#settle(undefined)
    this.#timer = setTimeout(this.#expire, TAIL_MS)
  }

  #leave(failure: Failure | undefined): void {
    if (this.#isSettled) return
    this.#settle(failure)
    this.#close()
  }

  #close(): void {
    this.#controller?.abort(new Error('no longer wanted'))
  }

  #settle(failure: Failure | undefined): void {
    this.#isSettled = true
    clearTimeout(this.#timer)
    clearTimeout(this.#total)
    this.#signal.removeEventListener('abort', this.#abort)
    this.#resolve(failure)
  }
}

function notTheProtocol(cause: unknown): Failure {
  return { code: 'UPSTREAM_ERROR', message: `not the protocol: ${cause}`, repeatable: false, cause }
}
