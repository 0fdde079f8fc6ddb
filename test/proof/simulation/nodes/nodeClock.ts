import type { Clock, Timer } from '../../../../src/server/clock.ts'
import type { FakeClock } from '../../../harness/fakeClock.ts'
import type { Random } from '../../../harness/random.ts'

/**
 * The time of one process, which **runs** until it **dies**, or is **frozen** for a while, as by SIGSTOP. While it is frozen
 * its clock goes on, and neither timers nor what comes from outside reaches it. When it wakes, all of that comes at once.
 */
export class NodeClock implements Clock {
  readonly #clock: FakeClock
  readonly #random: Random
  readonly #timers = new Set<Timer>()
  #state: 'running' | 'frozen' | 'dead' = 'running'
  #late: { callback: () => void; isTimer: boolean }[] = []

  constructor(clock: FakeClock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  get state(): 'running' | 'frozen' | 'dead' {
    return this.#state
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  schedule(callback: () => void, delay: number): Timer {
    if (this.#state === 'dead') return 0
    const timer = this.#clock.schedule(() => this.#come(() => this.#fire(timer, callback), true), delay)
    this.#timers.add(timer)
    return timer
  }

  cancel(timer: Timer): void {
    this.#timers.delete(timer)
    this.#clock.cancel(timer)
  }

  /** Gives the process what comes from outside. */
  receive(callback: () => void): void {
    this.#come(callback, false)
  }

  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen'
  }

  /** Timers come before what was received, or after it: the system gives both at once. */
  wake(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'running'
    const late = this.#late
    this.#late = []
    const timersFirst = this.#random.chance(0.5)
    const isFirst = ({ isTimer }: { isTimer: boolean }) => isTimer === timersFirst
    for (const { callback, isTimer } of [...late.filter(isFirst), ...late.filter(one => !isFirst(one))])
      this.#clock.schedule(() => this.#come(callback, isTimer), 0)
  }

  die(): void {
    this.#state = 'dead'
    for (const timer of this.#timers) this.#clock.cancel(timer)
    this.#timers.clear()
    this.#late = []
  }

  #come(callback: () => void, isTimer: boolean): void {
    if (this.#state === 'running') callback()
    else if (this.#state === 'frozen') this.#late.push({ callback, isTimer })
  }

  #fire(timer: Timer, callback: () => void): void {
    // It may have been cancelled after it was due.
    if (this.#timers.delete(timer)) callback()
  }
}
