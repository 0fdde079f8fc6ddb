import { figuresOf, type Load, runLoad } from '../harness/load.ts'
import type { Scenario } from './scenario.ts'

const STREAMS = [1, 50, 200, 500, 1000]
const QUICK_STREAMS = [200]

/** Many replies of 300 tokens at 50 tokens a second: what each token costs, and how late it is. */
export const sweep: Scenario = {
  name: 'sweep',
  isQuick: true,
  suits: () => true,
  async run({ peer, relay, upstream, warmMemory, isQuick, measure }) {
    for (const streams of isQuick ? QUICK_STREAMS : STREAMS) {
      const figures = await measure(String(streams), async () => {
        const load: Load = {
          peer,
          relay,
          streams,
          tokens: 300,
          pace: 20,
          settleMs: 5000,
          measureMs: isQuick ? 4000 : 6000,
        }
        await upstream.lag()
        const figures = figuresOf(await runLoad(load), load)
        const memoryPerStream = (figures.peakMemory - warmMemory) / streams
        return { ...figures, memoryPerStream, upstreamLag99: (await upstream.lag()).p99 }
      })
      // A relay that has fallen behind would only fall further behind with more streams.
      if ((figures['deliveredShare'] ?? 1) < 0.9) return
    }
  },
}
