import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { MALFORMED, responsesPlan } from './frames.ts'
import { type Reply, SCENARIOS, type Scenario } from './reply.ts'
import { beginStream, createSender, reset, respond } from './wire.ts'

/** A later request about a background response. */
export interface BackgroundCall {
  readonly kind: 'stream' | 'poll' | 'cancel' | 'delete'
  /** The `starting_after` of a stream. */
  readonly after?: number
}

/** A background response, as the server keeps it. It is written whether or not anybody reads it. */
export interface BackgroundResponse {
  readonly id: string
  readonly status: 'queued' | 'in_progress' | 'completed' | 'failed' | 'incomplete' | 'cancelled'
  /** Steps written so far: every delta, every source, the ending. A cancelled response gets no more. */
  readonly steps: number
  readonly calls: readonly BackgroundCall[]
  /** Resolves when the first cancel request comes. */
  readonly cancelled: Promise<void>
  /** Resolves when it has its last status. */
  readonly ended: Promise<void>
}

interface Frame {
  /** The number of the last event up to here. A comment has no number of its own. */
  sequence: number
  text: string
}

interface StoredFields {
  id?: string
  status?: BackgroundResponse['status']
  [field: string]: unknown
}

/** The background responses of one server. */
export interface BackgroundResponses {
  readonly responses: readonly BackgroundResponse[]
  /** Begins a response and streams it to the client that asked. */
  begin(reply: Reply, model: string, response: ServerResponse): Promise<void>
  /** Answers `GET …/responses/{id}`, with or without a stream, `DELETE` of it, and `POST …/responses/{id}/cancel`. */
  answer(incoming: IncomingMessage, response: ServerResponse): Promise<void>
  /** Abandons all responses and forgets them. */
  clear(): void
  close(): void
}

const PATH = /\/responses\/([^/?]+)(\/cancel)?(?:\?|$)/

/** Whether a request is about an earlier response. */
export function isAboutBackground(url: string): boolean {
  return PATH.test(url)
}

export function createBackgroundResponses(): BackgroundResponses {
  const responses: ScriptedResponse[] = []
  const find = (id: string) => responses.findLast(each => each.id === id)
  return {
    responses,
    begin(reply, model, response) {
      const begun = new ScriptedResponse(reply, { id: `resp_kept_${responses.length + 1}`, model })
      responses.push(begun)
      void begun.write()
      return begun.stream(response, -1)
    },
    async answer(incoming, response) {
      const [, id = '', cancel] = PATH.exec(incoming.url ?? '') ?? []
      const query = new URLSearchParams((incoming.url ?? '').split('?')[1])
      const found = find(decodeURIComponent(id))
      if (!found) return respond(response, SCENARIOS['unknown-response'])
      if (cancel) return found.answerCancel(response)
      if (incoming.method === 'DELETE') return found.answerDelete(response)
      if (query.get('stream') !== 'true') return found.answerPoll(response)
      return found.answerStream(response, Number(query.get('starting_after') ?? -1))
    },
    clear() {
      for (const each of responses.splice(0)) each.abandon()
    },
    close: () => {
      for (const each of responses) each.abandon()
    },
  }
}

class ScriptedResponse implements BackgroundResponse {
  readonly id: string
  readonly calls: BackgroundCall[] = []
  status: BackgroundResponse['status'] = 'queued'
  steps = 0

  readonly #reply: Reply
  readonly #plan: ReturnType<typeof responsesPlan>
  readonly #frames: Frame[] = []
  readonly #readers = new Set<StreamReader>()
  readonly #cancelled = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<void>()
  readonly #streamAnswers: (Reply | Scenario)[]
  readonly #pollAnswers: (Reply | Scenario)[]
  readonly #cuts: number[]
  #stored: StoredFields
  #isAbandoned = false

  constructor(reply: Reply, { id, model }: { id: string; model: string }) {
    const { streams = [], polls = [], cuts = [] } = reply.background ?? {}
    this.#reply = reply
    this.#plan = responsesPlan(reply, { id, model, isKept: true })
    this.id = this.#plan.id
    this.#stored = { id: this.id, object: 'response', background: true, model, output: [], usage: null }
    this.#streamAnswers = typeof streams === 'string' ? [] : [...streams]
    this.#pollAnswers = [...polls]
    this.#cuts = [...cuts]
  }

  get cancelled(): Promise<void> {
    return this.#cancelled.promise
  }

  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Writes the response, by its pace and its gate, until its end or until it is cancelled. */
  async write(): Promise<void> {
    const { gate, delayMs, ending, background } = this.#reply
    if (background?.holdsHead) await gate?.pass()
    await this.#append(this.#plan.head)
    if (background?.holdsHead) gate?.passed()
    for (const step of this.#plan.steps) {
      if (delayMs) await delay(delayMs)
      await gate?.pass()
      if (this.#isOver()) return
      this.status = 'in_progress'
      await this.#append(step)
      this.#passed()
    }
    if (ending !== 'hang') await this.#end()
    gate?.end()
  }

  async #end(): Promise<void> {
    const { gate, delayMs, ending } = this.#reply
    if (delayMs) await delay(delayMs)
    await gate?.pass()
    if (this.#isOver()) return
    if (ending === 'cancelled') return this.#cancel()
    if (ending === 'eof' || ending === 'reset' || ending === 'malformed') {
      for (const reader of this.#readers) await reader.cut(ending)
    }
    await this.#append(this.#plan.last)
    this.#passed()
    if (this.status === 'in_progress') this.status = 'completed'
    if (ending !== 'linger') this.#release()
    this.#ended.resolve()
  }

  /** Streams what comes after event `after`, then follows. */
  async stream(response: ServerResponse, after: number): Promise<void> {
    beginStream(response, this.#reply)
    const reader = createStreamReader(response, this.#reply, this.#cuts.shift())
    let at = this.#frames.findIndex(frame => frame.sequence > after)
    if (at < 0) at = this.#frames.length
    while (at < this.#frames.length) await reader.send(this.#frames[at++]?.text ?? '')
    if (this.#isOver()) reader.end()
    else {
      this.#readers.add(reader)
      response.once('close', () => this.#readers.delete(reader))
    }
  }

  async answerStream(response: ServerResponse, after: number): Promise<void> {
    this.calls.push({ kind: 'stream', after })
    const { streams } = this.#reply.background ?? {}
    const answer = typeof streams === 'string' ? streams : this.#streamAnswers.shift()
    if (answer !== undefined) return answerWith(response, answer)
    return this.stream(response, after)
  }

  answerPoll(response: ServerResponse): void {
    this.calls.push({ kind: 'poll' })
    const answer = this.#pollAnswers.shift()
    if (answer !== undefined) answerWith(response, answer)
    else respond(response, { body: this.#body() })
  }

  answerCancel(response: ServerResponse): void {
    this.calls.push({ kind: 'cancel' })
    this.#cancelled.resolve()
    if (!this.#isOver()) this.#cancel()
    respond(response, this.status === 'cancelled' ? { body: this.#body() } : SCENARIOS['cannot-cancel'])
  }

  answerDelete(response: ServerResponse): void {
    this.calls.push({ kind: 'delete' })
    respond(response, { body: { id: this.id, object: 'response', deleted: true } })
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#reply.gate?.end()
  }

  #body(): StoredFields {
    return { ...this.#stored, status: this.status }
  }

  /** Stores the events of `text` and writes them to every reader. */
  async #append(text: string): Promise<void> {
    for (const frame of text.split(/(?<=\n\n)/).filter(Boolean)) {
      const event = eventIn(frame)
      const sequence = event?.sequence_number ?? this.#frames.at(-1)?.sequence ?? -1
      this.#frames.push({ sequence, text: frame })
      if (event?.response) this.#store(event.response)
      else if (event?.type === 'error') this.#store({ status: 'failed', error: event.error ?? event })
      await Promise.all([...this.#readers].map(reader => reader.send(frame)))
    }
  }

  #store(fields: StoredFields): void {
    const { status } = fields
    if (!status || status === 'queued' || status === 'in_progress') return
    this.#stored = { ...this.#stored, ...fields }
    this.status = status
  }

  #passed(): void {
    this.steps += 1
    this.#reply.gate?.passed()
  }

  #cancel(): void {
    this.status = 'cancelled'
    this.#reply.gate?.end()
    this.#release()
    this.#ended.resolve()
  }

  #release(): void {
    for (const reader of this.#readers) reader.end()
  }

  #isOver(): boolean {
    return this.#isAbandoned || (this.status !== 'queued' && this.status !== 'in_progress')
  }
}

interface StreamReader {
  send(frame: string): Promise<void>
  cut(how: 'eof' | 'reset' | 'malformed'): Promise<void>
  end(): void
}

/** One streamed response that follows. It is cut after `limit` events. */
function createStreamReader(
  response: ServerResponse,
  reply: Reply,
  limit = Number.POSITIVE_INFINITY,
): StreamReader {
  const write = createSender(response, reply)
  let left = limit
  const cut: StreamReader['cut'] = async how => {
    if (how === 'malformed') await write(MALFORMED)
    if (how === 'reset') reset(response)
    else response.end()
  }
  if (left === 0) response.end()
  return {
    async send(frame) {
      if (response.writableEnded || response.destroyed) return
      await write(frame)
      left -= 1
      if (left === 0) response.end()
    },
    cut,
    end: () => response.end(),
  }
}

interface Event {
  type?: string
  sequence_number?: number
  response?: StoredFields
  error?: unknown
}

function eventIn(frame: string): Event | undefined {
  const data = /^data: (.*)$/m.exec(frame)?.[1]
  const event = data === undefined ? undefined : (JSON.parse(data) as Event)
  return event?.type === 'keepalive' ? undefined : event
}

function answerWith(response: ServerResponse, answer: Reply | Scenario): void {
  const reply = typeof answer === 'string' ? SCENARIOS[answer] : answer
  if ('ending' in reply && reply.ending === 'reset') reset(response)
  else respond(response, reply)
}
