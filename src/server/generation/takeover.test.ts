import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { createRecordingReader, runStart, silentLogger } from '../../../test/harness/log.ts'
import { createMemoryStore } from '../../../test/harness/runStores.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { takeOverAndWatch } from '../../takeOverAndWatch.ts'
import { CommitWindow } from '../log/commitWindow.ts'
import { followLog } from '../log/followLog.ts'
import type { StorageEvents } from '../log/openNode.ts'
import { firstEvents } from '../log/storedLog.ts'
import { createActiveRuns } from './activeRuns.ts'
import { type Ownership, takeOverRuns } from './takeover.ts'
import { WaitingEnds } from './waitingEnds.ts'

const KEPT = runStart('kept')
const LOST = runStart('lost')

/** A dead process has left one run that the provider keeps, and one that it does not. */
async function setUp(changed: Partial<Ownership> = {}) {
  const store = createMemoryStore()
  for (const start of [KEPT, LOST])
    await store.accept(undefined, { ownerId: 'owner-1', start, startedAt: 1, stored: firstEvents(start) })
  await store.commit([{ ownerId: 'owner-1', start: KEPT, checkpoint: 'here' }], 'power')
  const clock = createFakeClock()
  const window = new CommitWindow({ store, clock, logger: silentLogger, windowMs: 1 })
  const runs = createActiveRuns({
    provider: {
      name: 'keeping',
      async *generate() {},
      async *resume() {
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
  const ownership = { ...store.ownership, ...changed }
  return { store, clock, runs, options: { ownership, store, runs, logger: silentLogger, canResume: true } }
}

const refuse = async () => {
  throw new RiachoError('STORAGE_UNAVAILABLE')
}

test('if a takeover fails half-way, no run of it counts as known, so that the next one finds all', async () => {
  const { store, runs, options } = await setUp()
  await expect(takeOverRuns({ ...options, store: { commit: refuse } })).rejects.toThrow(RiachoError)
  expect(runs.size).toBe(0)
  expect(await takeOverRuns(options)).toMatchObject({ interrupted: 1, resumed: 1 })
  expect(store.progressOf('lost').isEnded).toBe(true)
})

test('a run that cannot be resumed sends its readers away, and is left to the next takeover', async () => {
  const { store, runs, options } = await setUp({ countResume: refuse, findsLost: true })
  const { resume } = await takeOverRuns(options)
  const reader = createRecordingReader()
  const log = runs.log('kept')
  if (log) followLog(log, 0, reader)
  await resume()
  expect(reader.isCut).toBe(true)
  expect(runs.log('kept')).toBeUndefined()
  expect(store.progressOf('kept').isEnded).toBe(false)
})

test('where no takeover comes again, a run that cannot be resumed ends', async () => {
  const { store, runs, options } = await setUp({ countResume: refuse })
  await (await takeOverRuns(options)).resume()
  expect(runs.size).toBe(0)
  expect(store.progressOf('kept').isEnded).toBe(true)
})

test('a node that is about to end takes over nothing', async () => {
  const { store, clock, runs, options } = await setUp()
  let events: StorageEvents | undefined
  let taken = 0
  const ownership: Ownership = {
    ...store.ownership,
    async takeOver() {
      taken += 1
      return []
    },
  }
  const watch = (heard: StorageEvents) => {
    events = heard
  }
  const storage = { store, ownership, watch }
  const waitingEnds = new WaitingEnds({ ...options, clock })
  await takeOverAndWatch({ ...options, storage, waitingEnds, settleLeft: async () => {} })
  events?.onDeath()
  await clock.advance(0)
  expect(taken).toBe(2)
  runs.drain()
  events?.onDeath()
  await clock.advance(0)
  expect(taken).toBe(2)
})
