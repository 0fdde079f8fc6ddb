import { RiachoError } from '../../protocol/errors.ts'
import type { RunEnd } from '../../protocol/events.ts'
import { encodeMark, type RunMark } from '../../protocol/manyRuns.ts'
import { HEARTBEAT } from '../../protocol/sse.ts'
import type { Reader, Subscription } from '../log/followLog.ts'
import type { ResponseStream } from './answer.ts'

interface RunPosition {
  runId: string
  after: number
}

type Response = Omit<ResponseStream, 'end' | 'alreadyEnded'>

/**
 * Follows many runs over one response, which ends when all of them have ended. A run that does not exist gets a mark on
 * the stream, and the other runs continue. `subscribe` follows one run. Resolves once all runs are followed.
 */
export async function followMany(
  stream: Response,
  runs: readonly RunPosition[],
  subscribe: (run: RunPosition, reader: Reader) => Promise<Subscription | undefined>,
): Promise<void> {
  const shared: Shared = { stream, lastWriter: undefined, unfinished: runs.length }
  // Firefox reports an answer when its first byte comes, and the runs may have none for a while.
  stream.write(HEARTBEAT)
  // One by one, because a replay of an ended run waits in the response. The next replay is read once there is room.
  for (const run of runs) {
    while (stream.isFull && !stream.isClosed) await new Promise<void>(resolve => stream.drained(resolve))
    if (stream.isClosed) return
    const reader = new RunReader(shared, run.runId)
    try {
      stream.hold(await subscribe(run, reader))
    } catch (error) {
      if (!(error instanceof RiachoError && error.code === 'NOT_FOUND')) throw error
      reader.notFound()
    }
  }
}

/** The state that the readers of one response share. */
interface Shared {
  readonly stream: Response
  /** The reader whose frames were written last. */
  lastWriter: RunReader | undefined
  /** How many runs may still write something. */
  unfinished: number
}

/** Writes the frames of one run to the response, unchanged. A mark before them says whose they are. */
class RunReader implements Reader {
  readonly #shared: Shared
  readonly #runId: string

  constructor(shared: Shared, runId: string) {
    this.#shared = shared
    this.#runId = runId
  }

  get isFull(): boolean {
    return this.#shared.stream.isFull
  }

  write(frames: string): void {
    this.#nameRun()
    this.#shared.stream.write(frames)
  }

  drained(callback: () => void): void {
    this.#shared.stream.drained(callback)
  }

  end(seq: number, end: RunEnd): void {
    this.#nameRun()
    this.#shared.stream.writeEnd(seq, end)
    this.#finish()
  }

  alreadyEnded(): void {
    this.#mark('run-done')
    this.#finish()
  }

  /** The client asks for all of them again. */
  cut(): void {
    this.#shared.stream.cut()
  }

  notFound(): void {
    this.#mark('run-gone')
    this.#finish()
  }

  #nameRun(): void {
    if (this.#shared.lastWriter === this) return
    this.#shared.lastWriter = this
    this.#mark('run')
  }

  #mark(type: RunMark['type']): void {
    this.#shared.stream.write(encodeMark({ type, runId: this.#runId }))
  }

  #finish(): void {
    this.#shared.unfinished -= 1
    if (this.#shared.unfinished === 0) this.#shared.stream.finish()
  }
}
