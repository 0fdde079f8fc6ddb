import type { StreamEvent } from '../../../protocol/events.ts'
import type { When } from '../store.ts'
import { createPaceQueue } from './paceQueue.ts'

/*
 * A pacer stands between the events of a run and the screen. It lets text flow in at an even pace that follows the speed of
 * the provider.
 *
 * Every piece of text has a deadline: LAG after it arrived. The speed is the highest of (text due by a deadline ÷ time left
 * until it), over all deadlines. So a burst is spread over LAG, and a steady stream is shown steadily, at most LAG late.
 * Other events keep their place among the text, and are not delayed themselves.
 *
 * A pacer is
 *   open     idle while nothing waits; flowing while text waits and a draw is asked for
 *   frozen   from `freeze`, when a person stops the reply. What comes waits until the run's end has come, which shows all
 *            of it, or until `thaw`.
 *   closed   for good
 * Where text is not paced it never flows: each push shows everything.
 */

/** Milliseconds that text may be late. A draw may add what is left of the 200 that a reader could notice. */
const LAG = 150

export interface PacerOptions {
  /** Milliseconds, of any clock. */
  now(): number
  /** Calls back when the next draw is due, with the milliseconds to the draw after it. */
  nextDraw(callback: (gap: number) => void): void
  /** If not, events are shown as they come. */
  isPaced(): boolean
  /**
   * Gets every event once and in order, text in pieces. While text flows it is called at most once a draw, with `now`; all
   * other events come with `soon`.
   */
  show(events: StreamEvent[], when: When): void
}

export interface Pacer {
  push(events: readonly StreamEvent[]): void
  /** Runs `work` once everything that was pushed before it is shown. */
  after(work: () => void): void
  /** Shows nothing more until the run's end has come, and then all of it. */
  freeze(): void
  /** Undoes `freeze`. */
  thaw(): void
  /** Shows everything now, unless it is frozen. */
  catchUp(): void
  /** Shows everything now. */
  flush(): void
  /** Shows nothing any more. */
  close(): void
}

export function createPacer(options: PacerOptions): Pacer {
  return new EvenPacer(options)
}

class EvenPacer implements Pacer {
  readonly #options: PacerOptions
  readonly #queue = createPaceQueue()
  #state: 'open' | 'frozen' | 'closed' = 'open'
  #isDrawAsked = false
  /** Fractions of characters that are left from one draw to the next. */
  #credit = 0
  /** `null` while nothing waits. */
  #lastDraw: number | null = null

  constructor(options: PacerOptions) {
    this.#options = options
  }

  push(events: readonly StreamEvent[]): void {
    if (this.#state === 'closed') return
    if (this.#queue.isEmpty()) {
      this.#credit = 0
      this.#lastDraw = null
    }
    for (const event of events) this.#queue.add(event, this.#options.now())
    const hasEnded = events.some(({ type }) => type === 'run-end')
    if (this.#state === 'frozen' ? hasEnded : !this.#options.isPaced()) this.flush()
    else this.#advance()
  }

  after(work: () => void): void {
    this.#queue.addWork(work)
    this.#advance()
  }

  freeze(): void {
    if (this.#state === 'open') this.#state = 'frozen'
  }

  thaw(): void {
    if (this.#state === 'frozen') this.#state = 'open'
    this.#advance()
  }

  catchUp(): void {
    if (this.#state === 'open') this.flush()
  }

  flush(): void {
    if (this.#state === 'frozen') this.#state = 'open'
    this.#release(Number.POSITIVE_INFINITY)
  }

  close(): void {
    this.#state = 'closed'
    this.#queue.clear()
  }

  #draw(gap: number) {
    this.#isDrawAsked = false
    if (this.#state !== 'open' || this.#queue.isEmpty()) return
    if (!this.#options.isPaced()) return this.flush()
    const at = this.#options.now()
    const { due, rate } = this.#queue.demand({ now: at, gap, lag: LAG })
    const isFirst = this.#lastDraw === null
    // The first draw has no time behind it: it shows what the time to the next one asks for, at least one character.
    this.#credit += rate * (this.#lastDraw === null ? gap : Math.max(0, at - this.#lastDraw))
    this.#lastDraw = at
    const units = Math.max(due, this.#credit, isFirst ? 1 : 0)
    this.#credit = Math.max(0, this.#credit - this.#release(units, { due, when: 'now' }))
    this.#advance()
  }

  /** Shows what is not to be delayed, and asks for the next draw if text is left. */
  #advance(): void {
    if (this.#state !== 'open') return
    if (!this.#queue.isText()) this.#release(0)
    if (this.#queue.isEmpty() || this.#isDrawAsked) return
    this.#isDrawAsked = true
    this.#options.nextDraw(gap => this.#draw(gap))
  }

  /** Shows up to `units` of text, and gives how many it showed. */
  #release(units: number, { due = 0, when = 'soon' }: { due?: number; when?: When } = {}): number {
    const { events, works, size } = this.#queue.take(units, due)
    if (events.length > 0) this.#options.show(events, when)
    for (const work of works) work()
    return size
  }
}
