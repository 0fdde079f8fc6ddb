import type { Clock, Timer } from '../../clock.ts'
import { boundTogether, MAX_WAITING } from '../boundTogether.ts'
import type { EventStream } from '../eventStream.ts'
import type { Outlet } from '../outlet.ts'

/** How often the streams are looked at, in milliseconds. */
const INTERVAL = 5000

/**
 * The streams whose clients have not left, with a bound for what waits for all of them. No other answer of this adapter
 * waits, because the host pulls it. No timer runs while there is no stream.
 */
export class OpenStreams {
  readonly #clock: Clock
  readonly #mostWaiting: number
  readonly #streams = new Map<Outlet, EventStream>()
  #timer: Timer | undefined

  constructor(clock: Clock, mostWaiting: number = MAX_WAITING) {
    this.#clock = clock
    this.#mostWaiting = mostWaiting
  }

  add(outlet: Outlet, stream: EventStream): void {
    this.#streams.set(outlet, stream)
    this.#timer ??= this.#clock.schedule(() => this.#look(), INTERVAL)
    outlet.onClose(() => this.#remove(outlet))
  }

  /** Cuts the clients furthest behind while more waits for all together than may. */
  bound(): void {
    const clients = [...this.#streams].map(([outlet, { waitingLength }]) => ({
      waiting: outlet.pending + waitingLength,
      cut: () => outlet.cut(),
    }))
    boundTogether(clients, this.#mostWaiting)
  }

  #remove(outlet: Outlet): void {
    this.#streams.delete(outlet)
    if (this.#streams.size > 0 || this.#timer === undefined) return
    this.#clock.cancel(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    this.#timer = this.#clock.schedule(() => this.#look(), INTERVAL)
    this.bound()
  }
}
