import { expect, test } from 'vitest'
import { SEED } from '../harness/testSeed.ts'
import { simulate } from './simulation/simulation.ts'

const LIVES = 10_000
const first = SEED * LIVES

test(`run, log and readers keep their promises in ${LIVES} simulated lives (seeds from ${first})`, async () => {
  const found: string[] = []
  for (let seed = first; seed < first + LIVES && found.length === 0; seed++) {
    found.push(...(await simulate(seed)).map(violation => `seed ${seed}: ${violation}`))
  }
  expect(found).toEqual([])
}, 300_000)
