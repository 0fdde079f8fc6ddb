import type { Timers } from '../../browser.ts'

/** Milliseconds between two draws that cost little. More would be wasted, because each draw costs a layout. */
const SHORTEST = 50
/** Milliseconds between two draws that cost a lot. */
const LONGEST = 100
/** The share of the main thread that draws may take. The frame that shows a draw takes about as much again. */
const SHARE = 0.02
/** The cost is averaged over this many draws, because the clock has whole milliseconds and a draw takes few. */
const AVERAGED = 8

/** Decides when a reply being written is drawn. */
export interface DrawRhythm {
  /**
   * Calls `draw` when the next draw is due: at once if the last one was long ago. `gap` is the time in milliseconds to the
   * draw after it.
   */
  nextDraw(draw: (gap: number) => void): void
}

/** Draws as often as SHARE of the main thread allows. A slow phone gets fewer draws, with more text each. */
export function createDrawRhythm({ now, set }: Timers): DrawRhythm {
  let cost = 0
  let lastAt = Number.NEGATIVE_INFINITY
  const gap = () => Math.min(LONGEST, Math.max(SHORTEST, cost / SHARE))
  return {
    nextDraw: draw => {
      const wait = Math.min(gap(), Math.max(0, lastAt + gap() - now()))
      set(() => {
        const begun = now()
        lastAt = begun
        draw(gap())
        // React renders in a microtask that it queues during the draw. This one runs after it.
        queueMicrotask(() => {
          cost += (now() - begun - cost) / AVERAGED
        })
      }, wait)
    },
  }
}
