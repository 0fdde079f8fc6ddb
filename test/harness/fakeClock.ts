import type { Clock, Timer } from '../../src/server/clock.ts'

export interface FakeClock extends Clock {
  /** The time at which it began. */
  readonly start: number
  /** Runs every timer that is due within `ms`, in order. Waits for the work of each. */
  advance(ms: number): Promise<void>
  /** Sets the time of day forward or back. Timers stay due as before. */
  setTimeOfDay(ms: number): void
  /** How many timers are set. */
  readonly pending: number
}

/** A clock that moves only when told to. */
export function createFakeClock(start = 1_000_000): FakeClock {
  /** What `setTimeOfDay` added to the time. */
  let set = 0
  let now = start
  let nextId = 1
  const timers = new Map<number, { at: number; callback: () => void }>()
  return {
    start,
    now: () => now + set,
    monotonic: () => now,
    schedule(callback, delay): Timer {
      const id = nextId++
      timers.set(id, { at: now + Math.max(0, delay), callback })
      return id
    },
    cancel: timer => void timers.delete(timer as number),
    async advance(ms) {
      const until = now + ms
      for (;;) {
        await settled()
        const due = [...timers]
          .filter(([, { at }]) => at <= until)
          .sort(([a, x], [b, y]) => x.at - y.at || a - b)[0]
        if (!due) break
        const [id, { at, callback }] = due
        timers.delete(id)
        now = at
        callback()
      }
      now = until
      await settled()
    },
    setTimeOfDay(ms) {
      set += ms
    },
    get pending() {
      return timers.size
    },
  }
}

/** Resolves when no promise can go on without a timer or a socket. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
