import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { runStart, silentLogger } from '../../../test/harness/log.ts'
import { createMemoryStore } from '../../../test/harness/runStores.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { LogWrite } from '../log/eventLog.ts'
import type { RunStore } from '../log/runStore.ts'
import { firstEvents } from '../log/storedLog.ts'
import { takeOverRuns } from './takeover.ts'
import { ENDS_A_TRANSACTION, WaitingEnds } from './waitingEnds.ts'

/** Runs that a dead process left, owner by owner, and the ends of them that are not stored yet. */
async function setUp(left: Record<string, number>) {
  const store = createMemoryStore()
  for (const [ownerId, count] of Object.entries(left))
    for (let index = 0; index < count; index++) {
      const start = runStart(`${ownerId}${index}`)
      await store.accept(undefined, { ownerId, start, startedAt: 1, stored: firstEvents(start) })
    }
  const gate = { opens: Promise.resolve(), isBroken: false, sizes: [] as number[] }
  const commit: RunStore['commit'] = async (writes, durability) => {
    gate.sizes.push(writes.length)
    await gate.opens
    if (gate.isBroken) throw new RiachoError('STORAGE_UNAVAILABLE')
    await store.commit(writes, durability)
  }
  const clock = createFakeClock()
  const ends = new WaitingEnds({ store: { ...store, commit }, clock, logger: silentLogger })
  const active = async () => (await store.ownership.takeOver()).map(({ ownerId }) => ownerId)
  const runs = { prepare: () => expect.unreachable() }
  const options = { ownership: store.ownership, store, runs, logger: silentLogger, canResume: false }
  const takeOver = async (): Promise<readonly LogWrite[]> => (await takeOverRuns(options)).waiting
  return { gate, clock, ends, active, takeOver }
}

test('a takeover of very many runs stores some of their ends, and leaves the others to wait', async () => {
  const { active, takeOver } = await setUp({ a: ENDS_A_TRANSACTION, b: 3 })
  expect(await takeOver()).toHaveLength(3)
  expect(await active()).toEqual(['b', 'b', 'b'])
})

test('an owner waits for the own ends alone, also if they fill several transactions', async () => {
  const { gate, ends, active, takeOver } = await setUp({ a: ENDS_A_TRANSACTION * 3, b: 250, c: 1 })
  const waiting = await takeOver()
  const { promise, resolve } = Promise.withResolvers<void>()
  gate.opens = promise
  const stored = Promise.withResolvers<void>()
  ends.add(waiting, stored.resolve)
  await Promise.resolve()
  gate.opens = Promise.resolve()
  await ends.storedFor('b')
  expect(new Set(await active())).toEqual(new Set(['a', 'c']))
  await ends.storedFor('nobody')
  resolve()
  await stored.promise
  expect(await active()).toEqual([])
  await ends.storedForAll()
  expect(Math.max(...gate.sizes)).toBe(ENDS_A_TRANSACTION)
})

test('the ends of many owners share a transaction', async () => {
  const { gate, ends, active, takeOver } = await setUp({ a: ENDS_A_TRANSACTION, b: 1, c: 1, d: 1 })
  const stored = Promise.withResolvers<void>()
  ends.add(await takeOver(), stored.resolve)
  await stored.promise
  expect(await active()).toEqual([])
  expect(gate.sizes).toEqual([3])
})

test('a store that refuses sends the owner away, and is asked again a second later', async () => {
  const { gate, clock, ends, active, takeOver } = await setUp({ a: ENDS_A_TRANSACTION, b: 1 })
  gate.isBroken = true
  const stored = Promise.withResolvers<void>()
  ends.add(await takeOver(), stored.resolve)
  await expect(ends.storedFor('b')).rejects.toThrow(RiachoError)
  await clock.advance(0)
  gate.isBroken = false
  await clock.advance(1000)
  await stored.promise
  expect(await active()).toEqual([])
})

test('after it is closed it stores nothing, and says of nothing that it is stored', async () => {
  const { gate, clock, ends, active, takeOver } = await setUp({ a: ENDS_A_TRANSACTION, b: 1 })
  gate.isBroken = true
  ends.add(await takeOver(), () => expect.unreachable())
  await clock.advance(0)
  await ends.close()
  gate.isBroken = false
  await clock.advance(5000)
  expect(await active()).toEqual(['b'])
  expect(gate.sizes).toEqual([1])
})
