import { type Clock, systemClock, type Timer } from '../../src/server/clock.ts'

export interface ShiftedClock extends Clock {
  /** Moves the time forward by `ms` milliseconds, and runs at once what has become due. */
  shift(ms: number): void
  /** Sets the time of day forward or back, as a person or the network does. No time passes. */
  setTimeOfDay(ms: number): void
}

/** The real time, which a test can move. It is for waits of minutes on a server with real sockets. */
export function createShiftedClock(): ShiftedClock {
  let passed = 0
  let set = 0
  const timers = new Map<Timer, { at: number; callback: () => void }>()
  const monotonic = () => performance.now() + passed
  return {
    now: () => Date.now() + passed + set,
    monotonic,
    schedule(callback, delay) {
      const run = () => {
        timers.delete(timer)
        callback()
      }
      const timer = systemClock.schedule(run, delay)
      timers.set(timer, { at: monotonic() + delay, callback: run })
      return timer
    },
    cancel(timer) {
      timers.delete(timer)
      systemClock.cancel(timer)
    },
    shift(ms) {
      passed += ms
      for (const [timer, { at, callback }] of [...timers]) {
        if (at > monotonic()) continue
        systemClock.cancel(timer)
        callback()
      }
    },
    setTimeOfDay(ms) {
      set += ms
    },
  }
}
