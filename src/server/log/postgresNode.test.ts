import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import type { NodeDatabase, NodeRow } from '../database/postgres/nodes.ts'
import { PostgresNode } from './postgresNode.ts'
import { createSharedTime } from './sharedTime.ts'

const PARTS = { createId: () => 'life', logger: silentLogger, version: '0', address: undefined }

const events = {
  knows: () => true,
  onDeath() {},
  onDoubt() {},
  onStops() {},
  onFenced() {},
  onSettleAsked: async () => {},
}

/** A database that answers as `beat` and `list` say. */
function databaseOf(answers: Pick<NodeDatabase, 'beat' | 'list'>): NodeDatabase {
  const nothing = async () => []
  return {
    register: async () => {},
    time: async () => 0,
    stops: nothing,
    ownRunIds: nothing,
    ownRuns: nothing,
    takeOver: nothing,
    countResume: async () => {},
    forget: async () => {},
    ...answers,
  }
}

test('a beat that was not stored comes again within a second, because the lease is not much longer than two', async () => {
  const clock = createFakeClock(0)
  const beats: number[] = []
  let isAway = false
  const database = databaseOf({
    async beat() {
      if (isAway) throw new Error('the database is away')
      beats.push(clock.monotonic())
      return true
    },
    list: async () => [],
  })
  const time = createSharedTime(clock)
  const node = new PostgresNode({ ...PARTS, database, clock, time })
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

test('a database that answers slowly now and then makes the death of a node later, and does not hide it', async () => {
  const clock = createFakeClock(0)
  let looks = 0
  const database = databaseOf({
    beat: async () => true,
    async list(): Promise<NodeRow[]> {
      if (looks++ % 4 === 3) await new Promise<void>(resolve => clock.schedule(resolve, 1200))
      return [{ id: 'other', beat: 1, hasLeft: false, settlesAsked: 0, now: 0 }]
    },
  })
  const time = createSharedTime(clock)
  const node = new PostgresNode({ ...PARTS, database, clock, time })
  await node.open()
  const died: number[] = []
  node.start({ ...events, onDeath: () => void died.push(clock.monotonic()) })
  await clock.advance(30_000)
  expect(died[0]).toBeLessThan(20_000)
  await node.close()
})

test('what else a node asks of a slow database does not hide the death of another', async () => {
  const clock = createFakeClock(0)
  const slowly = async (ms: number) => new Promise<void>(resolve => clock.schedule(resolve, ms))
  const database: NodeDatabase = {
    ...databaseOf({
      beat: async () => true,
      async list(): Promise<NodeRow[]> {
        await slowly(350)
        return [
          { id: 'life', beat: looks, hasLeft: false, settlesAsked: looks++, now: 0 },
          { id: 'other', beat: 1, hasLeft: false, settlesAsked: 0, now: 0 },
        ]
      },
    }),
    async ownRunIds() {
      await slowly(1500)
      return []
    },
  }
  let looks = 1
  const time = createSharedTime(clock)
  const node = new PostgresNode({ ...PARTS, database, clock, time })
  await node.open()
  const died: number[] = []
  const onSettleAsked = () => slowly(5000)
  node.start({ ...events, onSettleAsked, onDeath: () => void died.push(clock.monotonic()) })
  await clock.advance(30_000)
  expect(died[0]).toBeLessThan(16_000)
  await node.close()
})
