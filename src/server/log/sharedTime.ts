import type { Clock } from '../clock.ts'

/** An answer that took longer says too little about the time at which it was given, in milliseconds. */
const LONGEST_ANSWER = 500

/** The time of the database, as this node reckons it. Nodes whose clocks differ compare times by it. */
export interface SharedTime {
  /** Milliseconds since 1970. It never goes back. */
  now(): number
  /** `time`: what the database said its time was, asked and answered at these moments of the monotonic clock. */
  learn(time: number, moments: { asked: number; answered: number }): void
}

/** Until the first answer it is the time of this node. */
export function createSharedTime(clock: Clock): SharedTime {
  let origin = clock.now() - clock.monotonic()
  let isKnown = false
  let latest = Number.NEGATIVE_INFINITY
  const now = () => {
    latest = Math.max(latest, Math.round(origin + clock.monotonic()))
    return latest
  }
  return {
    now,
    learn(time, { asked, answered }) {
      if (answered - asked > LONGEST_ANSWER) return
      if (isKnown) now()
      isKnown = true
      origin = time - (asked + answered) / 2
    },
  }
}
