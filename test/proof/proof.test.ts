// Short runs. `npm run crash` and `npm run history` play as many rounds as you ask for.
import { expect, test } from 'vitest'
import { SEED } from '../harness/testSeed.ts'
import { crashRound } from './crashRound.ts'
import { historyRound } from './historyRound.ts'
import { playRounds } from './rounds.ts'

test(`20 times, killed anywhere, the server loses nothing it has shown (seed ${SEED})`, async () => {
  const { violations, runs } = await playRounds({
    play: crashRound,
    rounds: 20,
    seed: SEED,
    parallel: 3,
    stopsAtFirst: true,
  })
  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(50)
}, 300_000)

test(`in 30 histories of faults every view is a prefix of what is stored (seed ${SEED})`, async () => {
  const { violations, runs } = await playRounds({
    play: historyRound,
    rounds: 30,
    seed: SEED,
    parallel: 4,
    stopsAtFirst: true,
  })
  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(100)
}, 300_000)
