import { expect, test } from 'vitest'
import { SEED } from '../harness/testSeed.ts'
import { playRounds } from './rounds.ts'
import { simulateNodes } from './simulation/nodes/simulateNodes.ts'

/** Rounds with few nodes cost little, and their troubles meet more often. Those of 15 see every mutation of the simulation. */
const SIZES = [
  { nodes: 100, rounds: 1, first: SEED * 1000 },
  { nodes: 15, rounds: 9, first: SEED * 1000 + 13 },
]

test.each(SIZES)(
  '$nodes nodes keep their promises while they die, freeze and lose each other (seeds from $first)',
  async ({ nodes, rounds, first }) => {
    const { violations } = await playRounds({
      play: seed => simulateNodes(seed, { nodes }),
      rounds,
      seed: first,
      parallel: 1,
      stopsAtFirst: true,
    })
    expect(violations).toEqual([])
  },
  300_000,
)
