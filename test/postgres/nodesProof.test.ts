// Short runs. `npm run crash -- --nodes 3 --database postgres` and `npm run history -- …` play as many rounds as you ask for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { SEED } from '../harness/testSeed.ts'
import { crashRoundOfNodes, historyRoundOfNodes } from '../proof/nodes/nodesRound.ts'
import { playRounds } from '../proof/rounds.ts'

let shared: PostgresServer

beforeAll(async () => {
  shared = await startPostgres(['max_connections=300'])
})

afterAll(() => shared[Symbol.asyncDispose]())

test(`killed, frozen and cut off, three nodes lose nothing they have shown (seed ${SEED})`, async () => {
  const { violations, runs } = await playRounds({
    play: seed => crashRoundOfNodes({ seed, count: 3, shared }),
    rounds: 3,
    seed: SEED,
    parallel: 3,
    stopsAtFirst: true,
  })
  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(10)
}, 300_000)

test(`whichever node is asked, everybody gets what is stored, and nobody anything else (seed ${SEED})`, async () => {
  const { violations, runs } = await playRounds({
    play: seed => historyRoundOfNodes({ seed, count: 3, shared }),
    rounds: 3,
    seed: SEED,
    parallel: 3,
    stopsAtFirst: true,
  })
  expect(violations).toEqual([])
  expect(runs).toBeGreaterThan(10)
}, 300_000)
