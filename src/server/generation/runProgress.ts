import type { Clock } from '../clock.ts'
import type { RunTimes } from './stopwatch.ts'

export type RunState = 'asking' | 'waiting' | 'streaming' | 'calling' | 'ending' | 'ended' | 'detached'

const NEXT: Record<RunState, readonly RunState[]> = {
  asking: ['asking', 'waiting', 'streaming', 'calling', 'ending', 'detached'],
  waiting: ['asking', 'ending', 'detached'],
  streaming: ['calling', 'ending', 'detached'],
  calling: ['asking', 'ending', 'detached'],
  ending: ['ended'],
  ended: [],
  detached: [],
}

/**
 * Where a run is.
 *
 * - **asking**: a request to the provider is under way, and nothing of its answer has come. If the conversation is too long
 *   for the model, the run asks again without its oldest messages.
 * - **waiting**: the provider failed before its first byte. The run asks again when the timer fires.
 * - **streaming**: chunks come, and the run appends them to the log. The run never sends this request again.
 * - **calling**: the model has asked for tools, and they work. With what they answer the run asks again. If a person has to
 *   decide about a call, the run ends as `paused`, and the decision begins another run.
 * - **ending**: the run has decided, once, how it ends. It has closed the upstream connection and told the log. It
 *   ignores chunks and errors that still come.
 * - **ended**: the end and the message are stored.
 * - **detached**: the run stays active for another process, which resumes from the checkpoint or ends it. This process
 *   stores nothing more.
 */
export class RunProgress {
  readonly #clock: Clock
  readonly #reachedAt: Partial<Record<RunState, number>>
  #state: RunState = 'asking'

  constructor(clock: Clock) {
    this.#clock = clock
    this.#reachedAt = { asking: clock.monotonic() }
  }

  get state(): RunState {
    return this.#state
  }

  /** The run ignores everything that still comes. */
  get isOver(): boolean {
    return this.#state === 'ending' || this.#state === 'ended' || this.#state === 'detached'
  }

  /** Throws if the run cannot go there. */
  goTo(next: RunState): void {
    if (!NEXT[this.#state].includes(next)) throw new Error(`run cannot go from ${this.#state} to ${next}`)
    this.#state = next
    this.#reachedAt[next] ??= this.#clock.monotonic()
  }

  /** When a run that has ended got somewhere. `begunAt`: as `clock.monotonic` says. */
  times(begunAt: number): RunTimes {
    const { asking = 0, streaming, ending = 0, ended = 0 } = this.#reachedAt
    return {
      begunAt,
      askedAt: asking,
      ...(streaming !== undefined && { firstAt: streaming }),
      endedAt: ending,
      storedAt: ended,
    }
  }
}
