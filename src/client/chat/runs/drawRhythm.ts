import type { Timers } from '../../browser.ts'

/** Milliseconds between two draws, where they cost little: as often as text comes. Each costs its layout, however little it adds. */
const SHORTEST = 50
/** Where they cost a lot. */
const LONGEST = 100
/** Of the time of the main thread, what draws may take. The frame that shows a draw takes about as much again. */
const SHARE = 0.02
/** Draws over which their cost is averaged: a clock of whole milliseconds is exact on average only. */
const AVERAGED = 8

/** When a reply being written is drawn. */
export interface DrawRhythm {
  /**
   * Calls back when the next draw is due, with the milliseconds from then to the one after it. That is at once when the
   * last was long ago; between two draws the page has its time for all else.
   */
  nextDraw(draw: (gap: number) => void): void
}

/** As many draws a second as a share of the main thread pays for: a slow phone gets fewer, and larger ones. */
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
        // React changes the page in a microtask that it asked for during the draw; this one comes after that.
        queueMicrotask(() => {
          cost += (now() - begun - cost) / AVERAGED
        })
      }, wait)
    },
  }
}
