import { TIMERS } from '../browser/headlessBrowser.ts'
import type { ApiCall } from '../client/api.ts'
import { createCursor, eventsOf } from '../client/streams/runCursor.ts'
import type { RunFrames } from '../client/streams/runFrames.ts'
import { type FramesOutcome, openRunStream, type RunStream } from '../client/streams/runStream.ts'
import type { RunStart, StreamEvent } from '../protocol/events.ts'
import { PATHS } from '../protocol/paths.ts'
import { type RiachoApi, RiachoChatError } from './riachoApi.ts'
import { type RiachoChunk, RunChunks } from './runChunks.ts'

/** Tries in a row that bring nothing new, before the stream gives up: some minutes. */
const MAX_FAILURES = 30

export interface FollowOptions {
  api: RiachoApi
  /** Starts the run, and is safe to repeat. Or the run to follow from its first event. */
  from: { start: ApiCall } | { runId: string }
  signal: AbortSignal | undefined
  /** What an abort does. `detach` only leaves the reply, which goes on. */
  onAbort: 'stop' | 'detach'
  /** The run has begun, or is found. Gives what to send before its chunks. */
  onStart(start: RunStart): RiachoChunk[]
}

/**
 * Reads a run to its end, over as many connections as it takes: after a cut it asks for what comes after the last event.
 * Resolves once the run has begun. Rejects with a `RiachoChatError` if the server refuses, and with an `AbortError`.
 */
export async function followRunStream(options: FollowOptions): Promise<ReadableStream<RiachoChunk>> {
  if (options.signal?.aborted) throw aborted()
  return new RunReading(options).begun
}

function aborted(): DOMException {
  return new DOMException('aborted', 'AbortError')
}

/**
 * One run on its way to one reader. It is
 *   asking    until the first event has come;
 *   reading   chunks go to the reader;
 *   leaving   aborted before the first event. That event is waited for, because it names the run to stop;
 *   over      the run ended, or the reader left, or nothing more can be had.
 */
class RunReading {
  readonly begun: Promise<ReadableStream<RiachoChunk>>
  readonly #options: FollowOptions
  readonly #cursor = createCursor(null)
  readonly #chunks = new RunChunks(chunk => this.#send(chunk))
  readonly #stream: RunStream
  #resolve: (stream: ReadableStream<RiachoChunk>) => void = () => {}
  #reject: (error: Error) => void = () => {}
  readonly #onAbort = () => this.#abort()
  #state: 'asking' | 'reading' | 'leaving' | 'over' = 'asking'
  #reader: ReadableStreamDefaultController<RiachoChunk> | null = null
  #failures = 0

  constructor(options: FollowOptions) {
    this.#options = options
    this.begun = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#stream = openRunStream({
      browser: { fetch: options.api.fetch, timers: TIMERS, random: Math.random },
      isVisible: () => true,
      request: () => this.#request(),
      onFrames: runs => this.#take(runs),
      onConnection: connected => this.#connection(connected),
      onRefused: refusal => this.#fail(new RiachoChatError(refusal)),
    })
    options.signal?.addEventListener('abort', this.#onAbort)
  }

  #become(next: 'reading' | 'leaving' | 'over'): void {
    const isAllowed = this.#state !== 'over' && (next === 'over' || this.#state === 'asking')
    if (!isAllowed) throw new Error(`the reading of a run went from ${this.#state} to ${next}`)
    this.#state = next
    if (next !== 'over') return
    this.#stream.close()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
  }

  #request(): ApiCall {
    const { from } = this.#options
    const { position } = this.#cursor
    if (position) return { method: 'GET', path: PATHS.events(position.runId, position.seq) }
    return 'start' in from ? from.start : { method: 'GET', path: PATHS.events(from.runId, 0) }
  }

  #take(runs: readonly RunFrames[]): FramesOutcome {
    const { taken, state } = this.#cursor.take(runs.flatMap(({ frames }) => frames))
    for (const event of eventsOf(taken)) this.#apply(event)
    if (taken.length > 0) this.#failures = 0
    if (state === 'ended' && this.#state === 'reading') {
      this.#become('over')
      this.#reader?.close()
    }
    if (state === 'broken') return 'broken'
    return taken.length > 0 ? 'progress' : 'nothing'
  }

  #apply(event: StreamEvent): void {
    const isFirst = event.type === 'run-start' || event.type === 'snapshot'
    if (isFirst && this.#state === 'leaving') this.#stop(event.runId)
    else if (isFirst && this.#state === 'asking') this.#begin(event)
    if (this.#state === 'reading') this.#chunks.apply(event)
  }

  #begin(start: RunStart): void {
    const readable = new ReadableStream<RiachoChunk>({
      start: controller => {
        this.#reader = controller
      },
      cancel: () => {
        if (this.#state !== 'over') this.#become('over')
      },
    })
    this.#become('reading')
    for (const chunk of this.#options.onStart(start)) this.#send(chunk)
    this.#resolve(readable)
  }

  #send(chunk: RiachoChunk): void {
    this.#reader?.enqueue(chunk)
  }

  #connection(connected: boolean): void {
    if (!connected) this.#failures += 1
    if (this.#failures > MAX_FAILURES)
      this.#fail(new RiachoChatError({ failure: 'UNREACHABLE', retryAfter: null }))
  }

  #fail(error: RiachoChatError): void {
    this.#become('over')
    this.#reject(error)
    this.#reader?.error(error)
  }

  #abort(): void {
    const { onAbort, from } = this.#options
    const runId = this.#cursor.position?.runId ?? ('runId' in from ? from.runId : undefined)
    this.#reject(aborted())
    if (onAbort === 'detach') this.#become('over')
    else if (runId === undefined) this.#become('leaving')
    else this.#stop(runId)
  }

  #stop(runId: string): void {
    this.#become('over')
    void requestStop(this.#options.api, runId)
  }
}

const MAX_STOPS = 5

/** Asks until the server has heard it, because a person who pressed Stop wants no more text. */
async function requestStop(api: RiachoApi, runId: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_STOPS; attempt++) {
    try {
      return await api.call<void>({ method: 'POST', path: PATHS.stop(runId) })
    } catch (error) {
      if (error instanceof RiachoChatError && error.code !== 'UNREACHABLE') return
      await new Promise<void>(resolve => TIMERS.set(resolve, 1000 * 2 ** attempt))
    }
  }
}
