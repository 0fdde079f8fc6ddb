// Short runs. `npm run oracle` plays as many rounds as you ask for.
import { expect, test } from 'vitest'
import { SEED } from '../harness/testSeed.ts'
import { playOracle } from './playOracle.ts'

test(`after each kill the server shows what was acknowledged, and nothing that was deleted (seed ${SEED})`, async () => {
  const { violations, cut, erased } = await playOracle({ rounds: 4, seed: SEED, parallel: 2 })
  expect(violations).toEqual([])
  expect(cut).toBeGreaterThan(0)
  expect(erased).toBeGreaterThan(0)
}, 120_000)
