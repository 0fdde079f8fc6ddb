import { createParser } from 'eventsource-parser'
import type { StreamEvent } from '../../../src/protocol/events.ts'
import { decodeFrame } from '../../../src/protocol/sse.ts'
import type { Reader, Subscription } from '../../../src/server/log/followLog.ts'
import type { createFollow } from '../../../src/server/runs/follow.ts'
import type { FakeClock } from '../../harness/fakeClock.ts'
import type { Random } from '../../harness/random.ts'
import { View } from '../view.ts'

/** The owner of every simulated run. */
export const OWNER = 'owner-1'

type Follow = ReturnType<typeof createFollow>

interface ReaderOptions {
  clock: FakeClock
  random: Random
  /** How the process that lives now lets it follow. `undefined` while there is none. */
  follow: () => Follow | undefined
  world: World
}

/** What a reader looks at, beside its own connection. */
export interface World {
  /** `seq` of the last event that the store has. */
  lastSeq: number
  /** How often the power was lost. */
  losses: number[]
}

/** How long a reader waits for the next process, in milliseconds. */
const PATIENCE = 200

/** A stubborn reader. It joins after what it has seen, lags, leaves, and joins again. */
export class SimulatedReader {
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
    const follow = this.#options.follow()
    if (!follow) return this.#later()
    this.view.livedThrough(this.#options.world.losses, Number.POSITIVE_INFINITY)
    try {
      const place = { runId: 'run-1', after: this.view.lastSeq }
      const subscription = await follow({ ownerId: OWNER }, place, this.#reader(connection))
      if (connection === this.#connection) this.#subscription = subscription
      else subscription?.unsubscribe()
    } catch (error) {
      if (follow === this.#options.follow())
        this.view.violations.push(`the run could not be followed: ${error}`)
    }
  }

  /** The process died. The reader comes back to the next one. */
  cut(): void {
    if (this.#connection === 0 || this.view.end) return
    this.#leave()
    this.#later()
  }

  #later(): void {
    const { clock, random } = this.#options
    clock.schedule(() => this.join(), random.integer(PATIENCE))
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
      cut: () => {
        if (isCurrent()) this.view.violations.push('a reader was sent away')
      },
      alreadyEnded: () => {
        if (isCurrent() && !this.view.end)
          this.view.violations.push('the run has ended, and the end was not seen')
      },
    }
  }

  #apply(seq: number, event: StreamEvent): void {
    const { lastSeq } = this.#options.world
    // A process that took over counts on from higher numbers, and its snapshots have them.
    const isCounted = event.type !== 'run-wait' && event.type !== 'snapshot'
    if (isCounted && seq > lastSeq) this.view.violations.push(`event ${seq} was shown, stored are ${lastSeq}`)
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
