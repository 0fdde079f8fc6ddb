import type { Timers } from '../browser.ts'

export interface ManualTimers extends Timers {
  /** Lets time pass: runs what is due, in order, each with the work that it starts. */
  advance(milliseconds: number): Promise<void>
}

/** Timers on a clock that stands still until told. */
export function createManualTimers(): ManualTimers {
  const entries = new Set<{ at: number; callback: () => void }>()
  let now = 1_700_000_000_000
  return {
    now: () => now,
    set: (callback, milliseconds) => {
      const entry = { at: now + milliseconds, callback }
      entries.add(entry)
      return () => entries.delete(entry)
    },
    advance: async milliseconds => {
      const until = now + milliseconds
      for (;;) {
        await settled()
        const due = [...entries]
          .filter(({ at }) => at <= until)
          .sort((first, second) => first.at - second.at)[0]
        if (!due) break
        entries.delete(due)
        now = Math.max(now, due.at)
        due.callback()
      }
      now = until
    },
  }
}

/** Resolves when everything that needs neither a timer nor a socket is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
}
