import { setTimeout as delay } from 'node:timers/promises'
import type { StreamEvent } from '../../src/protocol/events.ts'
import type { Answer, TestClient, TestStream } from '../harness/client.ts'
import type { Random } from '../harness/random.ts'
import { BOUNDS } from './bounds.ts'
import { type Drawable, draw } from './drawable.ts'
import { type Chat, type History, type Owner, type RunRecord, type Span, time } from './history.ts'
import { questionsIn, tagsIn } from './script.ts'
import { View } from './view.ts'

/** A server that may die and come back at the same address. */
export interface Address {
  client(): TestClient
  /** Resolves when there is a server to talk to. */
  up(): Promise<void>
  /** For how long there was a server to talk to, in milliseconds from any beginning. Bounds count by it. */
  lived(): number
}

export interface TalkerOptions {
  address: Address
  history: History
  random: Random
  /** The probability, for each frame, that a reader cuts the connection. */
  cutChance: number
  /** How many readers at most follow a reply besides the sender. */
  maxReaders: number
  /** What the person does about a run that has paused, besides what is drawn. */
  onPause?: (talker: Talker, run: RunRecord) => Promise<void>
  /** What the person does about an event, besides. */
  onEvent?: (talker: Talker, run: RunRecord, seen: { view: View; event: StreamEvent }) => void
  /** If absent, the person begins as a new owner. */
  owner?: Owner
}

/** An answer, when it was asked for, and how often. */
export interface Reply extends Span, Pick<Answer, 'status' | 'text' | 'body' | 'headers'> {
  attempts: number
}

/** Thrown at everybody who still waits for an answer when the round is over. */
export class Over extends Error {}

/**
 * A person with some tabs. Each tab draws calls from the table of calls, one after the other. Meanwhile readers follow
 * the replies in the background. The history records what the person asked for and saw.
 */
export class Talker {
  readonly history: History
  readonly random: Random
  /** Changes when the person erases everything. */
  owner: Owner
  readonly #options: TalkerOptions
  readonly #tasks = new Set<Promise<void>>()

  constructor(options: TalkerOptions) {
    this.#options = options
    this.history = options.history
    this.random = options.random
    this.owner = options.owner ?? options.history.newOwner()
  }

  /** Gets a session, then draws `calls` calls in each of `tabs` tabs. Resolves when every reader has seen the end. */
  async live({
    kinds,
    calls,
    tabs,
  }: {
    kinds: readonly Drawable<Talker>[]
    calls: number
    tabs: number
  }): Promise<void> {
    const tab = async () => {
      for (let drawn = 0; drawn < calls; drawn++) {
        await delay(this.random.integer(30))
        await draw(this, kinds)
      }
    }
    try {
      await this.meet()
      await Promise.all(Array.from({ length: tabs }, tab))
      await this.quiet()
    } catch (error) {
      if (!(error instanceof Over)) throw error
      await Promise.allSettled(this.#tasks)
    }
  }

  /** Resolves when nothing goes on in the background. */
  async quiet(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks)
  }

  /** Makes sure that an owner has a session. */
  async meet(owner = this.owner): Promise<Owner> {
    while (!owner.cookie) {
      await this.stubborn(async () => {
        const client = this.#options.address.client()
        await client.get('/api/chat/conversations')
        // A loss of power may take a session with which nobody has written yet. From this write on it stays.
        const { status } = await client.post('/api/chat/keys', {
          name: owner.keyName,
          scope: 'read',
          days: 1,
        })
        if (status === 503) throw new Error('nothing can be stored')
        owner.cookie ??= client.cookie
      })
    }
    return owner
  }

  /** As that of its address. */
  lived(): number {
    return this.#options.address.lived()
  }

  client(owner = this.owner): TestClient {
    const client = this.#options.address.client()
    client.cookie = owner.cookie
    return client
  }

  /** A client without a session. */
  stranger(): TestClient {
    return this.#options.address.client()
  }

  inBackground(work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => {
        if (!(error instanceof Over)) this.history.violation(`a reader failed: ${error}`)
      })
      .finally(() => this.#tasks.delete(task))
    this.#tasks.add(task)
  }

  /** Asks until there is an answer, as a stubborn client does. Looks for words of others in it. */
  async ask(
    method: string,
    path: string,
    {
      body,
      headers = {},
      client = this.client(),
      mine = this.owner,
    }: { body?: unknown; headers?: Record<string, string>; client?: TestClient; mine?: Owner } = {},
  ): Promise<Reply> {
    const from = time()
    let attempts = 0
    const answer = await this.stubborn(async () => {
      attempts++
      const answer = await client.call(method, path, { headers, ...(body !== undefined && { body }) })
      if (answer.status === 503) throw new Error(answer.text)
      return answer
    })
    const reply = { ...answer, from, to: time(), attempts }
    this.heard(answer.text, mine, reply)
    if (answer.status >= 500) this.history.violation(`${method} ${path}: ${answer.status} ${answer.text}`)
    return reply
  }

  /** Whatever `owner` gets may quote only what `owner` wrote, and nothing once that is erased. */
  heard(text: string, owner: Owner, span: Span): void {
    const firsts = new Set([...[...questionsIn(text)].map(id => id.slice(0, 8)), ...tagsIn(text)])
    for (const first of firsts) {
      if (!this.history.writers.get(first)?.has(owner))
        this.history.violation(`owner ${owner.name} got words of another: …${around(text, first)}…`)
    }
    const secret = secretIn(text)
    if (secret !== undefined)
      this.history.violation(`owner ${owner.name} got an answer of a person: …${around(text, secret)}…`)
    if (firsts.size > 0 && !owner.erased.mayBe(false, span))
      this.history.violation(`owner ${owner.name} was erased, and still got words: …${text.slice(0, 200)}`)
  }

  /** Repeats `attempt` until it is answered, because the server may be down, full, or refuse while it drains. */
  async stubborn<Value>(attempt: () => Promise<Value>): Promise<Value> {
    const { address } = this.#options
    const deadline = address.lived() + BOUNDS.answer
    for (;;) {
      if (this.history.isOver) throw new Over()
      await address.up()
      try {
        return await attempt()
      } catch (error) {
        if (address.lived() > deadline) throw error
        await delay(10)
      }
    }
  }

  /** Asks until a stream is over that was neither refused nor cut: a node that has lost the database sends readers away. */
  uncut<Stream extends { status: number; closed: Promise<boolean> }>(
    open: () => Promise<Stream>,
  ): Promise<Stream> {
    return this.stubborn(async () => {
      const stream = await open()
      if (stream.status === 503 || !(await stream.closed)) throw new Error('the reader was sent away')
      return stream
    })
  }

  /**
   * Whether a call about `chat` did what it is for, with the status `expected`. Notes an answer that nothing explains.
   * `also` are refusals that may come at any time.
   */
  isDone(
    what: string,
    reply: Reply,
    chat: Chat,
    { expected, also = [] }: { expected: number; also?: number[] },
  ) {
    const { status, text } = reply
    this.count(what, status)
    if (status === expected && chat.mayBeThere(reply)) return true
    if (also.includes(status) && chat.mayBeThere(reply)) return false
    if (status === 404 && chat.mayBeGone(reply)) return false
    this.history.violation(`${what} of conversation ${chat.id}: ${status} ${text.slice(0, 300)}`)
    return false
  }

  /**
   * Notes that a write has happened. If it was asked for several times while a node was in trouble, an earlier request may
   * still be under way there, and happen later again.
   */
  wrote(write: { done(): void }, reply: Reply): void {
    if (reply.attempts === 1 || !this.history.isTroubled(reply)) write.done()
  }

  count(what: string, status: number): void {
    const { answers } = this.history
    const name = `${what} ${status}`
    answers.set(name, (answers.get(name) ?? 0) + 1)
  }

  /** Lets the sender and some other readers follow a run to its end, over any number of cut connections. */
  followToEnd(run: RunRecord, first?: TestStream): void {
    this.inBackground(this.follow(run, { random: this.random.fork(), ...(first && { first }) }))
    for (let reader = this.random.integer(this.#options.maxReaders + 1); reader > 0; reader--) {
      this.inBackground(this.follow(run, { random: this.random.fork() }))
    }
  }

  async follow(
    run: RunRecord,
    { random, first, view = new View(run.runId) }: { random: Random; first?: TestStream; view?: View },
  ): Promise<void> {
    const { history } = this
    run.views.push(view)
    const deadline = this.lived() + BOUNDS.runEnd
    if (!first) await delay(random.integer(100))
    let stream = first
    while (!view.end) {
      if (this.lived() > deadline)
        return history.violation(`run ${run.runId} had no end within ${BOUNDS.runEnd} ms`)
      const after = view.lastSeq
      const from = time()
      stream ??= await this.stubborn(() => this.client(run.chat.owner).follow(run.runId, after))
      view.livedThrough(history.losses, stream.askedAt)
      if (stream.status === 204)
        return history.violation(`run ${run.runId}: 204 after ${after}, without its end`)
      if (stream.status === 200) await this.#read(stream, run, { view, random })
      else {
        await stream.cut()
        if (stream.status === 404 && run.chat.mayBeGone({ from, to: time() })) return
        if (stream.status !== 503)
          return history.violation(`run ${run.runId}: accepted, and now ${stream.status}`)
        await delay(20)
      }
      stream = undefined
    }
  }

  #sawEnd(run: RunRecord, status: string): void {
    const isFirst = !Number.isFinite(run.endSeen)
    run.endSeen = Math.min(run.endSeen, time())
    const { onPause } = this.#options
    if (isFirst && status === 'paused' && onPause) this.inBackground(onPause(this, run))
  }

  async #read(
    stream: TestStream,
    run: RunRecord,
    { view, random }: { view: View; random: Random },
  ): Promise<void> {
    // A run that stays silent ends nothing by itself.
    const watch = setTimeout(() => void stream.cut(), BOUNDS.runEnd)
    for await (const { seq, event } of stream) {
      view.apply(seq, event)
      this.#options.onEvent?.(this, run, { view, event })
      if (event.type === 'run-end') this.#sawEnd(run, event.status)
      if (random.chance(this.#options.cutChance)) break
    }
    clearTimeout(watch)
    await stream.cut()
    this.heard(stream.raw, run.chat.owner, run.accepted)
  }
}

/** Begins every answer of a person to a tool. Only the tool gets it. */
const SECRET = 'segredo-'

/** An answer for a tool, which nobody else may get. */
export function secretOf(id: string): string {
  return SECRET + id
}

function secretIn(text: string): string | undefined {
  return text.includes(SECRET) ? SECRET : undefined
}

function around(text: string, word: string): string {
  const at = text.indexOf(word)
  return text.slice(Math.max(0, at - 80), at + 80)
}
