import { expect, test } from 'vitest'
import { growthOf, soak } from './soak.ts'

const seed = Number(process.env['PROOF_SEED'] ?? Date.now() % 1_000_000)

test(`after two minutes of 100 conversations the server holds what it held before (seed ${seed})`, async () => {
  const result = await soak({ minutes: 2, conversations: 100, seed })
  expect(result.violations).toEqual([])
  expect(growthOf(result)).toEqual([])
}, 400_000)
