import { setTimeout as delay } from 'node:timers/promises'
import { newKey } from '../harness/load.ts'
import { orderText } from '../harness/order.ts'
import { Reply } from '../harness/reply.ts'
import { percentile } from '../harness/statistics.ts'
import type { Figures, Scenario, Stage } from './scenario.ts'

const STREAMS = [32, 64, 128, 256, 512, 768, 1024]
const DELTAS = 64
const PACE = 20
const ROUNDS = 3
/** The gap that counts for a reply that lost something, in milliseconds. */
const NEVER = 60_000
/** A load counts as sustained if this share of its replies is clean. The rest may be a hiccup of the machine. */
const CLEAN_SHARE = 0.99
/** By the rule of public gateway benchmarks a reply stalls if a gap is longer than so many times its pace. */
const STALL_PACES = 10
/** By the same rule fewer replies than this share may be broken, and none may stall. */
const BROKEN_SHARE = 0.001

/**
 * The load of public gateway benchmarks: 64 deltas, 20 ms apart. It is judged by two rules. By ours a reply is clean if
 * every delta came and no gap was over twice the pace. By theirs no reply stalls, and nearly none is broken.
 */
export const shape: Scenario = {
  name: 'shape',
  isQuick: false,
  suits: () => true,
  async run(stage) {
    for (const streams of STREAMS) {
      const figures = await stage.measure(String(streams), () => hold(stage, streams))
      if (!CLEAN.passes(figures) && !WITHOUT_STALL.passes(figures)) return
    }
  },
}

/** What decides whether a load counts as held, and the figures that it looks at. */
export interface Rule {
  figures: readonly string[]
  passes(figures: Figures): boolean
}

/** The rule of this benchmark. */
export const CLEAN: Rule = {
  figures: ['cleanShare'],
  passes: ({ cleanShare = 0 }) => cleanShare >= CLEAN_SHARE,
}

/** The rule of public gateway benchmarks, as GetBusbar/benchmarking states it. */
export const WITHOUT_STALL: Rule = {
  figures: ['stalledShare', 'wholeShare'],
  passes: ({ stalledShare = 1, wholeShare = 0 }) => stalledShare === 0 && 1 - wholeShare < BROKEN_SHARE,
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
  const stalled = gaps.filter(gap => gap > STALL_PACES * PACE && gap < NEVER).length
  return {
    cleanShare: clean / gaps.length,
    stalledShare: stalled / gaps.length,
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
