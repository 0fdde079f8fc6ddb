import type { Clock, Timer } from '../../clock.ts'

/** How long a server says nothing. It does not count while it waits for a person. */
export class Silence {
  readonly signal: AbortSignal
  readonly #abort = new AbortController()
  readonly #clock: Clock
  readonly #longest: number
  #timer: Timer | undefined
  #waits = 0

  /** `signal` aborts after `longest` milliseconds without `heard`. */
  constructor(clock: Clock, longest: number) {
    this.#clock = clock
    this.#longest = longest
    this.signal = this.#abort.signal
    this.heard()
  }

  heard(): void {
    this.stop()
    if (this.#waits > 0) return
    this.#timer = this.#clock.schedule(() => this.#abort.abort(), this.#longest)
  }

  async except<Value>(wait: () => Promise<Value>): Promise<Value> {
    this.#waits += 1
    this.stop()
    try {
      return await wait()
    } finally {
      this.#waits -= 1
      this.heard()
    }
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer)
    this.#timer = undefined
  }
}
