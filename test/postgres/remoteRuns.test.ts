import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/server/clock.ts'
import { createRemoteDatabase } from '../../src/server/database/postgres/remote.ts'
import type { LogWrite } from '../../src/server/log/eventLog.ts'
import type { RelayRecord } from '../../src/server/log/relay/relayRecords.ts'
import { RemoteRuns } from '../../src/server/log/remoteRuns.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { type OpenedPostgres, withPostgres } from '../contracts/openedStores.ts'
import { createRecordingReader, runStart, silentLogger } from '../harness/log.ts'

const OWNER = 'owner-1'
const NAMES = ['one', 'two'] as const
type Name = (typeof NAMES)[number]

const startOf = (name: Name) => ({
  ...runStart(name),
  conversationId: `conversation-${name}`,
  userMessageId: `question-${name}`,
  messageId: `reply-${name}`,
})
const frame = (seq: number) => `id: ${seq}\ndata: {"content":"${seq} "}\n\n`
const write = (name: Name, seq: number): LogWrite => ({
  ownerId: OWNER,
  start: startOf(name),
  segment: { fromSeq: seq, toSeq: seq, frames: frame(seq) },
})
const segmentOf = (name: Name, seq: number) => ({
  run_id: name,
  from_seq: seq,
  to_seq: seq,
  frames: frame(seq),
})

/** The link to the node that writes, as the test has it. */
function createLink() {
  const wishes: { runId: string; after: number; wish: number }[] = []
  let hearer: Parameters<ConstructorParameters<typeof RemoteRuns>[0]['links']['to']>[1] | undefined
  const link = {
    isClosed: false,
    isDelivering: true,
    follow(runId: string, after: number) {
      wishes.push({ runId, after, wish: wishes.length })
      return wishes.length - 1
    },
    leave() {},
    ended() {},
  }
  return {
    wishes,
    link,
    links: {
      to(_: unknown, heard: typeof hearer) {
        hearer = heard
        return link.isClosed ? undefined : link
      },
      async stop() {},
    },
    record: (facts: Partial<RelayRecord>) =>
      hearer?.onRecord({ batch: 0, segments: [], joined: [], unknown: [], refused: [], ended: [], ...facts }),
    silence() {
      link.isDelivering = false
      hearer?.onSilence()
    },
    close() {
      link.isClosed = true
      hearer?.onClose()
    },
  }
}

/** A node that writes two runs, and another one that reads them. */
async function withRuns(
  work: (
    opened: OpenedPostgres &
      ReturnType<typeof createLink> & {
        follow(
          name: Name,
          ownerId?: string,
          after?: number,
        ): Promise<ReturnType<typeof createRecordingReader>>
        join(name: Name, lastSeq: number, batch?: number): Promise<void>
        /** The runs that were read in the database. */
        reads: string[]
      },
  ) => Promise<void>,
): Promise<void> {
  await withPostgres(async opened => {
    const { database, store, accept } = opened
    await sql`update nodes set address = 'http://writer'`.execute(database.queries)
    for (const name of NAMES) {
      const start = startOf(name)
      await accept({ ownerId: OWNER, start, startedAt: 1, stored: firstEvents(start) })
    }
    const made = createLink()
    const reads: string[] = []
    const remote = new RemoteRuns({
      database: createRemoteDatabase(database),
      store: {
        framesAfter: store.framesAfter,
        read(key) {
          reads.push(key.id)
          return store.read(key)
        },
      },
      links: made.links,
      node: { requireTrust() {} },
      clock: systemClock,
      logger: silentLogger,
    })
    try {
      await work({
        ...opened,
        ...made,
        reads,
        async follow(name, ownerId = OWNER, after = 0) {
          const reader = createRecordingReader()
          await remote.follow({ id: name, ownerId }, after, reader)
          return reader
        },
        async join(name, lastSeq, batch = 0) {
          await expect.poll(() => made.wishes.at(-1)?.runId).toBe(name)
          const { wish = 0 } = made.wishes.at(-1) ?? {}
          made.record({ batch, joined: [{ wish, runId: name, lastSeq }] })
        },
      })
    } finally {
      remote.close()
    }
  })
}

const seqs = ({ events }: ReturnType<typeof createRecordingReader>) => events.map(({ seq }) => seq)

test('what a relay brings and what the journal has come once', () =>
  withRuns(async ({ store, follow, join, record, close }) => {
    const reader = await follow('one')
    await join('one', 1)
    await store.commit([write('one', 2)], 'process')
    record({ batch: 1, segments: [segmentOf('one', 2)] })
    expect(seqs(reader)).toEqual([1, 2])
    await store.commit([write('one', 3)], 'process')
    close()
    await expect.poll(() => seqs(reader)).toEqual([1, 2, 3])
  }))

test('a run whose wish gets no answer is polled, however far the relay is with other runs', () =>
  withRuns(async ({ store, follow, join, record, wishes }) => {
    await follow('one')
    await join('one', 1)
    const reader = await follow('two')
    await expect.poll(() => wishes.at(-1)?.runId).toBe('two')
    await store.commit([write('one', 2), write('two', 2)], 'process')
    record({ batch: 1, segments: [segmentOf('one', 2)] })
    await expect.poll(() => seqs(reader)).toEqual([1, 2])
  }))

test('a relay that closes before a run has joined hides nothing of it', () =>
  withRuns(async ({ database, node, store, follow, join, record, wishes, close }) => {
    const give = (nodeId: string) =>
      sql`update runs set node_id = ${nodeId}::uuid where id = 'two'`.execute(database.queries)
    await give(randomUUID())
    const reader = await follow('two')
    await follow('one')
    await join('one', 1)
    await store.commit([write('one', 2), write('two', 2)], 'process')
    // It does not send the second run yet.
    record({ batch: 1, segments: [segmentOf('one', 2)] })
    await give(node.id)
    await expect.poll(() => wishes.at(-1)?.runId).toBe('two')
    close()
    await expect.poll(() => seqs(reader)).toEqual([1, 2])
  }))

test('a relay brings all of a run, and nobody reads the journal for it', () =>
  withRuns(async ({ follow, reads, record, wishes }) => {
    const parts = [{ id: '1', type: 'text', text: 'um' }] as const
    const following = follow('one')
    await expect.poll(() => wishes.length).toBe(1)
    record({ joined: [{ wish: 0, runId: 'one', lastSeq: 7, parts }] })
    const reader = await following
    expect(reader.parts).toEqual(parts)
    record({ segments: [segmentOf('one', 8)] })
    expect(seqs(reader)).toEqual([7, 8])
    expect(reads).toEqual([])
  }))

test('another owner follows nothing, whether the run is followed already or not', () =>
  withRuns(async ({ follow, wishes }) => {
    for (const count of [0, 1]) {
      expect((await follow('one', 'owner-2')).events).toEqual([])
      expect(wishes.length).toBe(count)
      await follow('one')
    }
  }))

test('what is missing when a run joins is read in the database', () =>
  withRuns(async ({ store, follow, join }) => {
    const reader = await follow('one')
    await store.commit([write('one', 2)], 'process')
    await join('one', 2, 1)
    await expect.poll(() => seqs(reader)).toEqual([1, 2])
  }))

test('a hole in what a relay brings is filled from the database, in order', () =>
  withRuns(async ({ store, follow, join, record }) => {
    const reader = await follow('one')
    await join('one', 1)
    for (const seq of [2, 3]) await store.commit([write('one', seq)], 'process')
    record({ batch: 2, segments: [segmentOf('one', 3)] })
    await expect.poll(() => seqs(reader)).toEqual([1, 2, 3])
  }))

test('a relay that has fallen silent is polled below', () =>
  withRuns(async ({ store, follow, join, silence }) => {
    const reader = await follow('one')
    await join('one', 1)
    silence()
    const before = performance.now()
    for (const seq of [2, 3, 4, 5, 6]) {
      await store.commit([write('one', seq)], 'process')
      await expect.poll(() => seqs(reader), { interval: 5 }).toHaveLength(seq)
    }
    // With one look a second it would take five.
    expect(performance.now() - before).toBeLessThan(3500)
  }))

test('a run that its node does not know is polled, and asked for again', () =>
  withRuns(async ({ store, follow, record, wishes }) => {
    const reader = await follow('one')
    await expect.poll(() => wishes.length).toBe(1)
    record({ unknown: [{ wish: 0, runId: 'one' }] })
    await store.commit([write('one', 2)], 'process')
    await expect.poll(() => seqs(reader)).toEqual([1, 2])
    await expect.poll(() => wishes.length).toBe(2)
  }))

test('an answer to an earlier wish is none to a later one', () =>
  withRuns(async ({ store, follow, record, wishes, close }) => {
    const reader = await follow('one')
    await expect.poll(() => wishes.length).toBe(1)
    record({ unknown: [{ wish: 0, runId: 'one' }] })
    await expect.poll(() => wishes.length).toBe(2)
    record({ batch: 5, joined: [{ wish: 0, runId: 'one', lastSeq: 1 }] })
    await store.commit([write('one', 2)], 'process')
    close()
    await expect.poll(() => seqs(reader)).toEqual([1, 2])
  }))

test('an end that comes by a relay needs no database, and one with a hole before it is read there', () =>
  withRuns(async ({ store, follow, join, record }) => {
    const one = await follow('one')
    await join('one', 1)
    const two = await follow('two')
    await join('two', 1)
    record({ ended: [{ runId: 'one', seq: 2, end: { status: 'stopped' } }] })
    expect(one.ended).toMatchObject({ seq: 2, end: { status: 'stopped' } })
    const end = { event: { status: 'completed' }, seq: 3, parts: [] } as const
    await store.commit([{ ...write('two', 2), end: { ...end, parts: [] } }], 'power')
    record({ ended: [{ runId: 'two', seq: 3, end: { status: 'completed' } }] })
    await expect.poll(() => two.ended).toMatchObject({ seq: 3, end: { status: 'completed' } })
    expect(seqs(two)).toEqual([1, 2])
  }))

test('a reader of a run that is erased is sent away, although no relay tells so', () =>
  withRuns(async ({ database, follow, join }) => {
    const reader = await follow('one')
    await join('one', 1)
    await sql`delete from segments where run_id = 'one'`.execute(database.queries)
    await sql`delete from runs where id = 'one'`.execute(database.queries)
    await expect.poll(() => reader.isCut).toBe(true)
  }))

test('a reader that has what a dead server lost waits until the node has stored it again', () =>
  withRuns(async ({ store, follow, reads, close }) => {
    close()
    await store.commit([write('one', 2)], 'process')
    const following = follow('one', OWNER, 3)
    await expect.poll(() => reads.length).toBeGreaterThan(0)
    // Longer than what the reader asks.
    for (let asked = 0; asked < 10; asked++) await store.read({ id: 'one', ownerId: OWNER })
    for (const seq of [3, 4]) await store.commit([write('one', seq)], 'process')
    const reader = await following
    await expect.poll(() => seqs(reader)).toEqual([4])
  }))
