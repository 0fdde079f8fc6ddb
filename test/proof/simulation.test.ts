import { expect, test } from 'vitest'
import { simulate } from './simulation.ts'

const SEEDS = 10_000
const first = Number(process.env['SIMULATION_SEED'] ?? (Date.now() % 1_000_000) * SEEDS)

test(`run, log and readers keep their promises in ${SEEDS} simulated lives (seeds from ${first})`, async () => {
  const found: string[] = []
  for (let seed = first; seed < first + SEEDS && found.length === 0; seed++) {
    found.push(...(await simulate(seed)).map(violation => `seed ${seed}: ${violation}`))
  }
  expect(found).toEqual([])
}, 300_000)
