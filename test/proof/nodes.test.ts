import { expect, test } from 'vitest'
import { SEED } from '../harness/testSeed.ts'
import { playRounds } from './rounds.ts'
import { simulateNodes } from './simulation/nodes/simulateNodes.ts'

/** Rounds with few nodes cost little, and their troubles meet more often. */
const SIZES = [
  { nodes: 100, rounds: 1 },
  { nodes: 15, rounds: 12 },
]

test.each(SIZES)(
  `$nodes nodes keep their promises while they die, freeze and lose each other (seeds from ${SEED * 1000})`,
  async ({ nodes, rounds }) => {
    const { violations } = await playRounds({
      play: seed => simulateNodes(seed, { nodes }),
      rounds,
      seed: SEED * 1000,
      parallel: 1,
      stopsAtFirst: true,
    })
    expect(violations).toEqual([])
  },
  300_000,
)
