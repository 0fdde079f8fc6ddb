import type { StreamEvent } from '../../protocol/events.ts'
import { encodeMark, type RunMark } from '../../protocol/manyRuns.ts'
import { PATHS } from '../../protocol/paths.ts'
import { encodeData, encodeFrame } from '../../protocol/sse.ts'
import type { Browser } from '../browser.ts'
import type { RunPosition } from '../streams/runCursor.ts'
import { START } from './startChat.ts'

const encoder = new TextEncoder()

/** One connection. */
interface Reader {
  controller: ReadableStreamDefaultController<Uint8Array>
  /** Runs of which something may follow. */
  runIds: Set<string>
  /** Whose frames were written last. */
  speaker: string | undefined
}

interface Run {
  events: StreamEvent[]
  stored: number
}

/** Runs that grow when told, served in memory as PROTOCOL.md says. */
export interface RunServer {
  fetch: Browser['fetch']
  /** Streams open now, and the most there ever were. */
  open(): number
  most(): number
  /** The runs of each stream that was asked for. */
  requests: string[][]
  stored(runId: string): number
  text(runId: string, seq: number): string
  /** Stores the next event of a run, if there is one. */
  grow(runId: string): boolean
  /** Breaks every stream that has a run. */
  cut(runId: string): void
  /** From now on a gap is closed by a snapshot, or by the events. */
  answerBySnapshots(use: boolean): void
  /** Lets requests wait for their answers, until the returned function is called. */
  hold(): () => void
  /** From now on nobody answers, or the server does. */
  goAway(isAway: boolean): void
}

/** A server with `runIds`; each of them writes `words` different words, and has begun. */
export function createRunServer(runIds: readonly string[], words: number): RunServer {
  const server = new MemoryServer(new Map(runIds.map(runId => [runId, createRun(runId, words)])))
  return {
    requests: server.requests,
    text: (runId, seq) => server.text(runId, seq),
    open: () => server.readers.size,
    most: () => server.most,
    stored: runId => server.run(runId).stored,
    answerBySnapshots: use => {
      server.usesSnapshots = use
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.held = promise
      return resolve
    },
    goAway: isAway => {
      server.isAway = isAway
    },
    fetch: (path, init) => server.fetch(path, init),
    grow: runId => server.grow(runId),
    cut: runId => server.cut(runId),
  }
}

class MemoryServer {
  readonly readers = new Set<Reader>()
  readonly requests: string[][] = []
  most = 0
  usesSnapshots = false
  isAway = false
  held = Promise.resolve()
  readonly #runs: ReadonlyMap<string, Run>

  constructor(runs: ReadonlyMap<string, Run>) {
    this.#runs = runs
  }

  async fetch(path: string, { signal }: RequestInit): Promise<Response> {
    const [name, query] = path.split('?')
    if (name !== PATHS.manyRuns || !signal) throw new Error(`no such call: ${path}`)
    const places = new URLSearchParams(query).getAll('run').map(run => run.split(':') as [string, string])
    await Promise.resolve()
    signal.throwIfAborted()
    if (this.isAway) throw new TypeError('fetch failed')
    this.requests.push(places.map(([runId]) => runId))
    await this.held
    signal.throwIfAborted()
    return this.#answer(new Map(places.map(([runId, seq]) => [runId, Number(seq)])), signal)
  }

  run(runId: string): Run {
    return this.#runs.get(runId) as Run
  }

  text(runId: string, seq: number): string {
    const events = this.#runs.get(runId)?.events.slice(0, seq) ?? []
    return events.map(event => (event.type === 'text-delta' ? event.content : '')).join('')
  }

  grow(runId: string): boolean {
    const run = this.run(runId)
    const event = run.events[run.stored]
    if (!event) return false
    run.stored += 1
    for (const reader of this.#readersOf(runId)) {
      send(reader, { runId, seq: run.stored }, [event])
      if (run.stored === run.events.length) this.#leave(reader, runId)
    }
    return true
  }

  cut(runId: string): void {
    for (const reader of this.#readersOf(runId)) {
      this.readers.delete(reader)
      reader.controller.error(new Error('cut'))
    }
  }

  #readersOf(runId: string): Reader[] {
    return [...this.readers].filter(({ runIds }) => runIds.has(runId))
  }

  #answer(places: Map<string, number>, signal: AbortSignal): Response {
    let reader: Reader
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        reader = { controller, runIds: new Set(places.keys()), speaker: undefined }
        this.readers.add(reader)
        this.most = Math.max(this.most, this.readers.size)
        for (const [runId, after] of places) this.#catchUp(reader, runId, after)
      },
      cancel: () => void this.readers.delete(reader),
    })
    signal.addEventListener('abort', () => {
      if (this.readers.delete(reader)) reader.controller.error(signal.reason)
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  #catchUp(reader: Reader, runId: string, after: number) {
    const run = this.#runs.get(runId)
    if (!run) return this.#leave(reader, runId, 'run-gone')
    const { stored, events } = run
    if (after === events.length) return this.#leave(reader, runId, 'run-done')
    const missing = events.slice(after, stored)
    const parts = [{ id: '1', type: 'text' as const, text: this.text(runId, stored) }]
    if (this.usesSnapshots && missing.length > 1 && stored < events.length)
      send(reader, { runId, seq: stored }, [{ type: 'snapshot', ...START, runId, parts }])
    else send(reader, { runId, seq: after + 1 }, missing)
    if (stored === events.length) this.#leave(reader, runId)
  }

  /** Nothing more will follow of a run; `mark` says so where its events do not. */
  #leave(reader: Reader, runId: string, mark?: RunMark['type']) {
    if (mark) reader.controller.enqueue(encoder.encode(encodeMark({ type: mark, runId })))
    reader.runIds.delete(runId)
    if (reader.runIds.size > 0 || !this.readers.delete(reader)) return
    reader.controller.close()
  }
}

function createRun(runId: string, words: number): Run {
  const deltas = Array.from({ length: words }, (_, index) => ({
    type: 'text-delta' as const,
    content: ` ${runId}-${index}`,
  }))
  const events: StreamEvent[] = [
    { type: 'run-start', ...START, runId },
    ...deltas,
    { type: 'run-end', status: 'completed' },
  ]
  return { events, stored: 1 }
}

/** Writes events of a run; the first one is number `seq`. */
function send(reader: Reader, { runId, seq }: RunPosition, events: readonly StreamEvent[]): void {
  if (events.length === 0) return
  const mark = reader.speaker === runId ? '' : encodeMark({ type: 'run', runId })
  const frames = events.map((event, index) => encodeFrame(seq + index, event.type, encodeData(event)))
  reader.speaker = runId
  reader.controller.enqueue(encoder.encode(mark + frames.join('')))
}
