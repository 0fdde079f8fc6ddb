import { expect, test } from 'vitest'
import { createRemoteDatabase } from '../../src/server/database/postgres/remote.ts'
import type { LogWrite } from '../../src/server/log/eventLog.ts'
import { RemoteRuns } from '../../src/server/log/remoteRuns.ts'
import type { RunStore } from '../../src/server/log/runStore.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { createFakeClock } from '../harness/fakeClock.ts'
import { createRecordingReader, runStart, silentLogger } from '../harness/log.ts'
import { type OpenedPostgres, withPostgres } from './openedStores.ts'

const OWNER = 'owner-1'
const start = runStart()
const KEY = { id: start.runId, ownerId: OWNER }
const POLL = 50
const text = (seq: number): LogWrite => ({
  ownerId: OWNER,
  start,
  segment: { fromSeq: seq, toSeq: seq, frames: `id: ${seq}\ndata: {"content":" ${seq}"}\n\n` },
})

/** A run of one node, and what another one knows of it. `changed`: what the other one reads it with, if not as it is. */
async function withRemote(
  work: (scene: OpenedPostgres & { remote: RemoteRuns; poll(): Promise<void> }) => Promise<void>,
  changed: (store: RunStore) => Partial<RunStore> = () => ({}),
): Promise<void> {
  await withPostgres(async opened => {
    await opened.accept({ ownerId: OWNER, start, startedAt: 1, stored: firstEvents(start) })
    const { store } = opened
    const clock = createFakeClock()
    const remote = new RemoteRuns({
      ...opened,
      database: createRemoteDatabase(opened.database),
      store: { ...store, ...changed(store) },
      // Without a relay.
      links: { to: () => undefined, async stop() {} },
      clock,
      logger: silentLogger,
    })
    try {
      await work({ ...opened, remote, poll: () => clock.advance(POLL) })
    } finally {
      remote.close()
    }
  })
}

test('what a reader makes it read again comes once, although the poll was faster', async () => {
  const gate = Promise.withResolvers<void>()
  let asked = 0
  await withRemote(
    async ({ store, remote, poll }) => {
      const reader = createRecordingReader()
      await remote.follow(KEY, 0, reader)
      await store.commit([text(2)], 'process')
      // It has seen more than the last poll, at the node of the run.
      const late = remote.follow(KEY, 2, createRecordingReader())
      await poll()
      await expect.poll(() => reader.events.map(({ seq }) => seq)).toEqual([1, 2])
      await store.commit([text(3)], 'process')
      gate.resolve()
      await late
      await poll()
      await expect.poll(() => reader.events.at(-1)?.seq).toBe(3)
      expect(reader.events.map(({ seq }) => seq)).toEqual([1, 2, 3])
    },
    store => ({
      async framesAfter(runId, seq) {
        // The first call is that of the first reader.
        if (++asked === 2) await gate.promise
        return store.framesAfter(runId, seq)
      },
    }),
  )
})

test('a reader that comes while the last one leaves gets what is stored later', async () => {
  const gate = Promise.withResolvers<void>()
  let asked = 0
  await withRemote(
    async ({ store, remote, poll }) => {
      const first = await remote.follow(KEY, 0, createRecordingReader())
      await store.commit([text(2)], 'process')
      const reader = createRecordingReader()
      const coming = remote.follow(KEY, 2, reader)
      await expect.poll(() => asked).toBe(2)
      first?.unsubscribe()
      gate.resolve()
      await coming
      await store.commit([text(3)], 'process')
      await poll()
      await expect.poll(() => reader.events.map(({ seq }) => seq)).toEqual([3])
    },
    store => ({
      async framesAfter(runId, seq) {
        // The first call is that of the first reader.
        if (++asked === 2) await gate.promise
        return store.framesAfter(runId, seq)
      },
    }),
  )
})

test('a reader whose neighbour could not be read for gets what is stored later', async () => {
  const gate = Promise.withResolvers<void>()
  const both = Promise.withResolvers<void>()
  let asked = 0
  await withRemote(
    async ({ store, remote, poll }) => {
      const readers = [createRecordingReader(), createRecordingReader()]
      const comings = readers.map(reader => remote.follow(KEY, 0, reader))
      await expect.poll(() => asked).toBe(2)
      both.resolve()
      await Promise.any(
        comings.map(coming =>
          coming.then(
            () => Promise.reject(),
            () => {},
          ),
        ),
      )
      gate.resolve()
      const outcomes = await Promise.allSettled(comings)
      const reader = readers[outcomes.findIndex(({ status }) => status === 'fulfilled')]
      if (!reader) expect.unreachable('nobody could be read for')
      await store.commit([text(2)], 'process')
      await poll()
      await expect.poll(() => reader.events.map(({ seq }) => seq)).toEqual([1, 2])
      expect(reader.isCut).toBe(false)
    },
    store => ({
      async read(key) {
        const isFirst = ++asked === 1
        await (isFirst ? both.promise : gate.promise)
        if (isFirst) throw new Error('no connection')
        return store.read(key)
      },
    }),
  )
})

test('a reader that names an event far beyond the last one makes it wait for nothing', async () => {
  let asked = 0
  await withRemote(
    async ({ remote }) => {
      const reader = createRecordingReader()
      await remote.follow(KEY, 0, createRecordingReader())
      asked = 0
      await remote.follow(KEY, 999_999, reader)
      expect(asked).toBe(1)
    },
    store => ({
      read(key) {
        asked += 1
        return store.read(key)
      },
    }),
  )
})
