import { type Clock, systemClock, type Timer } from '../../src/server/clock.ts'

export interface ShiftedClock extends Clock {
  /** Moves the time forward by `ms` milliseconds, and runs at once what has become due. */
  shift(ms: number): void
}

/** The real time, which a test can move forward. It is for waits of minutes on a server with real sockets. */
export function createShiftedClock(): ShiftedClock {
  let offset = 0
  const timers = new Map<Timer, { at: number; callback: () => void }>()
  const now = () => Date.now() + offset
  return {
    now,
    schedule(callback, delay) {
      const run = () => {
        timers.delete(timer)
        callback()
      }
      const timer = systemClock.schedule(run, delay)
      timers.set(timer, { at: now() + delay, callback: run })
      return timer
    },
    cancel(timer) {
      timers.delete(timer)
      systemClock.cancel(timer)
    },
    shift(ms) {
      offset += ms
      for (const [timer, { at, callback }] of [...timers]) {
        if (at > now()) continue
        systemClock.cancel(timer)
        callback()
      }
    },
  }
}
