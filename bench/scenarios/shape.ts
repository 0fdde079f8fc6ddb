import { setTimeout as delay } from 'node:timers/promises'
import { newKey } from '../harness/load.ts'
import { orderText } from '../harness/order.ts'
import { Reply } from '../harness/reply.ts'
import { percentile } from '../harness/statistics.ts'
import type { Scenario, Stage } from './scenario.ts'

const STREAMS = [32, 64, 128, 256, 512, 768, 1024]
const DELTAS = 64
const PACE = 20
const ROUNDS = 3
/** The gap that counts for a reply that lost something, in milliseconds. */
const NEVER = 60_000
/** A load counts as sustained if this share of its replies is clean. The rest may be a hiccup of the machine. */
const CLEAN_SHARE = 0.99

/**
 * The load of public gateway benchmarks: 64 deltas, 20 ms apart. A reply is clean if every delta came and no gap was
 * over twice the pace.
 */
export const shape: Scenario = {
  name: 'shape',
  isQuick: false,
  suits: () => true,
  async run(stage) {
    for (const streams of STREAMS) {
      const { cleanShare = 0 } = await stage.measure(String(streams), () => hold(stage, streams))
      if (cleanShare < CLEAN_SHARE) return
    }
  },
}

export function isSustained(cleanShare: number): boolean {
  return cleanShare >= CLEAN_SHARE
}

async function hold(stage: Stage, streams: number) {
  const gaps: number[] = []
  const slots: Promise<void>[] = []
  let whole = 0
  for (let slot = 0; slot < streams; slot++) {
    slots.push(
      (async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const { longestGap, isWhole } = await oneReply(stage)
          gaps.push(longestGap)
          if (isWhole) whole++
        }
      })(),
    )
    if (slot % 4 === 3) await delay((4 * DELTAS * PACE) / Math.max(streams, 256))
  }
  await Promise.all(slots)
  const clean = gaps.filter(gap => gap <= 2 * PACE).length
  return {
    cleanShare: clean / gaps.length,
    wholeShare: whole / gaps.length,
    longestGap50: percentile(gaps, 0.5),
    longestGap99: percentile(gaps, 0.99),
  }
}

async function oneReply({ peer, relay }: Stage): Promise<{ longestGap: number; isWhole: boolean }> {
  let last: number | undefined
  let longestGap = 0
  const person = { name: newKey() }
  const reply = new Reply({
    request: peer.send(relay.port, orderText({ key: newKey(), tokens: DELTAS, pace: PACE }), person),
    dialect: peer.dialect,
    expected: DELTAS,
    onToken(_index, at) {
      if (last !== undefined) longestGap = Math.max(longestGap, at - last)
      last = at
    },
  })
  const { isComplete, lost } = await reply.ended
  return { longestGap: lost > 0 ? NEVER : longestGap, isWhole: isComplete }
}
