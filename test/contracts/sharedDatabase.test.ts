import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { afterAny, encodeBatch, type WindowBatch } from '../../src/server/database/postgres/window.ts'
import type { SegmentRow } from '../../src/server/database/schema.ts'
import type { NodeWindows } from '../../src/server/log/nodeWindows.ts'
import type { NewRun } from '../../src/server/log/runStore.ts'
import { createSharedDatabase, type SharedDatabase } from '../../src/server/log/sharedDatabase.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { createFakeClock } from '../harness/fakeClock.ts'
import { runStart } from '../harness/log.ts'
import { type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { createRandom } from '../harness/random.ts'
import {
  DatabaseConnection,
  DatabaseServer,
  shareDatabase,
} from '../proof/simulation/nodes/databaseServer.ts'
import { FakePostgres } from '../proof/simulation/nodes/fakePostgres.ts'
import { NodeClock } from '../proof/simulation/nodes/nodeClock.ts'
import { acceptIn } from './openedStores.ts'

const OWNER = 'owner-1'
const [ONE, TWO, THREE] = [1, 2, 3].map(n => `00000000-0000-4000-8000-00000000000${n}`) as [
  string,
  string,
  string,
]

interface Shared extends SharedDatabase {
  /** Stores a run of a node. */
  accept(runId: string, nodeId: string): Promise<void>
  framesOf(runId: string): Promise<string | undefined>
  statusOf(runId: string): Promise<string | undefined>
}

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** Nothing of a run is in memory. */
const NO_WINDOWS = { journaledAfter: () => [] } as unknown as NodeWindows

function newRun(runId: string): NewRun {
  const ids = { conversationId: `c-${runId}`, userMessageId: `q-${runId}`, messageId: `m-${runId}` }
  const start = { ...runStart(runId), ...ids }
  return { ownerId: OWNER, start, startedAt: 1, stored: firstEvents(start) }
}

function sharedBy(
  shared: SharedDatabase,
  accept: (store: ReturnType<SharedDatabase['createStore']>, run: NewRun) => Promise<void>,
): Shared {
  const storeOf = (id: string) => shared.createStore({ node: { id }, windows: NO_WINDOWS })
  const store = storeOf(ONE)
  return {
    ...shared,
    accept: (runId, nodeId) => accept(storeOf(nodeId), newRun(runId)),
    framesOf: runId => store.framesAfter(runId, 1),
    statusOf: async runId => (await shared.remote.run({ id: runId, ownerId: OWNER }))?.status,
  }
}

/** The real one, and the double by which the simulation of many nodes proves what it proves. */
const DATABASES: Record<string, (work: (shared: Shared) => Promise<void>) => Promise<void>> = {
  async PostgreSQL(work) {
    const database = await openPostgres(await postgres.createDatabase())
    try {
      await work(sharedBy(createSharedDatabase(database), (store, run) => acceptIn(database, store, run)))
    } finally {
      await database.close()
    }
  },
  async 'the simulated one'(work) {
    const clock = createFakeClock()
    const random = createRandom(1)
    const fake = new FakePostgres(clock.now)
    const server = new DatabaseServer(fake, clock)
    const connection = new DatabaseConnection({ server, clock: new NodeClock(clock, random), random })
    let isDone = false
    const done = work(
      sharedBy(shareDatabase(fake, connection), (store, run) => store.accept(undefined as never, run)),
    ).finally(() => {
      isDone = true
    })
    while (!isDone) await clock.advance(10)
    await done
  },
}

const segment = (run_id: string, seq: number): SegmentRow => ({
  run_id,
  from_seq: seq,
  to_seq: seq,
  frames: `id: ${seq}\ndata: ${seq}\n\n`,
})

function batchOf(nodeId: string, number: number, more: Partial<WindowBatch> = {}) {
  const nothing = { staying: [], settling: [], clearsJournal: false, checkpoints: [], ends: [] }
  return encodeBatch(nodeId, {
    ...nothing,
    number,
    after: number - 1,
    hasRow: true,
    durability: 'process',
    ...more,
  })
}

const endOf = (runId: string): WindowBatch['ends'][number] => ({
  id: runId,
  status: 'completed',
  code: null,
  retry_after: null,
  usage: null,
  timing: null,
  cost: null,
  history_from: null,
  documents: null,
  model: null,
  last_seq: 9,
  ended_at: 5,
  conversation_id: `c-${runId}`,
  owner_id: OWNER,
  user_message_id: `q-${runId}`,
  message_id: `m-${runId}`,
  parts: '[]',
  at: 5,
  checkpoint: null,
  sets_checkpoint: false,
})

for (const [name, withShared] of Object.entries(DATABASES)) {
  describe(`for nodes, ${name}`, () => {
    /** Two nodes. The first one writes the run `a`. */
    const withNodes = (work: (shared: Shared) => Promise<void>) =>
      withShared(async shared => {
        for (const id of [ONE, TWO, THREE])
          await shared.nodes.register({ id, address: `http://${id}`, version: '0' })
        await shared.accept('a', ONE)
        await work(shared)
      })

    test('raises beats, and lists the living', () =>
      withNodes(async ({ nodes }) => {
        expect(await nodes.beat(ONE)).toBe(true)
        expect(await nodes.beat('00000000-0000-4000-8000-000000000009')).toBe(false)
        const beats = (await nodes.list()).map(({ id, beat, hasLeft }) => ({ id, beat, hasLeft }))
        expect(beats).toHaveLength(3)
        expect(beats).toContainEqual({ id: ONE, beat: 1, hasLeft: false })
      }))

    test('gives the runs of a dead node to one of two takers', () =>
      withNodes(async ({ nodes }) => {
        const taken = await Promise.all([TWO, THREE].map(by => nodes.takeOver({ id: ONE, beat: 0, by })))
        expect(taken.map(({ length }) => length).sort()).toEqual([0, 1])
        expect(await nodes.ownRunIds(ONE)).toEqual([])
        expect(await nodes.beat(ONE)).toBe(false)
        expect((await nodes.list()).map(({ id }) => id)).not.toContain(ONE)
      }))

    test('lets nobody take over from a node that has beaten since, nor a dead node', () =>
      withNodes(async ({ nodes }) => {
        await nodes.beat(ONE)
        expect(await nodes.takeOver({ id: ONE, beat: 0, by: TWO })).toEqual([])
        await nodes.takeOver({ id: TWO, beat: 0, by: THREE })
        await expect(nodes.takeOver({ id: ONE, beat: 1, by: TWO })).rejects.toThrow()
        expect(await nodes.ownRunIds(ONE)).toEqual(['a'])
      }))

    test('stores nothing of a node that was taken over, and gives its journal to the taker', () =>
      withNodes(async ({ nodes, sendBatch, framesOf, remote, accept }) => {
        expect(await sendBatch(batchOf(ONE, 1, { staying: [segment('a', 2)] }))).toMatchObject({
          isAlive: true,
          isNext: true,
        })
        const [left] = await nodes.takeOver({ id: ONE, beat: 0, by: TWO })
        expect(left?.segments.map(({ to_seq }) => to_seq)).toEqual([1, 2])
        const late = batchOf(ONE, 2, { settling: [segment('a', 3)], ends: [endOf('a')], durability: 'power' })
        expect(await sendBatch(late)).toMatchObject({ isAlive: false, isNext: false })
        expect(await framesOf('a')).toBe(segment('a', 2).frames)
        expect(await remote.states(['a'])).toMatchObject([{ nodeId: TWO, hasEnded: false }])
        await expect(accept('b', ONE)).rejects.toThrow()
      }))

    test('stores no batch before the one that it names', () =>
      withNodes(async ({ sendBatch, remote, framesOf }) => {
        const second = batchOf(ONE, 2, { staying: [segment('a', 3)] })
        expect(await sendBatch(second)).toMatchObject({ isAlive: true, isNext: false })
        expect(await remote.lastBatches([ONE])).toEqual([{ nodeId: ONE, batch: 0 }])
        await sendBatch(batchOf(ONE, 1, { staying: [segment('a', 2)] }))
        expect(await sendBatch(second)).toMatchObject({ isNext: true })
        expect(await framesOf('a')).toBe(segment('a', 2).frames + segment('a', 3).frames)
        expect(await sendBatch(afterAny(batchOf(ONE, 9)))).toMatchObject({ isNext: true })
      }))

    test('changes nothing by a batch that comes again', () =>
      withNodes(async ({ nodes, sendBatch, remote, framesOf }) => {
        const first = batchOf(ONE, 1, {
          staying: [segment('a', 2)],
          checkpoints: [{ id: 'a', checkpoint: 'one' }],
        })
        await sendBatch(first)
        await sendBatch(batchOf(ONE, 2, { checkpoints: [{ id: 'a', checkpoint: 'two' }] }))
        expect(await sendBatch(first)).toMatchObject({ isAlive: true })
        expect(await remote.journals([ONE], [0])).toMatchObject([{ batch: 1 }, { batch: 2 }])
        expect(await framesOf('a')).toBe(segment('a', 2).frames)
        const [own] = await nodes.ownRuns(ONE, () => true)
        expect(own?.row.checkpoint).toBe('two')
      }))

    test('changes nothing by a batch that comes again after the journal was cleared', () =>
      withNodes(async ({ nodes, sendBatch, framesOf }) => {
        const first = batchOf(ONE, 1, {
          staying: [segment('a', 2)],
          checkpoints: [{ id: 'a', checkpoint: 'one' }],
        })
        await sendBatch(first)
        const clearing = { settling: [segment('a', 2)], clearsJournal: true, durability: 'power' } as const
        await sendBatch(batchOf(ONE, 2, { ...clearing, checkpoints: [{ id: 'a', checkpoint: 'two' }] }))
        await sendBatch(first)
        expect(await framesOf('a')).toBe(segment('a', 2).frames)
        const [own] = await nodes.ownRuns(ONE, () => true)
        expect(own?.row.checkpoint).toBe('two')
      }))

    test('ends a run once, and only for its node', () =>
      withNodes(async ({ sendBatch, statusOf, accept, remote }) => {
        await accept('b', TWO)
        const ends = [endOf('a'), endOf('b')]
        await sendBatch(batchOf(ONE, 1, { ends, durability: 'power', clearsJournal: true }))
        expect([await statusOf('a'), await statusOf('b')]).toEqual(['completed', 'active'])
        expect(await remote.states(['a', 'b', 'c'])).toMatchObject([
          { id: 'a', hasEnded: true },
          { id: 'b', hasEnded: false },
        ])
        await sendBatch(batchOf(ONE, 2, { settling: [segment('a', 9)], durability: 'power' }))
        expect(await remote.journals([ONE], [1])).toMatchObject([{ batch: 2, segments: [] }])
      }))

    test('tells a node which of its runs somebody asked to stop', () =>
      withNodes(async ({ nodes, sendBatch, remote }) => {
        await remote.askToStop('a')
        expect(await nodes.stops(ONE)).toEqual(['a'])
        expect((await sendBatch(batchOf(ONE, 1))).stops).toEqual(['a'])
        expect(await nodes.stops(TWO)).toEqual([])
      }))

    test('keeps a node that leaves until another one has its runs', () =>
      withNodes(async ({ nodes }) => {
        await nodes.forget(ONE)
        await nodes.forget(TWO)
        const left = (await nodes.list()).map(({ id, hasLeft }) => ({ id, hasLeft }))
        expect(left).toContainEqual({ id: ONE, hasLeft: true })
        expect(left.map(({ id }) => id)).not.toContain(TWO)
        expect(await nodes.takeOver({ id: ONE, beat: 0, by: THREE })).toHaveLength(1)
      }))

    test('counts how often a run was resumed', () =>
      withNodes(async ({ nodes }) => {
        await nodes.countResume('a')
        const [own] = await nodes.ownRuns(ONE, runId => runId === 'a')
        expect(own?.row.resumes).toBe(1)
      }))
  })
}
