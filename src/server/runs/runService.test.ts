import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { createRecordingReader, runStart } from '../../../test/harness/log.ts'
import { createMemoryStore } from '../../../test/harness/runStores.ts'
import { EventLog } from '../log/eventLog.ts'
import { firstEvents } from '../log/storedLog.ts'
import { NO_REMOTE, type Remote } from './remote.ts'
import { createRunService } from './runService.ts'

const start = runStart()
const caller = { ownerId: 'owner-1' }
const key = { ...caller, id: start.runId }
const run = { ...caller, start, startedAt: 5, stored: firstEvents(start) }

/** A run that is stored; this node owns it if it is given its `log`. */
async function setUp({ log, remote = NO_REMOTE }: { log?: EventLog; remote?: Remote } = {}) {
  const store = createMemoryStore()
  await store.accept(undefined, run)
  const runs = { log: () => log, stop: () => undefined }
  return { store, service: createRunService({ store, runs, remote, clock: createFakeClock() }) }
}

function openLog(content: string): EventLog {
  const log = new EventLog({ ...run, onPending: () => {} })
  log.append({ type: 'text-delta', content })
  const write = log.takeUnstored()
  if (write) log.markStored(write)
  return log
}

test('a run that is active and that no node writes cannot be followed, and Stop leaves it as it is', async () => {
  const { service } = await setUp()
  const place = { runId: start.runId, after: 0 }
  await expect(service.follow(caller, place, createRecordingReader())).rejects.toThrow(
    expect.objectContaining({ code: 'NOT_FOUND' }),
  )
  expect(await service.stop(caller, start.runId)).toEqual({ status: 'active', lastSeq: 1 })
  expect(service.requestStop({ id: start.runId, ownerId: caller.ownerId })).toBeUndefined()
})

test('a run of another node is followed and stopped there, by its owner alone', async () => {
  const asked: unknown[] = []
  const remote: Remote = {
    async follow({ id, ownerId }, after, reader) {
      if (ownerId !== caller.ownerId) return undefined
      asked.push([id, after, reader])
      return { unsubscribe() {} }
    },
    async stop({ id }) {
      asked.push(id)
      return { status: 'stopped', lastSeq: 7 }
    },
    requireTrust() {},
    drain() {},
  }
  const { service } = await setUp({ remote })
  const reader = createRecordingReader()
  const place = { runId: start.runId, after: 1 }
  const stranger = { ownerId: 'owner-2' }
  await expect(service.follow(stranger, place, reader)).rejects.toThrow()
  await expect(service.stop(stranger, start.runId)).rejects.toThrow()
  expect(asked).toEqual([])
  expect(await service.follow(caller, place, reader)).toBeDefined()
  expect(await service.stop(caller, start.runId)).toEqual({ status: 'stopped', lastSeq: 7 })
  await service.requestStop({ id: start.runId, ownerId: caller.ownerId })
  expect(asked).toEqual([[start.runId, 1, reader], start.runId, start.runId])
})

test('a run of this node is never looked for at other nodes', async () => {
  const remote: Remote = {
    follow() {
      throw new Error('asked to follow')
    },
    stop() {
      throw new Error('asked to stop')
    },
    requireTrust() {},
    drain() {},
  }
  const { service } = await setUp({ log: openLog('um'), remote })
  const reader = createRecordingReader()
  await service.follow(caller, { runId: start.runId, after: 1 }, reader)
  expect(reader.parts).toEqual([{ id: '1', type: 'text', text: 'um' }])
  await expect(
    service.follow({ ownerId: 'owner-2' }, { runId: start.runId, after: 1 }, reader),
  ).rejects.toThrow()
})

test('an active run is read from its log on the node that writes it, and from the store elsewhere', async () => {
  const there = await setUp({ log: openLog('um') })
  const seen = { ...start, startedAt: 5, seq: 2, parts: [{ id: '1', type: 'text', text: 'um' }] }
  expect(await there.service.readActiveRun(key)).toEqual(seen)
  expect(await there.service.readActiveRun({ ...key, ownerId: 'owner-2' })).toBeNull()
  const elsewhere = await setUp()
  const frames = 'id: 2\ndata: {"content":"um"}\n\n'
  await elsewhere.store.commit([{ ...run, segment: { fromSeq: 2, toSeq: 2, frames } }], 'process')
  expect(await elsewhere.service.readActiveRun(key)).toEqual(seen)
})

test('a run that ended after it was found active gives its follower only the end', async () => {
  const { store, service } = await setUp()
  const parts = [{ id: '1', type: 'text' as const, text: 'um' }]
  await store.commit([{ ...run, end: { event: { status: 'completed' }, seq: 2, parts } }], 'power')
  const found = await service.readActiveRun(key)
  expect(found).toMatchObject({ seq: 1, parts })
  const reader = createRecordingReader()
  await service.follow(caller, { runId: start.runId, after: found?.seq ?? 0 }, reader)
  expect(reader.writes).toEqual([])
  expect(reader.ended).toEqual({ seq: 2, end: { status: 'completed' } })
})
