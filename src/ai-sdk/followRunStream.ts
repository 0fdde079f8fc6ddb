import { TIMERS } from '../browser/headlessBrowser.ts'
import type { ApiCall } from '../client/api.ts'
import { createCursor, eventsOf } from '../client/streams/runCursor.ts'
import type { RunFrames } from '../client/streams/runFrames.ts'
import { type FramesOutcome, openRunStream, type RunStream } from '../client/streams/runStream.ts'
import type { RunStart, StreamEvent } from '../protocol/events.ts'
import { PATHS } from '../protocol/paths.ts'
import { isFinal, type RiachoApi, RiachoChatError } from './riachoApi.ts'
import { type RiachoChunk, RunChunks } from './runChunks.ts'
import { stopRun } from './stopRun.ts'

/** Tries in a row that bring nothing new, before the stream gives up: some minutes. */
const MAX_FAILURES = 30

/** Starts a run, and is safe to repeat. */
export interface StartCall {
  call: ApiCall
  /** What to ask if there is no such conversation. */
  ifNotFound?: ApiCall | undefined
}

/** `stop` ends the reply at the server. `detach` only leaves it, and it goes on. */
export type Exit = 'stop' | 'detach'

export interface FollowOptions {
  api: RiachoApi
  /** What starts the run. Or the run to follow from its first event. */
  from: Promise<StartCall> | { runId: string }
  /** The message that the page shows the reply as. Default: the one that the run writes. */
  messageId?: string | undefined
  signal: AbortSignal | undefined
  /**
   * Called at the abort, and says what it does to the reply. `left` resolves when the reader has left, and a reply that
   * is to stop has stopped.
   */
  onAbort(left: Promise<void>): Promise<Exit>
  /** The run has begun, or is found, also if the reader has left meanwhile. */
  onStart(start: RunStart): void
  /** Gives what to send before the chunks of the run. */
  chunksBefore(start: RunStart): RiachoChunk[]
  /** The reader gets an error, because no more of a run that has begun can be had. */
  onBroken(start: RunStart): void
}

/**
 * Reads a run to its end, over as many connections as it takes: after a cut it asks for what comes after the last event.
 * Resolves once the run has begun. Rejects with a `RiachoChatError` if the server refuses, with an `AbortError`, and with
 * whatever `from` rejects with.
 */
export function followRunStream(options: FollowOptions): Promise<ReadableStream<RiachoChunk>> {
  return new RunReading(options).begun
}

export function aborted(): DOMException {
  return new DOMException('aborted', 'AbortError')
}

/**
 * One run on its way to one reader. It is
 *   asking    until the first event has come;
 *   reading   chunks go to the reader;
 *   leaving   aborted. What is being sent is still sent. The first event is waited for, because it says that the server has
 *             the message, and names the run to stop;
 *   over      the run ended, or the reader left, or nothing more can be had.
 */
class RunReading {
  readonly begun: Promise<ReadableStream<RiachoChunk>>
  readonly #left: Promise<void>
  readonly #options: FollowOptions
  readonly #cursor = createCursor(null)
  readonly #chunks: RunChunks
  readonly #onAbort = () => void this.#abort()
  #resolve: (stream: ReadableStream<RiachoChunk>) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #leave: (stopped: Promise<void> | undefined) => void = () => {}
  #state: 'asking' | 'reading' | 'leaving' | 'over' = 'asking'
  /** Absent until there is something to ask. */
  #stream: RunStream | undefined
  #start: RunStart | undefined
  #exit: Exit | undefined
  #reader: ReadableStreamDefaultController<RiachoChunk> | undefined
  #failures = 0

  constructor(options: FollowOptions) {
    this.#options = options
    this.#chunks = new RunChunks(chunk => this.#reader?.enqueue(chunk), options.messageId)
    this.begun = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#left = new Promise(resolve => {
      this.#leave = resolve
    })
    const { from, signal } = options
    if ('runId' in from) this.#open({ call: { method: 'GET', path: PATHS.events(from.runId, 0) } })
    else
      from.then(
        start => this.#open(start),
        error => this.#fail(error),
      )
    if (signal?.aborted) void this.#abort()
    else signal?.addEventListener('abort', this.#onAbort)
  }

  /** `stopped`: what the reader that has left waits for. */
  #become(next: 'reading' | 'leaving' | 'over', stopped?: Promise<void>): void {
    const isAllowed =
      next === 'over'
        ? this.#state !== 'over'
        : this.#state === 'asking' || (this.#state === 'reading' && next === 'leaving')
    if (!isAllowed) throw new Error(`the reading of a run went from ${this.#state} to ${next}`)
    this.#state = next
    if (next === 'leaving') this.#reject(aborted())
    if (next !== 'over') return
    this.#stream?.close()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#leave(stopped)
  }

  #open({ call, ifNotFound }: StartCall): void {
    // The run is one that is followed, and the reader has left it.
    if (this.#state === 'over') return
    const isKnown = () => this.#cursor.position !== null || 'runId' in this.#options.from
    this.#stream = openRunStream({
      browser: { fetch: this.#options.api.fetch, timers: TIMERS, random: Math.random },
      isVisible: () => true,
      request: () => {
        const { position } = this.#cursor
        return position ? { method: 'GET', path: PATHS.events(position.runId, position.seq) } : call
      },
      onFrames: runs => this.#take(runs),
      onConnection: connected => this.#connection(connected),
      isFinal: refusal => !isKnown() || isFinal(refusal),
      onRefused: refusal => {
        const isElsewhere = ifNotFound && refusal.failure === 'NOT_FOUND' && !isKnown()
        if (isElsewhere) this.#open({ call: ifNotFound })
        else this.#fail(new RiachoChatError(refusal))
      },
    })
  }

  #take(runs: readonly RunFrames[]): FramesOutcome {
    const { taken, state } = this.#cursor.take(runs.flatMap(({ frames }) => frames))
    for (const event of eventsOf(taken)) this.#apply(event)
    if (taken.length > 0) this.#failures = 0
    if (state === 'ended' && this.#state !== 'over') this.#end()
    if (state === 'broken') return 'broken'
    return taken.length > 0 ? 'progress' : 'nothing'
  }

  #apply(event: StreamEvent): void {
    if (!this.#start && (event.type === 'run-start' || event.type === 'snapshot')) this.#begin(event)
    if (this.#state === 'reading') this.#chunks.apply(event)
  }

  #begin(start: RunStart): void {
    this.#start = start
    this.#options.onStart(start)
    if (this.#state === 'leaving') this.#exitOnceKnown()
    else this.#read(start)
  }

  #read(start: RunStart): void {
    const readable = new ReadableStream<RiachoChunk>({
      start: controller => {
        this.#reader = controller
      },
      cancel: () => {
        if (this.#state === 'reading') this.#become('over')
      },
    })
    this.#become('reading')
    for (const chunk of this.#options.chunksBefore(start)) this.#reader?.enqueue(chunk)
    this.#resolve(readable)
  }

  #end(): void {
    const isRead = this.#state === 'reading'
    this.#become('over')
    if (isRead) this.#reader?.close()
  }

  #connection(connected: boolean): void {
    if (!connected) this.#failures += 1
    if (this.#failures > MAX_FAILURES)
      this.#fail(new RiachoChatError({ failure: 'UNREACHABLE', retryAfter: null }))
  }

  #fail(error: unknown): void {
    if (this.#state === 'over') return
    if (this.#state === 'reading' && this.#start) this.#options.onBroken(this.#start)
    this.#become('over')
    this.#reject(error)
    this.#reader?.error(error)
  }

  async #abort(): Promise<void> {
    this.#become('leaving')
    this.#exit = await this.#options.onAbort(this.#left)
    this.#exitOnceKnown()
  }

  #exitOnceKnown(): void {
    const { api, from } = this.#options
    const runId = 'runId' in from ? from.runId : this.#start?.runId
    if (this.#state !== 'leaving' || !this.#exit || !runId) return
    this.#become('over', this.#exit === 'stop' ? stopRun(api, runId, TIMERS) : undefined)
  }
}
