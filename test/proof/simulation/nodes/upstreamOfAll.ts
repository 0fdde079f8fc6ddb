import type { Provider, ProviderChunk, ResumableReply } from '../../../../src/server/generation/provider.ts'
import type { Random } from '../../../harness/random.ts'
import type { NodeClock } from './nodeClock.ts'

interface Reply {
  words: readonly string[]
  /** Milliseconds between two words, at most. */
  pace: number
  keeps: boolean
  given: number
}

/** The provider that all nodes ask. A request names its run in `instructions`. It keeps some replies, so that they resume. */
export class Upstream {
  readonly #random: Random
  readonly #replies = new Map<string, Reply>()
  /** Runs for which it was asked twice. */
  readonly askedTwice: string[] = []

  constructor(random: Random) {
    this.#random = random
  }

  /** What it has written for a run so far. */
  given(runId: string): string {
    const { words, given } = this.#replies.get(runId) ?? { words: [], given: 0 }
    return words.slice(0, given).join('')
  }

  providerFor(clock: NodeClock, gone: AbortSignal): Provider {
    const write = (runId: string, from: number, signal: AbortSignal) =>
      this.#write({ runId, from }, clock, AbortSignal.any([signal, gone]))
    return {
      name: 'simulated',
      generate: ({ instructions }, signal) => {
        this.#begin(instructions)
        return write(instructions, 0, signal)
      },
      resume: ({ checkpoint }: ResumableReply, signal) => {
        const [runId = '', from] = checkpoint.split(' ')
        return write(runId, Number(from), signal)
      },
    }
  }

  #begin(runId: string): void {
    if (this.#replies.has(runId)) this.askedTwice.push(runId)
    const random = this.#random
    const words = Array.from({ length: 1 + random.integer(80) }, (_, index) => ` ${runId}.${index}`)
    const pace = random.pick([60, 300, 1500])
    this.#replies.set(runId, { words, pace, keeps: random.chance(0.4), given: 0 })
  }

  async *#write(
    { runId, from }: { runId: string; from: number },
    clock: NodeClock,
    signal: AbortSignal,
  ): AsyncGenerator<ProviderChunk> {
    const reply = this.#replies.get(runId)
    if (!reply) throw new Error(`no reply for ${runId}`)
    for (const [index, word] of [...reply.words.entries()].slice(from)) {
      await sleep(clock, this.#random.integer(reply.pace), signal)
      if (signal.aborted) return
      reply.given = Math.max(reply.given, index + 1)
      yield { type: 'text-delta', content: word }
      if (reply.keeps) yield { type: 'checkpoint', checkpoint: `${runId} ${index + 1}` }
    }
  }
}

async function sleep(clock: NodeClock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.schedule(resolve, ms)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clock.cancel(timer)
}
