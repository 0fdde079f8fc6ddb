import { textOf } from '../../../src/protocol/parts.ts'
import { firstEvents } from '../../../src/server/log/storedLog.ts'
import { createFakeClock, type FakeClock } from '../../harness/fakeClock.ts'
import { runStart } from '../../harness/log.ts'
import { createRandom, type Random } from '../../harness/random.ts'
import { createMemoryStore, type MemoryStore } from '../../harness/runStores.ts'
import { SimulatedProcess } from './process.ts'
import { createSimulatedProvider, type SimulatedProvider } from './provider.ts'
import { OWNER, SimulatedReader, type World } from './reader.ts'

/** Every run must have ended within this simulated time, in milliseconds. */
const BOUND = 180_000
/** Processes die only so soon, so that the last one can end the run in time. */
const LAST_DEATH = 20_000
const REQUEST = { model: 'test-model', instructions: '', history: [], locale: 'en' } as const

/**
 * Plays one run over one or several processes, with a clock, a store, a provider and readers that behave as `seed` says.
 * Processes die, also while they start, and the power is lost with some. The store is slow and refuses. The provider
 * fails and falls silent. Readers come late, lag, leave and come back. Resolves with every broken promise.
 */
export async function simulate(seed: number): Promise<string[]> {
  const simulation = new Simulation(createRandom(seed))
  await simulation.play()
  return simulation.violations
}

class Simulation {
  readonly violations: string[] = []
  readonly #random: Random
  readonly #clock: FakeClock
  readonly #store: MemoryStore
  readonly #provider: SimulatedProvider
  readonly #world: World & { ends: number; deaths: number; wasStopped: boolean }
  readonly #readers: SimulatedReader[]
  #process: SimulatedProcess | undefined

  constructor(random: Random) {
    this.#random = random
    this.#clock = createFakeClock()
    this.#world = { lastSeq: 0, losses: [], ends: 0, deaths: 0, wasStopped: false }
    this.#store = watched(createMemoryStore({ now: this.#clock.now }), this.#world)
    this.#provider = createSimulatedProvider(this.#clock, random.fork())
    this.#readers = Array.from(
      { length: random.integer(4) },
      () =>
        new SimulatedReader({
          clock: this.#clock,
          random: random.fork(),
          follow: () => this.#process?.follow,
          world: this.#world,
        }),
    )
  }

  async play(): Promise<void> {
    const random = this.#random
    const clock = this.#clock
    const start = runStart()
    const accepted = { ownerId: OWNER, start, startedAt: clock.now(), stored: firstEvents(start) }
    this.#world.lastSeq = accepted.stored.lastSeq
    await this.#store.accept(undefined, accepted)
    this.#process = this.#newProcess()
    this.#process.runs.prepare(accepted).start({ request: REQUEST })
    for (const reader of this.#readers) clock.schedule(() => reader.join(), random.integer(3000))
    if (random.chance(0.3)) clock.schedule(() => this.#stop(), random.integer(4000))
    if (random.chance(0.5)) clock.schedule(() => void this.#die(), random.integer(4000))

    while (this.#isUnfinished() && clock.now() - clock.start < BOUND) await clock.advance(500)
    if (this.#isUnfinished())
      return void this.violations.push(`the run has no end after ${BOUND} simulated ms`)
    for (const reader of this.#readers) reader.readToEnd()
    await clock.advance(60_000)
    await this.#judge()
    this.#process?.close()
    if (clock.pending > 0) this.violations.push(`${clock.pending} timers were left`)
  }

  #newProcess(): SimulatedProcess {
    const [clock, store, provider] = [this.#clock, this.#store, this.#provider]
    return new SimulatedProcess({ clock, store, provider, random: this.#random.fork() })
  }

  /** Whether the run has no end, or a next process is to come, or the present one still writes. */
  #isUnfinished(): boolean {
    return this.#world.ends === 0 || !this.#process || this.#process.runs.size > 0
  }

  #stop(): void {
    if (this.#process?.runs.stop('run-1')) this.#world.wasStopped = true
  }

  async #die(): Promise<void> {
    const random = this.#random
    const process = this.#process
    this.#process = undefined
    this.#world.deaths++
    await process?.die()
    if (random.chance(0.4)) {
      this.#store.losePower(random)
      this.#world.losses.push(this.#clock.monotonic())
    }
    for (const reader of this.#readers) reader.cut()
    this.#clock.schedule(() => void this.#start(), random.integer(500))
  }

  /** Starts the next process. It answers nobody before it has taken over. If it cannot, another one starts. */
  async #start(): Promise<void> {
    const random = this.#random
    const next = this.#newProcess()
    const mayDie = this.#clock.now() - this.#clock.start < LAST_DEATH
    if (mayDie && random.chance(0.3))
      this.#clock.schedule(() => void (next === starting && this.#dieStarting(next)), 0)
    let starting: SimulatedProcess | undefined = next
    try {
      await next.takeOver()
    } catch {
      starting = undefined
      await next.die()
      this.#clock.schedule(() => void this.#start(), 1000)
      return
    }
    starting = undefined
    this.#process = next
    if (mayDie && random.chance(0.3)) {
      this.#clock.schedule(() => void (this.#process === next && this.#die()), random.integer(3000))
    }
  }

  async #dieStarting(process: SimulatedProcess): Promise<void> {
    this.#world.deaths++
    await process.die()
    this.#clock.schedule(() => void this.#start(), this.#random.integer(500))
  }

  async #judge(): Promise<void> {
    const { violations } = this
    const { ends, deaths, wasStopped, losses } = this.#world
    const provider = this.#provider
    const left = await this.#store.read({ id: 'run-1', ownerId: OWNER })
    const text = textOf(left?.parts ?? [])
    const status = left?.end?.status
    if (ends !== 1) violations.push(`the run was ended ${ends} times`)
    if (!provider.given.startsWith(text)) violations.push('the message is not what the provider wrote')
    if (status === 'completed' && text !== provider.given) violations.push('completed, with text missing')
    if (status === 'interrupted' && deaths === 0) violations.push('interrupted, and no process died')
    if (status === 'stopped' && !wasStopped) violations.push('stopped, and nobody stopped it')
    if (provider.askedAfterText) violations.push('the provider was asked again after text had come')
    for (const { view } of this.#readers) {
      violations.push(...view.violations)
      if (!view.end) violations.push('a reader saw no end')
      else if (view.end.status !== status) violations.push('a reader saw another end')
      if (view.text !== text)
        violations.push(`a reader that saw the end has other text, after ${losses.length} losses`)
    }
  }
}

/** Keeps in `world` what the store has. */
function watched(store: MemoryStore, world: World & { ends: number }): MemoryStore {
  return {
    ...store,
    async commit(writes, durability) {
      const before = store.progressOf('run-1')
      await store.commit(writes, durability)
      const { lastSeq, isEnded } = store.progressOf('run-1')
      world.lastSeq = lastSeq
      if (isEnded && (!before.isEnded || lastSeq !== before.lastSeq)) world.ends++
    },
  }
}
