import { createParser } from 'eventsource-parser'
import { RiachoError, type RunErrorCode } from '../../src/protocol/errors.ts'
import type { StreamEvent } from '../../src/protocol/events.ts'
import { textOf } from '../../src/protocol/parts.ts'
import { decodeFrame } from '../../src/protocol/sse.ts'
import { createActiveRuns } from '../../src/server/generation/activeRuns.ts'
import type { Provider, ProviderChunk } from '../../src/server/generation/provider.ts'
import { CommitWindow } from '../../src/server/log/commitWindow.ts'
import { firstEvents } from '../../src/server/log/eventLog.ts'
import type { Reader, Subscription } from '../../src/server/log/followLog.ts'
import { createFollow, type FollowOptions } from '../../src/server/runs/follow.ts'
import { NO_REMOTE } from '../../src/server/runs/remote.ts'
import { createFakeClock, type FakeClock } from '../harness/fakeClock.ts'
import { runStart, silentLogger } from '../harness/log.ts'
import { createRandom, type Random } from '../harness/random.ts'
import { createUnreliableStore, type MemoryStore } from '../harness/runStores.ts'
import { View } from './view.ts'

/** Every run must have ended within this simulated time, in milliseconds. */
const BOUND = 180_000
const OWNER = 'owner-1'
const REQUEST = { model: 'test-model', instructions: '', history: [], locale: 'en' } as const
const LIMITS = { maxAttempts: 3, maxReplyLength: 2_000_000 }

/**
 * Plays one run with a clock, a store, a provider and readers that behave as `seed` says. The store is slow and
 * refuses. The provider fails and falls silent. Readers come late, lag, leave and come back. Resolves with every broken
 * promise.
 */
export async function simulate(seed: number): Promise<string[]> {
  const random = createRandom(seed)
  const clock = createFakeClock()
  const violations: string[] = []
  const start = runStart()
  const accepted = { ownerId: OWNER, start, startedAt: clock.now(), stored: firstEvents(start) }
  const acknowledged: Acknowledged = { lastSeq: accepted.stored.lastSeq, ends: 0 }
  const store = watched(createUnreliableStore(clock, random.fork()), acknowledged)
  const provider = createRandomProvider(clock, random.fork())
  const window = new CommitWindow({
    store,
    clock,
    logger: silentLogger,
    windowMs: random.pick([1, 25, 100]),
    onRefused(forMs) {
      if (forMs >= 10_000) for (const run of runs.active()) void run.fail('STORAGE_UNAVAILABLE')
    },
  })
  const runs = createActiveRuns({
    provider,
    window,
    clock,
    logger: silentLogger,
    random: random.fork().next,
    ...LIMITS,
  })
  await store.accept(undefined, accepted)
  const run = runs.prepare(accepted).start(REQUEST)

  const readers = Array.from({ length: random.integer(4) }, () => {
    const forgetful = forgetfulStore(store, random.fork())
    const follow = createFollow({ store: forgetful, runs, remote: NO_REMOTE })
    return new RandomReader({ clock, random: random.fork(), follow, acknowledged })
  })
  for (const reader of readers) clock.schedule(() => reader.join(), random.integer(3000))
  if (random.chance(0.3)) clock.schedule(() => void run.stop(), random.integer(4000))

  while (run.state !== 'ended' && clock.now() - clock.start < BOUND) await clock.advance(500)
  if (run.state !== 'ended') return [`the run is ${run.state} after ${BOUND} simulated ms`]
  for (const reader of readers) reader.readToEnd()
  await clock.advance(60_000)

  const end = await run.ended
  const left = await store.read({ id: start.runId, ownerId: OWNER })
  const text = textOf(left?.parts ?? [])
  if (acknowledged.ends !== 1) violations.push(`the run was ended ${acknowledged.ends} times`)
  if (left?.end?.status !== end.status) violations.push('another end was stored')
  if (!provider.given.startsWith(text)) violations.push('the message is not what the provider wrote')
  if (end.status === 'completed' && text !== provider.given) violations.push('completed, with text missing')
  if (provider.askedAfterText) violations.push('the provider was asked again after text had come')
  for (const { view } of readers) {
    violations.push(...view.violations)
    if (!view.end) violations.push('a reader saw no end')
    else if (view.end.status !== end.status) violations.push('a reader saw another end')
    if (view.text !== text) violations.push('a reader that saw the end misses text')
  }
  window.close()
  if (clock.pending > 0) violations.push(`${clock.pending} timers were left`)
  return violations
}

/** A store that has often lost the frames that a reader asks for, as it does after the retention of logs. */
function forgetfulStore(store: MemoryStore, random: Random): FollowOptions['store'] {
  return {
    read: store.read,
    framesAfter: async (runId, seq) => (random.chance(0.3) ? undefined : store.framesAfter(runId, seq)),
  }
}

/** What the store has acknowledged of the run. */
interface Acknowledged {
  lastSeq: number
  ends: number
}

function watched(store: MemoryStore, acknowledged: Acknowledged): MemoryStore {
  return {
    ...store,
    async commit(writes, durability) {
      await store.commit(writes, durability)
      for (const { segment, end } of writes) {
        acknowledged.lastSeq = end?.seq ?? segment?.toSeq ?? acknowledged.lastSeq
        if (end) acknowledged.ends++
      }
    },
  }
}

const FAILURES: RunErrorCode[] = [
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_RATE_LIMIT',
  'UPSTREAM_TRUNCATED',
  'UPSTREAM_AUTH',
]

interface RandomProvider extends Provider {
  /** The text of all replies. */
  given: string
  askedAfterText: boolean
}

/** Writes numbered words. Then it ends, fails, or stays silent for 20 s and fails. */
function createRandomProvider(clock: FakeClock, random: Random) {
  const provider: RandomProvider = {
    name: 'random',
    given: '',
    askedAfterText: false,
    async *generate(_request: unknown, signal: AbortSignal): AsyncGenerator<ProviderChunk> {
      if (provider.given !== '') provider.askedAfterText = true
      const words = random.integer(60)
      const fails = random.chance(0.4)
      for (let word = 0; word < words; word++) {
        await sleep(clock, random.chance(0.02) ? 20_000 : random.integer(60), signal)
        if (signal.aborted) return
        const text = ` w${word}${random.chance(0.05) ? 'x'.repeat(3000) : ''}`
        provider.given += text
        yield { type: 'text-delta', content: text }
      }
      await sleep(clock, random.integer(100), signal)
      if (fails) {
        const details = { beforeFirstByte: true, retryAfter: random.integer(3) }
        throw new RiachoError(random.pick(FAILURES), 'claims that no text has come', details)
      }
    },
  }
  return provider
}

interface ReaderOptions {
  clock: FakeClock
  random: Random
  follow: ReturnType<typeof createFollow>
  acknowledged: Acknowledged
}

/** A stubborn reader. It joins after what it has seen, lags, leaves, and joins again. */
class RandomReader {
  readonly view = new View('run-1')
  readonly #options: ReaderOptions
  #subscription: Subscription | undefined
  #drain: (() => void) | undefined
  #full = false
  #connection = 0
  #stays = false

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  join(): void {
    const { clock, random } = this.#options
    if (this.view.end) return
    void this.#connect(++this.#connection)
    if (this.#stays) return
    if (random.chance(0.4)) {
      clock.schedule(() => {
        this.#leave()
        clock.schedule(() => this.join(), random.integer(500))
      }, random.integer(2000))
    }
  }

  async #connect(connection: number): Promise<void> {
    try {
      const place = { runId: 'run-1', after: this.view.lastSeq }
      const subscription = await this.#options.follow({ ownerId: OWNER }, place, this.#reader(connection))
      if (connection === this.#connection) this.#subscription = subscription
      else subscription?.unsubscribe()
    } catch (error) {
      this.view.violations.push(`the run could not be followed: ${error}`)
    }
  }

  /** Makes it read to the end from now on. */
  readToEnd(): void {
    this.#stays = true
    this.#leave()
    this.join()
  }

  #leave(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
    this.#connection++
    this.#full = false
  }

  /** Ignores what arrives over a connection that the reader has left. */
  #reader(connection: number): Reader {
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        const decoded = decodeFrame(event, data)
        if (decoded) this.#apply(Number(id), decoded)
      },
    })
    const isCurrent = () => connection === this.#connection
    const isFull = () => this.#full
    return {
      get isFull() {
        return isFull()
      },
      write: frames => {
        if (isCurrent()) parser.feed(frames)
        this.#mayFill()
      },
      drained: callback => {
        this.#drain = callback
      },
      end: (seq, end) => {
        if (isCurrent()) this.#apply(seq, { type: 'run-end', ...end })
      },
      alreadyEnded() {},
    }
  }

  #apply(seq: number, event: StreamEvent): void {
    const { lastSeq } = this.#options.acknowledged
    if (event.type !== 'run-wait' && seq > lastSeq)
      this.view.violations.push(`event ${seq} was shown, stored are ${lastSeq}`)
    this.view.apply(seq, event)
  }

  #mayFill(): void {
    const { random, clock } = this.#options
    if (this.#full || this.#stays || !random.chance(0.1)) return
    this.#full = true
    clock.schedule(() => {
      this.#full = false
      this.#drain?.()
    }, random.integer(1500))
  }
}

async function sleep(clock: FakeClock, ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.schedule(resolve, ms)
  signal?.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clock.cancel(timer)
}
