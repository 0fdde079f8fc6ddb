import { RiachoError, type RunErrorCode } from '../../../src/protocol/errors.ts'
import type { Provider, ProviderChunk, ResumableReply } from '../../../src/server/generation/provider.ts'
import type { FakeClock } from '../../harness/fakeClock.ts'
import type { Random } from '../../harness/random.ts'

const FAILURES: RunErrorCode[] = [
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_RATE_LIMIT',
  'UPSTREAM_TRUNCATED',
  'UPSTREAM_AUTH',
]

export interface SimulatedProvider extends Provider {
  /** The text that it has given so far. */
  given: string
  /** Whether it was asked anew after it had given text. */
  askedAfterText: boolean
}

/**
 * Writes numbered words. Then it ends, fails, or stays silent for 20 s and fails. Some keep their replies, so that the
 * next process can resume them.
 */
export function createSimulatedProvider(clock: FakeClock, random: Random): SimulatedProvider {
  const keeps = random.chance(0.4)
  let words: string[] = []
  let fails = false

  async function* write(from: number, signal: AbortSignal): AsyncGenerator<ProviderChunk> {
    for (const [index, word] of words.slice(from).entries()) {
      await sleep(clock, random.chance(0.02) ? 20_000 : random.integer(60), signal)
      if (signal.aborted) return
      const text = words.slice(0, from + index + 1).join('')
      if (text.length > provider.given.length) provider.given = text
      yield { type: 'text-delta', content: word }
      // With nothing in between, so that one commit stores both.
      if (keeps) yield { type: 'checkpoint', checkpoint: String(from + index + 1) }
    }
    await sleep(clock, random.integer(100), signal)
    if (fails && !signal.aborted) {
      const details = { beforeFirstByte: true, retryAfter: random.integer(3) }
      throw new RiachoError(random.pick(FAILURES), 'claims that no text has come', details)
    }
  }

  const provider: SimulatedProvider = {
    name: 'simulated',
    given: '',
    askedAfterText: false,
    generate(_request: unknown, signal: AbortSignal) {
      if (provider.given !== '') provider.askedAfterText = true
      fails = random.chance(0.4)
      words = Array.from(
        { length: random.integer(60) },
        (_, index) => ` w${index}${random.chance(0.05) ? 'x'.repeat(3000) : ''}`,
      )
      return write(0, signal)
    },
    ...(keeps && {
      resume: ({ checkpoint }: ResumableReply, signal: AbortSignal) => write(Number(checkpoint), signal),
    }),
  }
  return provider
}

async function sleep(clock: FakeClock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.schedule(resolve, ms)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clock.cancel(timer)
}
