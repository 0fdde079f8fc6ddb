// Short runs. `npm run oracle` plays as many rounds as you ask for.
import { expect, test } from 'vitest'
import { SEED } from '../harness/testSeed.ts'
import { playRounds } from '../proof/rounds.ts'
import { oracleRound } from './oracleRound.ts'

test(`after each kill the server shows what was acknowledged, and nothing that was deleted (seed ${SEED})`, async () => {
  const { violations, counts } = await playRounds({ play: oracleRound, rounds: 4, seed: SEED, parallel: 2 })
  expect(violations).toEqual([])
  expect(counts.get('calls cut')).toBeGreaterThan(0)
  expect(counts.get('owners erased')).toBeGreaterThan(0)
}, 120_000)
