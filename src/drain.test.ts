import { expect, test } from 'vitest'
import { runStart, silentLogger } from '../test/harness/log.ts'
import { createMemoryStore } from '../test/harness/runStores.ts'
import { createDrain } from './drain.ts'
import { systemClock as clock } from './server/clock.ts'
import { createActiveRuns } from './server/generation/activeRuns.ts'
import { CommitWindow } from './server/log/commitWindow.ts'
import { firstEvents } from './server/log/storedLog.ts'

const start = runStart()
const run = { ownerId: 'owner-1', start, startedAt: 1, stored: firstEvents(start) }
const REQUEST = { model: 'test-model', instructions: '', history: [], locale: 'en' } as const

test('a run that was being stored when the drain began is written to its end, and none comes after it', async () => {
  const store = createMemoryStore()
  await store.accept(undefined, run)
  const window = new CommitWindow({ store, clock, logger: silentLogger, windowMs: 1 })
  const gate = Promise.withResolvers<void>()
  const runs = createActiveRuns({
    provider: {
      name: 'held',
      async *generate() {
        await gate.promise
        yield { type: 'text-delta', content: 'Oi' }
      },
    },
    window,
    clock,
    logger: silentLogger,
    random: () => 0,
    maxAttempts: 1,
    maxReplyLength: 1000,
  })
  const drain = createDrain({
    readiness: { drain() {} },
    titles: { close: async () => {} },
    remote: { drain() {} },
    retention: { stop: async () => {} },
    runs,
    clock,
  })
  const prepared = runs.prepare(run)
  let isDrained = false
  const drained = drain(10_000).then(() => {
    isDrained = true
  })
  await new Promise(resolve => setImmediate(resolve))
  const { ended } = prepared.start({ request: REQUEST })
  expect(() => runs.prepare({ ...run, start: runStart('run-2') })).toThrow(
    expect.objectContaining({ code: 'SHUTTING_DOWN' }),
  )
  expect(isDrained).toBe(false)
  gate.resolve()
  await drained
  expect(await ended).toMatchObject({ status: 'completed' })
  window.close()
})
