// Short runs. `npm run crash` and `npm run history` play as many rounds as you ask for.
import { expect, test } from 'vitest'
import { SEED } from '../harness/testSeed.ts'
import { crashRound } from './crashRound.ts'
import { historyRound } from './historyRound.ts'
import { playRounds } from './rounds.ts'

test(`killed anywhere, the server loses nothing it has shown (seed ${SEED})`, async () => {
  const { violations, runs } = await playRounds({
    play: crashRound,
    rounds: 6,
    seed: SEED,
    parallel: 3,
    stopsAtFirst: true,
  })
  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(15)
}, 300_000)

test(`in histories of calls and faults everybody gets what is stored, and nobody anything else (seed ${SEED})`, async () => {
  const { violations, runs } = await playRounds({
    play: historyRound,
    rounds: 6,
    seed: SEED,
    parallel: 4,
    stopsAtFirst: true,
  })
  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(15)
}, 300_000)
