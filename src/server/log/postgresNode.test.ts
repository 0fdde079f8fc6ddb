import type { Pool } from 'pg'
import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import type { PostgresDatabase } from '../database/postgres/open.ts'
import { PostgresNode } from './postgresNode.ts'
import { createSharedTime } from './sharedTime.ts'

const events = {
  knows: () => true,
  onDeath() {},
  onDoubt() {},
  onStops() {},
  onFenced() {},
  onErased() {},
  onSettleAsked: async () => {},
}

test('a beat that was not stored comes again within a second, because the lease is not much longer than two', async () => {
  const clock = createFakeClock(0)
  const beats: number[] = []
  let isAway = false
  const poolOf = (query: () => object) => ({ query: async () => query() }) as unknown as Pool
  const database = {
    write: async () => {},
    beats: poolOf(() => {
      if (isAway) throw new Error('the database is away')
      beats.push(clock.monotonic())
      return { rowCount: 1 }
    }),
    looks: poolOf(() => ({ rows: [] })),
  } as unknown as PostgresDatabase
  const time = createSharedTime(clock)
  const node = new PostgresNode({ database, clock, time, logger: silentLogger, version: '0' })
  await node.open()
  node.start(events)
  await clock.advance(4900)
  isAway = true
  await clock.advance(1600)
  isAway = false
  await clock.advance(1000)
  expect(beats.at(-1)).toBeGreaterThanOrEqual(6500)
  await clock.advance(6000)
  expect(beats.length).toBeLessThanOrEqual(4)
  await node.close()
})
