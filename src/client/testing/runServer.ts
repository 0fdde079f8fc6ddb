import type { StreamEvent } from '../../protocol/events.ts'
import { encodeData, encodeFrame } from '../../protocol/sse.ts'
import type { Browser } from '../browser.ts'
import { START } from './startChat.ts'

const encoder = new TextEncoder()

interface Reader {
  controller: ReadableStreamDefaultController<Uint8Array>
}

interface Run {
  events: StreamEvent[]
  stored: number
  readers: Set<Reader>
}

/** Runs that grow when told, served in memory as PROTOCOL.md says. */
export interface RunServer {
  fetch: Browser['fetch']
  /** Streams open now, and the most there ever were. */
  open(): number
  most(): number
  /** Streams that were asked for. */
  requests: string[]
  stored(runId: string): number
  text(runId: string, seq: number): string
  /** Stores the next event of a run, if there is one. */
  grow(runId: string): boolean
  /** Breaks every stream of a run. */
  cut(runId: string): void
  /** From now on a gap is closed by a snapshot, or by the events. */
  answerBySnapshots(use: boolean): void
}

/** A server with `runIds`; each of them writes `words` different words, and has begun. */
export function createRunServer(runIds: readonly string[], words: number): RunServer {
  const runs = new Map(runIds.map(runId => [runId, createRun(runId, words)]))
  const requests: string[] = []
  let open = 0
  let most = 0
  let snapshots = false
  const runOf = (runId: string) => runs.get(runId) as Run

  function answer(runId: string, after: number, signal: AbortSignal): Response {
    const run = runOf(runId)
    if (after === run.events.length) return new Response(null, { status: 204 })
    let reader: Reader
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        reader = { controller }
        run.readers.add(reader)
        open += 1
        most = Math.max(most, open)
        const missing = run.events.slice(after, run.stored)
        const { stored } = run
        const snapshot: StreamEvent = {
          type: 'snapshot',
          ...START,
          runId,
          parts: [{ type: 'text', text: text(runId, stored) }],
        }
        if (snapshots && missing.length > 1 && stored < run.events.length) send(reader, stored, [snapshot])
        else send(reader, after + 1, missing)
        if (stored === run.events.length) end(run, reader)
      },
    })
    signal.addEventListener('abort', () => {
      if (drop(run, reader)) reader.controller.error(signal.reason)
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  function drop(run: Run, reader: Reader): boolean {
    const isOpen = run.readers.delete(reader)
    if (isOpen) open -= 1
    return isOpen
  }

  function end(run: Run, reader: Reader) {
    if (drop(run, reader)) reader.controller.close()
  }

  function text(runId: string, seq: number): string {
    const events = runOf(runId).events.slice(0, seq)
    return events.map(event => (event.type === 'text-delta' ? event.content : '')).join('')
  }

  return {
    requests,
    text,
    open: () => open,
    most: () => most,
    stored: runId => runOf(runId).stored,
    answerBySnapshots: use => {
      snapshots = use
    },
    fetch: async (path, { headers, signal }) => {
      const runId = /^\/api\/chat\/runs\/(.+)\/events$/.exec(path)?.[1]
      if (!runId || !signal) throw new Error(`no such call: ${path}`)
      await Promise.resolve()
      signal.throwIfAborted()
      requests.push(runId)
      return answer(runId, Number(new Headers(headers).get('last-event-id')), signal)
    },
    grow: runId => {
      const run = runOf(runId)
      const event = run.events[run.stored]
      if (!event) return false
      run.stored += 1
      for (const reader of [...run.readers]) {
        send(reader, run.stored, [event])
        if (run.stored === run.events.length) end(run, reader)
      }
      return true
    },
    cut: runId => {
      const run = runOf(runId)
      for (const reader of [...run.readers]) if (drop(run, reader)) reader.controller.error(new Error('cut'))
    },
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
  return { events, stored: 1, readers: new Set() }
}

function send({ controller }: Reader, firstSeq: number, events: readonly StreamEvent[]): void {
  const frames = events.map((event, index) => encodeFrame(firstSeq + index, event.type, encodeData(event)))
  if (frames.length > 0) controller.enqueue(encoder.encode(frames.join('')))
}
