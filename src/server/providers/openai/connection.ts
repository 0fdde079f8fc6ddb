import type { Dispatcher } from 'undici'
import type { Clock } from '../../clock.ts'
import { type ContentDecoder, createContentDecoder } from './contentDecoding.ts'
import { type Failure, refusalOf, retryAfterOf, timeout, unreachable } from './failure.ts'
import type { Reading, ReplyReader } from './replyReader.ts'
import { ResponseBody } from './responseBody.ts'

/**
 * Milliseconds. `firstByte` runs until the first byte of the body, and `idle` is the longest silence after it. Comments
 * and keepalives are no silence: a server that sends them is alive.
 */
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
  /** JSON. A request with a body is a POST, and one without is a GET. */
  body?: string
  timeouts: Timeouts
  clock: Clock
  reader: ReplyReader
  /** Whether pictures may come. */
  hasPictures?: boolean
  signal: AbortSignal
  /** Called just before the request is written to its socket. */
  onSent?: () => void
}

type Phase = 'connecting' | 'waiting' | 'refused' | 'reading' | 'closing'
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]

const MAX_REFUSAL_CHARACTERS = 64 * 1024

/** How long a reply that may be whole waits for more of itself. */
const CLOSING_MS = 8000
/** How long a socket waits for the end of its response, before it is used again. */
const TAIL_MS = 1000

const STREAMING = { stream: true }

/**
 * Sends one request and feeds the events of its stream to the reader. Resolves with the failure, or with `undefined`
 * when the reply is complete or `signal` aborts. Never rejects. An abort destroys the socket in the same tick.
 */
export function runConnection(options: ConnectionOptions): Promise<Failure | undefined> {
  return new Promise(resolve => {
    if (options.signal.aborted) return resolve(undefined)
    const { origin, path, body } = options
    // undici's timeouts are off, because ours say which wait was too long.
    const method = body === undefined ? 'GET' : 'POST'
    const headers = { ...options.headers, ...(body !== undefined && { 'content-type': 'application/json' }) }
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
  /** When bytes came last, while they are read. */
  #heardAt = Number.NEGATIVE_INFINITY
  #body: ResponseBody | undefined
  #contentDecoder: ContentDecoder | undefined
  #cut: Error | undefined
  readonly #total: NodeJS.Timeout
  readonly #timeouts: Timeouts
  readonly #clock: Clock
  readonly #reader: ReplyReader
  readonly #hasPictures: boolean
  readonly #signal: AbortSignal
  readonly #onSent: (() => void) | undefined
  readonly #resolve: (failure: Failure | undefined) => void
  readonly #decoder = new TextDecoder()

  constructor(options: ConnectionOptions, resolve: (failure: Failure | undefined) => void) {
    this.#timeouts = options.timeouts
    this.#clock = options.clock
    this.#reader = options.reader
    this.#hasPictures = options.hasPictures ?? false
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
    this.#contentDecoder = createContentDecoder(headers['content-encoding'], {
      onBytes: bytes => this.#take(bytes),
      onEnd: () => this.#over(),
      onError: error => this.#fail(error),
    })
    if (status >= 300) {
      this.#retryAfter = retryAfterOf(headers, this.#clock.now())
      this.#enter('refused', this.#timeouts.idle)
      return
    }
    const type = headers['content-type']
    this.#body = new ResponseBody({
      status,
      isStreamByType: type === undefined || /^text\/event-stream\b/i.test(String(type)),
      hasPictures: this.#hasPictures,
      reader: this.#reader,
      onReading: reading => {
        if (!this.#isSettled) this.#act(reading)
      },
    })
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#isSettled) return
    if (this.#phase === 'reading') this.#heardAt = performance.now()
    else if (this.#phase === 'waiting') this.#enter('reading', this.#timeouts.idle)
    if (this.#contentDecoder) this.#contentDecoder.write(bytes)
    else this.#take(bytes)
  }

  onResponseEnd(): void {
    this.#finish()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#status > 0) this.#finish(error)
    else this.#leave(unreachable(error))
  }

  /** Takes bytes of the body, without their compression. */
  #take(bytes: Uint8Array): void {
    if (this.#isSettled) return
    const text = this.#decoder.decode(bytes, STREAMING)
    this.#body?.take(text)
    if (this.#phase !== 'refused') return
    this.#refusal += text
    if (this.#refusal.length > MAX_REFUSAL_CHARACTERS) this.#conclude()
  }

  #act(reading: Reading): void {
    if (reading === 'complete') this.#complete()
    else if (reading === 'closing') this.#enter('closing', Math.min(CLOSING_MS, this.#timeouts.idle))
    else if (typeof reading === 'object') this.#leave(reading)
  }

  /** The response has ended, or `error` cut it. */
  #finish(error?: Error): void {
    this.#cut = error
    if (this.#contentDecoder && !this.#isSettled) this.#contentDecoder.end()
    else this.#over()
  }

  /** All of the body was taken. */
  #over(): void {
    if (!this.#isSettled && this.#phase !== 'refused') {
      this.#body?.take(this.#decoder.decode())
      this.#body?.finishEvents()
    }
    if (!this.#isSettled) this.#conclude()
    clearTimeout(this.#timer)
  }

  /** Ends the reply with what has arrived. */
  #conclude(): void {
    const outcome =
      this.#phase === 'refused'
        ? refusalOf(this.#status, this.#refusal, this.#retryAfter)
        : (this.#body?.end(this.#cut !== undefined) ?? this.#reader.end())
    this.#leave(outcome === 'complete' ? undefined : { ...outcome, cause: this.#cut })
  }

  /** The body is not compressed as its header says. */
  #fail(cause: Error): void {
    const message = `not the protocol: ${cause}`
    this.#leave({ code: 'UPSTREAM_ERROR', message, repeatable: false, cause })
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
    else if (this.#phase === 'reading') this.#expireReading()
    else this.#conclude()
  }

  /** The timer is not set anew for each token, because that takes longer than to note when one came. */
  #expireReading(): void {
    const left = this.#timeouts.idle - (performance.now() - this.#heardAt)
    if (left <= 0) this.#leave(timeout('idle'))
    else this.#timer = setTimeout(this.#expire, left)
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
    this.#contentDecoder?.destroy()
    this.#resolve(failure)
  }
}
