import { histogramOf } from '../harness/histogram.ts'
import { figuresOf, type Load, runLoad } from '../harness/load.ts'
import type { Figures, Scenario } from './scenario.ts'

const STREAMS = [50, 100, 200, 300, 400, 500, 700, 1000, 1400, 2000]
/** A load is held if so much of its text came in time. */
const HELD_SHARE = 0.99

/** More and more replies of 50 tokens a second, until the first load that the core of the relay does not hold. */
export const ladder: Scenario = {
  name: 'ladder',
  isQuick: false,
  suits: () => true,
  async run({ peer, relay, isQuick, measure }) {
    for (const streams of STREAMS) {
      const figures = await measure(String(streams), async histograms => {
        const measureMs = isQuick ? 3000 : 8000
        const load: Load = { peer, relay, streams, tokens: 300, pace: 20, settleMs: 2000, measureMs }
        const result = await runLoad(load)
        const { firstTokens, delays, gaps } = result.window
        histograms['firstToken'] = histogramOf(firstTokens)
        histograms['delay'] = histogramOf(delays)
        histograms['gap'] = histogramOf(gaps)
        return figuresOf(result, load)
      })
      if (!isHeld(figures)) return
    }
  },
}

/** Whether a load came in time and whole. */
export function isHeld({
  deliveredShare = 0,
  lost,
  doubled,
  garbled,
  refused,
  unfinished,
}: Figures): boolean {
  const faults = [lost, doubled, garbled, refused, unfinished]
  return deliveredShare >= HELD_SHARE && faults.every(count => count === 0)
}
