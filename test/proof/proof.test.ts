import { expect, test } from 'vitest'
import { crashRound } from './crashRound.ts'
import { historyRound } from './historyRound.ts'
import { playRounds } from './rounds.ts'

const seed = Number(process.env['PROOF_SEED'] ?? Date.now() % 1_000_000)

test(`60 times, killed anywhere, the server loses nothing it has shown (seed ${seed})`, async () => {
  const { violations, talks } = await playRounds({ play: crashRound, rounds: 60, seed, parallel: 3 })
  expect(violations).toEqual([])
  expect(talks).toBe(240)
}, 300_000)

test(`in 100 histories of faults every view is a prefix of what is stored (seed ${seed})`, async () => {
  const { violations, talks } = await playRounds({ play: historyRound, rounds: 100, seed, parallel: 4 })
  expect(violations).toEqual([])
  expect(talks).toBe(800)
}, 300_000)
