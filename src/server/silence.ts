import type { Clock, Timer } from './clock.ts'

/** How long somebody says nothing. The time of a person does not count. */
export class Silence {
  readonly signal: AbortSignal
  readonly #abort = new AbortController()
  readonly #clock: Clock
  readonly #longest: number
  #timer: Timer | undefined
  #waits = 0
  #isOver = false

  /** `signal` aborts after `longest` milliseconds without `heard`. */
  constructor(clock: Clock, longest: number) {
    this.#clock = clock
    this.#longest = longest
    this.signal = this.#abort.signal
    this.heard()
  }

  heard(): void {
    this.#clear()
    if (this.#waits > 0 || this.#isOver) return
    this.#timer = this.#clock.schedule(() => this.#abort.abort(), this.#longest)
  }

  async except<Value>(wait: () => Promise<Value>): Promise<Value> {
    this.#waits += 1
    this.#clear()
    try {
      return await wait()
    } finally {
      this.#waits -= 1
      this.heard()
    }
  }

  /** For good: what is heard later counts no more. */
  stop(): void {
    this.#isOver = true
    this.#clear()
  }

  #clear(): void {
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer)
    this.#timer = undefined
  }
}
