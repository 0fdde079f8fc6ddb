import type { IncomingHttpHeaders } from 'node:http'
import type { EventSourceMessage } from 'eventsource-parser'
import { foldEvent, type StreamEvent } from '../../src/protocol/events.ts'
import { manyRunsUrl } from '../../src/protocol/manyRuns.ts'
import { type Part, textOf } from '../../src/protocol/parts.ts'
import { decodeFrame } from '../../src/protocol/sse.ts'
import { hashOf } from '../../src/server/access/sessionToken.ts'
import type { AnswerBody } from './answer.ts'
import { type Call, Connections, StreamReader } from './connections.ts'

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

/** One browser. */
export class TestClient extends Connections {
  /** Another browser on the same server, with the same cookie. */
  tab(): TestClient {
    const tab = new TestClient(this.url)
    tab.cookie = this.cookie
    return tab
  }

  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const answer = await this.answer(method, path, call)
    const isJson = answer.headers['content-type']?.includes('application/json')
    return { ...answer, body: isJson && answer.text !== '' ? JSON.parse(answer.text) : undefined }
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('GET', path, { headers })
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('POST', path, { body, headers })
  }

  /** Sends a message and follows its run. Resolves with the first frame, or with a refusal. */
  async send(
    body: Record<string, unknown>,
    headers: Record<string, string> = {},
    { beforeLastByte }: Pick<Call, 'beforeLastByte'> = {},
  ): Promise<TestStream> {
    return this.#stream('POST', '/api/chat/send', { body, headers, beforeLastByte })
  }

  async retry(body: Record<string, unknown>): Promise<TestStream> {
    return this.#stream('POST', '/api/chat/runs', { body })
  }

  /** Decides about the calls of a paused run, and follows the run that goes on. */
  async decide(runId: string, body: Record<string, unknown>): Promise<TestStream> {
    return this.#stream('POST', `/api/chat/runs/${runId}/decisions`, { body })
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

  /** Asks for the title of a conversation. Resolves when the headers have come. */
  async title(conversationId: string): Promise<TestStream> {
    const path = `/api/chat/conversations/${conversationId}/title`
    return new TestStream(await this.request('POST', path, {}))
  }

  async #stream(method: string, path: string, call: Call): Promise<TestStream> {
    const stream = new TestStream(await this.request(method, path, call))
    if (stream.status === 200 && method === 'POST') await stream.until(() => true)
    return stream
  }
}

/** One streamed response as a reader sees it. `cut` closes its connection, as a reload does. */
export class TestStream extends StreamReader<Frame> {
  protected frameOf({ id, event: name, data }: EventSourceMessage): Frame | undefined {
    const event = decodeFrame(name, data)
    return event && { seq: Number(id), event }
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

  /** The title at the end of a stream of a title. */
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

  /** The text that a reader sees. */
  get text(): string {
    return textOfFrames(this.frames)
  }

  get lastSeq(): number {
    return this.frames.at(-1)?.seq ?? 0
  }
}

/** Sends a message and follows its run to the end. Resolves with its first event. */
export async function finished(client: TestClient, body: Record<string, unknown> = { content: 'Oi' }) {
  await using stream = await client.send(body)
  await stream.end()
  return stream.start
}

/** How many streams the server has open, by its metrics. The server hears a moment later that a client has left. */
export async function readersOf(client: TestClient): Promise<number> {
  const { text } = await client.get('/metrics')
  return Number(/^riacho_readers (\d+)$/m.exec(text)?.[1])
}

/** What the database has of the token in a session cookie. */
export function tokenHashIn(cookie: string | undefined): string {
  return hashOf(cookie?.replace(/^(__Host-)?riacho_session=/, '') ?? '')
}

/** The text of the message that frames add up to. */
export function textOfFrames(frames: readonly Frame[]): string {
  return textOf(partsOfFrames(frames))
}

/** The message that frames add up to. */
export function partsOfFrames(frames: readonly Frame[]): Part[] {
  const parts: Part[] = []
  for (const { event } of frames) foldEvent(parts, event)
  return parts
}
