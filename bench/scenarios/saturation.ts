import { figuresOf, type Load, runLoad } from '../harness/load.ts'
import type { Scenario } from './scenario.ts'

/** 50 replies without a pace: the most that goes through one core. */
export const saturation: Scenario = {
  name: 'saturation',
  isQuick: false,
  suits: () => true,
  async run({ peer, relay, measure }) {
    await measure('50', async () => {
      const load: Load = { peer, relay, streams: 50, tokens: 4000, pace: 0, settleMs: 1000, measureMs: 5000 }
      const { tokensPerSecond, cpuPerToken, coreShare, lost, doubled, garbled, unfinished } = figuresOf(
        await runLoad(load),
        load,
      )
      return { tokensPerSecond, cpuPerToken, coreShare, lost, doubled, garbled, unfinished }
    })
  },
}
