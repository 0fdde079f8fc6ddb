import { RiachoError } from '../../../src/protocol/errors.ts'
import type { Clock, Timer } from '../../../src/server/clock.ts'
import { type ActiveRuns, createActiveRuns } from '../../../src/server/generation/activeRuns.ts'
import type { Provider } from '../../../src/server/generation/provider.ts'
import { takeOverRuns } from '../../../src/server/generation/takeover.ts'
import { CommitWindow } from '../../../src/server/log/commitWindow.ts'
import { createFollow } from '../../../src/server/runs/follow.ts'
import { NO_REMOTE } from '../../../src/server/runs/remote.ts'
import type { FakeClock } from '../../harness/fakeClock.ts'
import { silentLogger } from '../../harness/log.ts'
import type { Random } from '../../harness/random.ts'
import type { MemoryStore } from '../../harness/runStores.ts'

export interface ProcessOptions {
  clock: FakeClock
  random: Random
  /** What outlives the process. */
  store: MemoryStore
  provider: Provider
}

/**
 * The parts of the server that write and follow runs, as one process has them. It **lives** until `die`. Then none of
 * its timers fires, nothing of it reaches the store, and its connections to the provider are closed.
 */
export class SimulatedProcess {
  readonly runs: ActiveRuns
  readonly follow: ReturnType<typeof createFollow>
  readonly #options: ProcessOptions
  readonly #clock: MortalClock
  readonly #store: MortalStore
  readonly #window: CommitWindow
  readonly #gone = new AbortController()

  constructor(options: ProcessOptions) {
    const { random, store, provider } = options
    this.#options = options
    this.#clock = new MortalClock(options.clock)
    this.#store = new MortalStore(store, this.#clock, random)
    const window = new CommitWindow({
      store: this.#store,
      clock: this.#clock,
      logger: silentLogger,
      windowMs: random.pick([1, 25, 100]),
      onRefused: forMs => {
        if (forMs >= 10_000) for (const run of this.runs.active()) void run.fail('STORAGE_UNAVAILABLE')
      },
    })
    this.#window = window
    this.runs = createActiveRuns({
      provider: this.#connected(provider),
      window,
      clock: this.#clock,
      logger: silentLogger,
      random: random.fork().next,
      maxAttempts: 3,
      maxReplyLength: 1_000_000,
    })
    this.follow = createFollow({ store: forgetful(store, random.fork()), runs: this.runs, remote: NO_REMOTE })
  }

  /** Takes over what a dead process left. Throws what the store throws. The process then has to be started again. */
  async takeOver(): Promise<void> {
    const { store, provider } = this.#options
    const { resume } = await takeOverRuns({
      ownership: store.ownership,
      store: this.#store,
      runs: this.runs,
      logger: silentLogger,
      canResume: provider.resume !== undefined,
    })
    await resume()
  }

  /** Resolves once the store has what it will have of a commit that was under way. */
  die(): Promise<void> {
    this.#clock.die()
    this.#gone.abort()
    return this.#store.die()
  }

  close(): void {
    this.#window.close()
  }

  /** The provider, over connections that close when the process dies. */
  #connected(provider: Provider): Provider {
    const untilGone = (signal: AbortSignal) => AbortSignal.any([signal, this.#gone.signal])
    const { resume } = provider
    return {
      name: provider.name,
      generate: (request, signal) => provider.generate(request, untilGone(signal)),
      ...(resume && { resume: (reply, signal) => resume(reply, untilGone(signal)) }),
    }
  }
}

/** A clock that calls nobody back once its process is dead. */
class MortalClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  isDead = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  schedule(callback: () => void, delay: number): Timer {
    if (this.isDead) return 0
    const timer = this.#clock.schedule(() => {
      this.#timers.delete(timer)
      callback()
    }, delay)
    this.#timers.add(timer)
    return timer
  }

  cancel(timer: Timer): void {
    this.#timers.delete(timer)
    this.#clock.cancel(timer)
  }

  die(): void {
    this.isDead = true
    for (const timer of this.#timers) this.#clock.cancel(timer)
  }
}

/**
 * A store that is slow and refuses for up to 15 s at a time. If its process dies during a commit, the commit is stored
 * whole or not at all, and nobody learns which.
 */
class MortalStore implements Pick<MemoryStore, 'commit' | 'sync'> {
  readonly #store: MemoryStore
  readonly #clock: MortalClock
  readonly #random: Random
  #refusesUntil = 0
  #underWay: Parameters<MemoryStore['commit']> | undefined

  constructor(store: MemoryStore, clock: MortalClock, random: Random) {
    this.#store = store
    this.#clock = clock
    this.#random = random
  }

  async commit(...commit: Parameters<MemoryStore['commit']>): Promise<void> {
    const random = this.#random
    this.#underWay = commit
    if (random.chance(0.2)) await new Promise<void>(done => this.#clock.schedule(done, random.integer(80)))
    if (this.#clock.isDead) return new Promise(() => {})
    this.#underWay = undefined
    if (random.chance(0.02)) this.#refusesUntil = this.#clock.now() + random.integer(15_000)
    if (this.#clock.now() < this.#refusesUntil) throw new RiachoError('STORAGE_UNAVAILABLE')
    await this.#store.commit(...commit)
  }

  sync(): Promise<void> {
    return this.#clock.isDead ? new Promise(() => {}) : this.#store.sync()
  }

  async die(): Promise<void> {
    if (this.#underWay && this.#random.chance(0.5)) await this.#store.commit(...this.#underWay)
  }
}

/** A store that has often lost the frames that a reader asks for, as it does after the retention of logs. */
function forgetful(store: MemoryStore, random: Random): Pick<MemoryStore, 'read' | 'framesAfter'> {
  return {
    read: store.read,
    framesAfter: async (runId, seq) => (random.chance(0.3) ? undefined : store.framesAfter(runId, seq)),
  }
}
