import { once } from 'node:events'
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createParser, type EventSourceMessage } from 'eventsource-parser'

export interface Call {
  headers?: Record<string, string>
  /** Text and bytes are sent as they are, anything else as JSON. */
  body?: unknown
  /** Called when all of the body but its last byte is sent. That byte follows once it has resolved. */
  beforeLastByte?: (() => Promise<void>) | undefined
}

export interface Exchange {
  /** When the request began, by `performance.now()`. */
  askedAt: number
  request: ClientRequest
  response: IncomingMessage
}

/**
 * The connections of one browser. It keeps its cookie, and opens a new connection for each request. This file uses no
 * code of the server, so that both cannot be wrong in the same way.
 */
export class Connections {
  readonly url: string
  cookie: string | undefined
  protected readonly signal: AbortSignal | undefined

  /** `signal` cuts every connection. */
  constructor(url: string, signal?: AbortSignal) {
    this.url = url
    this.signal = signal
  }

  /** Resolves once the headers of the answer have come. */
  async request(
    method: string,
    path: string,
    { headers = {}, body, beforeLastByte }: Call,
  ): Promise<Exchange> {
    const askedAt = performance.now()
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
    const payload = isRaw ? body : JSON.stringify(body)
    const isChunked = headers['transfer-encoding'] === 'chunked'
    const request = (this.url.startsWith('https:') ? httpsRequest : httpRequest)(this.url + path, {
      method,
      agent: false,
      ...(this.signal && { signal: this.signal }),
      headers: {
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...(payload !== undefined && !isChunked && { 'content-length': Buffer.byteLength(payload) }),
        ...(this.cookie && { cookie: this.cookie }),
        ...headers,
      },
    })
    if (beforeLastByte) {
      const bytes = Buffer.from(payload as string | Uint8Array)
      await new Promise(resolve => request.write(bytes.subarray(0, -1), resolve))
      await beforeLastByte()
      request.end(bytes.subarray(-1))
    } else request.end(payload)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const [cookie] = response.headers['set-cookie'] ?? []
    if (cookie) this.cookie = cookie.split(';')[0]
    return { askedAt, request, response }
  }

  /** Resolves with the complete answer. */
  async answer(method: string, path: string, call: Call) {
    const { response } = await this.request(method, path, call)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    return { status: response.statusCode ?? 0, headers: response.headers, text }
  }
}

/** One streamed response, frame by frame. */
export abstract class StreamReader<Frame> implements AsyncDisposable {
  readonly askedAt: number
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly frames: Frame[] = []
  /** Everything that came, including comments. */
  raw = ''
  /** Resolves when the response is over: true if it ended well, false if it was cut. */
  readonly closed: Promise<boolean>
  readonly #request: ClientRequest
  #waiting: (() => void)[] = []
  #over = false

  constructor({ askedAt, request, response }: Exchange) {
    this.askedAt = askedAt
    this.#request = request
    this.status = response.statusCode ?? 0
    this.headers = response.headers
    const parser = createParser({
      onEvent: message => {
        const frame = this.frameOf(message)
        if (frame !== undefined) this.frames.push(frame)
      },
      onComment: () => this.commented(),
    })
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.raw += chunk
      parser.feed(chunk)
      this.#wake()
    })
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.closed = promise
    response.once('close', () => {
      this.#over = true
      resolve(response.complete)
      this.#wake()
    })
    response.on('error', () => {})
    request.on('error', () => {})
  }

  /** Decodes a frame. `undefined` if this reader does not count it as a frame. */
  protected abstract frameOf(message: EventSourceMessage): Frame | undefined

  protected commented(): void {}

  /**
   * The first frame that passes `test`, among those that have come or will come. `undefined` if the response is over
   * before.
   */
  async find(test: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.frames.find(test)
      if (frame !== undefined || this.#over) return frame
      await this.#more()
    }
  }

  /** As `find`. Throws if the response is over before. */
  async until(test: (frame: Frame) => boolean): Promise<Frame> {
    const frame = await this.find(test)
    if (frame === undefined)
      throw new Error(`the response was over before the frame: ${this.status} ${this.raw.slice(-1000)}`)
    return frame
  }

  /** Every frame, in order, as it comes. Ends when the response is over, whatever ended it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    for (let index = 0; ; index++) {
      while (index >= this.frames.length && !this.#over) await this.#more()
      const frame = this.frames[index]
      if (frame === undefined) return
      yield frame
    }
  }

  /** Cuts the connection, as a browser does that leaves. */
  async cut(): Promise<void> {
    this.#request.destroy()
    await this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut()
  }

  #more(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
