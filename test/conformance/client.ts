import { once } from 'node:events'
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import type { RunStart } from '../../src/protocol/events.ts'
import type { Part } from '../../src/protocol/parts.ts'

/** The fields that the `data` of any event may have. */
export interface FrameFields extends Partial<RunStart> {
  content?: string
  parts?: Part[]
  status?: string
  code?: string
  url?: string
  title?: string
}

export interface Frame {
  /** Its `id:`; `NaN` without one. */
  id: number
  /** Its `event:`; `undefined` without one. */
  event: string | undefined
  data: string
  /** `data` parsed; nothing when it is not a JSON object. */
  fields: FrameFields
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body, taken for what the caller says it is. */
  json<Body>(): Body
}

export interface Call {
  headers?: Record<string, string>
  /** A string goes as it is, anything else as JSON. */
  body?: unknown
}

/** How often a call that is refused for coming too fast waits and goes again. */
const MAX_WAITS = 2

/**
 * One browser: it keeps its cookie, and opens a connection for each request. It shares no code with the server, so that
 * they cannot be wrong in the same way.
 */
export class Client {
  readonly #url: string
  readonly #signal: AbortSignal
  cookie: string | undefined

  /** `signal` cuts every connection of the client. */
  constructor(url: string, signal: AbortSignal) {
    this.#url = url.replace(/\/+$/, '')
    this.#signal = signal
  }

  /** Another client of the same owner. */
  tab(): Client {
    const tab = new Client(this.#url, this.#signal)
    tab.cookie = this.cookie
    return tab
  }

  /** A whole answer. One that is `RATE_LIMITED` is asked for again after its `Retry-After`. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    for (let waits = 0; ; waits++) {
      const answer = await this.callOnce(method, path, call)
      if (answer.status !== 429 || waits === MAX_WAITS) return answer
      await delay(Number(answer.headers['retry-after']) * 1000, undefined, { signal: this.#signal })
    }
  }

  /** A whole answer, whatever it is. */
  async callOnce(method: string, path: string, call: Call = {}): Promise<Answer> {
    const { response } = await this.#request(method, path, call)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      json: <Body>() => JSON.parse(text) as Body,
    }
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('GET', path, { headers })
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('POST', path, { body, headers })
  }

  /** Sends a message and follows its run. Resolves with the first frame; throws when the send is refused. */
  send(body: object, headers: Record<string, string> = {}): Promise<Stream> {
    return this.#start('/api/chat/send', { body, headers })
  }

  /** Starts another run and follows it, as `send` does. */
  run(body: object): Promise<Stream> {
    return this.#start('/api/chat/runs', { body })
  }

  /** Reads the events of a run, after `Last-Event-ID` and `?after` where they are given. */
  follow(
    runId: string,
    { lastEventId, after }: { lastEventId?: number; after?: number } = {},
  ): Promise<Stream> {
    const query = after === undefined ? '' : `?after=${after}`
    const headers: Record<string, string> =
      lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }
    return this.open(`/api/chat/runs/${runId}/events${query}`, headers)
  }

  /** Reads a stream. */
  async open(path: string, headers: Record<string, string> = {}): Promise<Stream> {
    const { request, response } = await this.#request('GET', path, { headers })
    return new Stream(request, response)
  }

  async #start(path: string, call: Call): Promise<Stream> {
    for (let waits = 0; ; waits++) {
      const { request, response } = await this.#request('POST', path, call)
      const stream = new Stream(request, response)
      if (stream.status === 200) {
        await stream.until(() => true)
        return stream
      }
      await stream.closed
      if (stream.status !== 429 || waits === MAX_WAITS) throw new Error(`refused: ${stream.raw}`)
      await delay(Number(stream.headers['retry-after']) * 1000, undefined, { signal: this.#signal })
    }
  }

  async #request(
    method: string,
    path: string,
    { headers = {}, body }: Call,
  ): Promise<{ request: ClientRequest; response: IncomingMessage }> {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const chunked = headers['transfer-encoding'] === 'chunked'
    const request = (this.#url.startsWith('https:') ? httpsRequest : httpRequest)(this.#url + path, {
      method,
      agent: false,
      signal: this.#signal,
      headers: {
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...(payload !== undefined && !chunked && { 'content-length': Buffer.byteLength(payload) }),
        ...(this.cookie && { cookie: this.cookie }),
        ...headers,
      },
    })
    request.end(payload)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const [cookie] = response.headers['set-cookie'] ?? []
    if (cookie) this.cookie = cookie.split(';')[0]
    return { request, response }
  }
}

/** One streamed response, frame by frame. */
export class Stream implements AsyncDisposable {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** But for `run-wait`, which is part of no log. */
  readonly frames: Frame[] = []
  comments = 0
  raw = ''
  /** Resolves when the response is over: true when it ended well, false when it was cut. */
  readonly closed: Promise<boolean>
  readonly #request: ClientRequest
  #waiting: (() => void)[] = []
  #over = false

  constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request
    this.status = response.statusCode ?? 0
    this.headers = response.headers
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        if (event === 'run-wait') return
        this.frames.push({ id: id ? Number(id) : Number.NaN, event, data, fields: fieldsOf(data) })
      },
      onComment: () => {
        this.comments++
      },
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

  /** The first frame for which `test` holds, now or when it comes; `undefined` when the response is over before. */
  async find(test: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.frames.find(test)
      if (frame || this.#over) return frame
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  /** As `find`, but throws when the response is over before. */
  async until(test: (frame: Frame) => boolean): Promise<Frame> {
    const frame = await this.find(test)
    if (!frame)
      throw new Error(`the response was over before the frame: ${this.status} ${this.raw.slice(-200)}`)
    return frame
  }

  /** The `run-end`, once the response is over. */
  async end(): Promise<Frame> {
    const frame = await this.until(({ event }) => event === 'run-end')
    await this.closed
    return frame
  }

  get start(): RunStart {
    return this.frames[0]?.fields as RunStart
  }

  get lastId(): number {
    return this.frames.at(-1)?.id ?? 0
  }

  /** Cuts the connection, as a browser that goes away. */
  async cut(): Promise<void> {
    this.#request.destroy()
    await this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}

function fieldsOf(data: string): FrameFields {
  try {
    const fields: unknown = JSON.parse(data)
    return typeof fields === 'object' && fields !== null ? fields : {}
  } catch {
    return {}
  }
}
