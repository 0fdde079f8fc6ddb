import { figuresOf, type Load, runLoad } from '../harness/load.ts'
import { percentile } from '../harness/statistics.ts'
import type { Peer, Relay } from '../peers/peer.ts'
import { CONTESTANTS } from '../tools/contestants.ts'
import type { OwnScenario, OwnStage } from './scenario.ts'

const STREAMS = [20, 100]
const QUICK_STREAMS = [20]
const TOKENS = 40
const WARM_UP = { streams: 10, tokens: TOKENS, pace: 5, settleMs: 0, measureMs: 3000 }

/**
 * Each reply is text, two calls at once, and text about their results. Measures what the calls cost: beside the same
 * replies without calls, and from the last byte of the calls to the request with their results.
 */
export const tools: OwnScenario = {
  name: 'tools',
  isQuick: true,
  async run(stage) {
    for (const peer of CONTESTANTS) if (stage.wants(peer.name)) await contest(stage, peer)
  },
}

async function contest(stage: OwnStage, peer: Peer): Promise<void> {
  const { upstream, log } = stage
  const relay = await peer.start({ upstream: upstream.url, log, folder: stage.folder(`tools-${peer.name}`) })
  try {
    for (const calls of [true, false]) await runLoad({ peer, relay, ...WARM_UP, calls })
    for (const streams of stage.isQuick ? QUICK_STREAMS : STREAMS) {
      for (const calls of [false, true]) {
        const variant = calls ? String(streams) : `${streams} without`
        await stage.measure(
          variant,
          () => hold(stage, { peer, relay, streams, calls }),
          relay.pids,
          peer.name,
        )
      }
    }
  } finally {
    await relay.stop()
  }
}

async function hold(
  { upstream, isQuick }: OwnStage,
  contestant: { peer: Peer; relay: Relay; streams: number; calls: boolean },
) {
  const measureMs = isQuick ? 4000 : 8000
  const load: Load = { ...contestant, tokens: TOKENS, pace: 20, settleMs: 1500, measureMs }
  await upstream.lag()
  const figures = figuresOf(await runLoad(load), load)
  const { turns, requests } = await upstream.lag()
  const { cpuPerReply = Number.NaN, replies, lost, garbled, refused, unfinished } = figures
  const counts = { cpuPerReply, replies, lost, garbled, refused, unfinished }
  if (!contestant.calls) return counts
  return {
    ...counts,
    requestsPerReply: requests / replies,
    turn50: percentile(turns, 0.5),
    turn99: percentile(turns, 0.99),
  }
}
