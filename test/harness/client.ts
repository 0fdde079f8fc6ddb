import { once } from 'node:events'
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { createParser } from 'eventsource-parser'
import type { StreamEvent } from '../../src/protocol/events.ts'
import { manyRunsUrl } from '../../src/protocol/manyRuns.ts'
import { decodeFrame } from '../../src/protocol/sse.ts'
import type { AnswerBody } from './answer.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  body: AnswerBody
}

export interface Frame {
  seq: number
  event: StreamEvent
}

interface CallOptions {
  headers?: Record<string, string>
  /** A string goes as it is. */
  body?: unknown
}

/** One browser: it keeps its cookie, and uses a new connection for each request. */
export class TestClient {
  readonly #origin: string
  cookie: string | undefined

  constructor(origin: string) {
    this.#origin = origin
  }

  /** Another browser on the same server, with the same cookie. */
  tab(): TestClient {
    const tab = new TestClient(this.#origin)
    tab.cookie = this.cookie
    return tab
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { response } = await this.#request(method, path, options)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    const isJson = response.headers['content-type']?.includes('application/json')
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    }
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('GET', path, { headers })
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('POST', path, { body, headers })
  }

  /** Sends a message and follows its run; resolves with the first frame, or with a refusal. */
  async send(body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<TestStream> {
    return this.#stream('POST', '/api/chat/send', { body, headers })
  }

  async retry(body: Record<string, unknown>): Promise<TestStream> {
    return this.#stream('POST', '/api/chat/runs', { body })
  }

  /** Follows a run after event `after`. */
  async follow(runId: string, after?: number): Promise<TestStream> {
    const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) }
    return this.#stream('GET', `/api/chat/runs/${runId}/events`, { headers })
  }

  /** Follows many runs over one stream. */
  followMany(positions: readonly { runId: string; seq: number }[]): Promise<TestStream> {
    return this.#stream('GET', manyRunsUrl(positions), {})
  }

  /** Asks for the title of a conversation; resolves with its headers. */
  async title(conversationId: string): Promise<TestStream> {
    const path = `/api/chat/conversations/${conversationId}/title`
    const { request, response } = await this.#request('POST', path, {})
    return new TestStream(request, response)
  }

  async #stream(method: string, path: string, options: CallOptions): Promise<TestStream> {
    const { request, response } = await this.#request(method, path, options)
    const stream = new TestStream(request, response)
    if (stream.status === 200 && method === 'POST') await stream.until(() => true)
    return stream
  }

  async #request(
    method: string,
    path: string,
    { headers = {}, body }: CallOptions,
  ): Promise<{ request: ClientRequest; response: IncomingMessage }> {
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    const request = httpRequest(this.#origin + path, {
      method,
      agent: false,
      headers: {
        ...(payload !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(payload)),
        }),
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

/** One streamed response, frame by frame. Breaking off closes its connection, as a reload would. */
export class TestStream implements AsyncDisposable {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly frames: Frame[] = []
  /** Everything that came, comments too. */
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
        const decoded = decodeFrame(event, data)
        if (decoded) this.frames.push({ seq: Number(id), event: decoded })
      },
    })
    const isStream = response.headers['content-type']?.startsWith('text/event-stream')
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      this.raw += chunk
      if (isStream) parser.feed(chunk)
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

  /** The first frame for which `test` holds, now or when it comes. Throws when the response is over before. */
  async until(test: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const frame = this.frames.find(test)
      if (frame) return frame
      if (this.#over) throw new Error(`the stream was over before the frame: ${this.raw}`)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  /** Every frame, in order, as it comes; ends when the response is over, however it was. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    for (let index = 0; ; index++) {
      while (index >= this.frames.length && !this.#over) {
        await new Promise<void>(resolve => this.#waiting.push(resolve))
      }
      const frame = this.frames[index]
      if (!frame) return
      yield frame
    }
  }

  /** Waits until the text so far contains `text`. */
  async untilText(text: string): Promise<void> {
    await this.until(() => this.text.includes(text))
  }

  /** The `run-end` of the stream. */
  async end(): Promise<Extract<StreamEvent, { type: 'run-end' }> & { message?: string }> {
    const { event } = await this.until(({ event }) => event.type === 'run-end')
    await this.closed
    if (event.type !== 'run-end') throw new Error('not an end')
    return event
  }

  /** The title that a stream of `title` ends with. */
  async title(): Promise<string> {
    await this.closed
    const [, data] = /event: title-end\ndata: (.*)\n\n$/.exec(this.raw) ?? []
    if (data === undefined) throw new Error(`no title-end in ${this.raw}`)
    return JSON.parse(data).title
  }

  get start(): Extract<StreamEvent, { type: 'run-start' }> {
    const event = this.frames[0]?.event
    if (event?.type !== 'run-start') throw new Error(`no run-start in ${this.raw}`)
    return event
  }

  /** What a reader would see: text deltas joined, a snapshot in place of what came before it. */
  get text(): string {
    return textOfFrames(this.frames)
  }

  get lastSeq(): number {
    return this.frames.at(-1)?.seq ?? 0
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

/** The text that frames add up to. */
export function textOfFrames(frames: readonly Frame[]): string {
  let text = ''
  for (const { event } of frames) {
    if (event.type === 'text-delta') text += event.content
    if (event.type === 'snapshot') {
      text = event.parts.map(part => (part.type === 'text' ? part.text : '')).join('')
    }
  }
  return text
}
