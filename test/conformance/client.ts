import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { EventSourceMessage } from 'eventsource-parser'
import type { RunStart } from '../../src/protocol/events.ts'
import type { Part } from '../../src/protocol/parts.ts'
import type { QuestionAction } from '../../src/protocol/questions.ts'
import { type Call, Connections, StreamReader } from '../harness/connections.ts'

/** The fields that the `data` of any event may have. */
export interface FrameFields extends Partial<RunStart> {
  content?: string
  parts?: Part[]
  status?: string
  code?: string
  url?: string
  title?: string
  questions?: string[]
  /** Of the events of calls. */
  callId?: string
  tool?: string
  server?: string
  step?: number
  arguments?: string
  attempt?: number
  done?: number
  total?: number
  message?: string
  approvalId?: string
  questionId?: string
  action?: QuestionAction
  decision?: string
  /** Of the events of pictures. */
  fileId?: string
  name?: string
  mediaType?: string
  version?: number
  size?: number
  width?: number
  height?: number
  description?: string
  /** Of the events of searches. */
  searchId?: string
  queries?: string[]
  found?: number
}

export interface Frame {
  /** Its `id:`, or `NaN` without one. */
  id: number
  /** Its `event:`, or `undefined` without one. */
  event: string | undefined
  data: string
  /** Its `data`, parsed. Empty if it is not a JSON object. */
  fields: FrameFields
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body, with the type that the caller expects. */
  json<Body>(): Body
}

/** How often a call waits and is repeated after it was refused as too frequent. */
const MAX_WAITS = 2

/** One client of the server. */
export class Client extends Connections {
  /** `signal` cuts every connection of the client. */
  constructor(url: string, signal?: AbortSignal) {
    super(url.replace(/\/+$/, ''), signal)
  }

  /** Another client of the same owner. */
  tab(): Client {
    const tab = new Client(this.url, this.signal)
    tab.cookie = this.cookie
    return tab
  }

  /** Resolves with a complete answer. Repeats a call that is `RATE_LIMITED` after its `Retry-After`. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    for (let waits = 0; ; waits++) {
      const answer = await this.callOnce(method, path, call)
      if (answer.status !== 429 || waits === MAX_WAITS) return answer
      await delay(Number(answer.headers['retry-after']) * 1000, undefined, { signal: this.signal })
    }
  }

  /** Resolves with a complete answer, and never repeats the call. */
  async callOnce(method: string, path: string, call: Call = {}): Promise<Answer> {
    const answer = await this.answer(method, path, call)
    return { ...answer, json: <Body>() => JSON.parse(answer.text) as Body }
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('GET', path, { headers })
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('POST', path, { body, headers })
  }

  /** Sends a message and follows its run. Resolves with the first frame. Throws if the message is refused. */
  send(body: object, headers: Record<string, string> = {}): Promise<Stream> {
    return this.#start('/api/chat/send', { body, headers })
  }

  /** Starts another run and follows it, as `send` does. */
  run(body: object): Promise<Stream> {
    return this.#start('/api/chat/runs', { body })
  }

  /** Reads the events of a run, after `Last-Event-ID` and `?after` if they are given. */
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
    return new Stream(await this.request('GET', path, { headers }))
  }

  async #start(path: string, call: Call): Promise<Stream> {
    for (let waits = 0; ; waits++) {
      const stream = new Stream(await this.request('POST', path, call))
      if (stream.status === 200) {
        await stream.until(() => true)
        return stream
      }
      await stream.closed
      if (stream.status !== 429 || waits === MAX_WAITS) throw new Error(`refused: ${stream.raw}`)
      await delay(Number(stream.headers['retry-after']) * 1000, undefined, { signal: this.signal })
    }
  }
}

/** One streamed response, without the frames of `run-wait`, because they are part of no log. */
export class Stream extends StreamReader<Frame> {
  comments = 0

  protected frameOf({ id, event, data }: EventSourceMessage): Frame | undefined {
    if (event === 'run-wait') return undefined
    return { id: id ? Number(id) : Number.NaN, event, data, fields: fieldsOf(data) }
  }

  protected override commented(): void {
    this.comments++
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
}

function fieldsOf(data: string): FrameFields {
  try {
    const fields: unknown = JSON.parse(data)
    return typeof fields === 'object' && fields !== null ? fields : {}
  } catch {
    return {}
  }
}
