import { expect, test } from 'vitest'
import { createFakeClock } from '../../../../test/harness/fakeClock.ts'
import { runStart } from '../../../../test/harness/log.ts'
import { EventLog } from '../eventLog.ts'
import { firstEvents } from '../storedLog.ts'
import { RecordReader, type RelayRecord } from './relayRecords.ts'
import { RelaySecret } from './relaySecret.ts'
import { RelaySource } from './relaySource.ts'
import { RELAY_BEAT, type RelayStream } from './relayStream.ts'

const MAX_PENDING = 1000

/** A node that writes runs, and what it has sent. */
function openSource() {
  const clock = createFakeClock()
  const secret = new RelaySecret('s')
  const node = { id: 'node-b', isTrusted: true }
  const logs = new Map<string, EventLog>()
  const stopped: string[] = []
  let batch = 0
  const source = new RelaySource({ secret, node, lastBatch: () => batch, clock, maxPending: MAX_PENDING })
  source.start({ log: runId => logs.get(runId), stop: runIds => stopped.push(...runIds) })
  const ask = (from = 'node-a', to = 'node-b') => {
    const asking = source.asking(secret.ask({ from, to }, '{}').authorization)
    if (!asking) throw new Error('not recognised')
    return asking
  }
  return {
    clock,
    node,
    source,
    stopped,
    ask,
    begin(runId: string): EventLog {
      const start = runStart(runId)
      const log = new EventLog({
        ownerId: 'o',
        start,
        startedAt: 0,
        stored: firstEvents(start),
        onPending() {},
      })
      logs.set(runId, log)
      return log
    },
    /** Stores what these runs have to store, as one window does. */
    async store(...stored: EventLog[]): Promise<void> {
      batch += 1
      const writes = stored.flatMap(log => {
        const write = log.takeUnstored()
        return write ? [[log, write] as const] : []
      })
      for (const [log, write] of writes) log.markStored(write)
      await Promise.resolve()
    },
    open(runIds: readonly string[], { from = 'node-a', after = 1 } = {}) {
      const records: RelayRecord[] = []
      const reader = new RecordReader()
      const outlet = {
        pending: 0,
        isCut: false,
        write: (text: string) => void records.push(...reader.read(text)),
        cut() {
          outlet.isCut = true
        },
      }
      const asking = ask(from)
      const wishes = runIds.map((runId, wish) => ({ wish, runId, after }))
      const stream: RelayStream = source.open(asking, { type: 'open', wishes }, outlet)
      return { records, outlet, stream, nonce: asking.nonce }
    },
  }
}

const append = (log: EventLog, content: string) => log.append({ type: 'text-delta', content })

test('one window of many runs is one record, with what is stored and nothing else', async () => {
  const source = openSource()
  const [one, two, three] = [source.begin('one'), source.begin('two'), source.begin('three')]
  const { records, stream } = source.open(['one', 'two'])
  await Promise.resolve()
  expect(records).toMatchObject([{ batch: 0, joined: [{ runId: 'one', lastSeq: 1 }, { runId: 'two' }] }])
  for (const log of [one, two, three]) append(log, 'a')
  append(two, 'b')
  await Promise.resolve()
  expect(records.length).toBe(1)
  await source.store(one, two, three)
  expect(records.length).toBe(2)
  expect(records[1]).toMatchObject({
    batch: 1,
    segments: [
      { run_id: 'one', from_seq: 2, to_seq: 2 },
      { run_id: 'two', from_seq: 2, to_seq: 2, frames: 'id: 2\ndata: {"content":"ab"}\n\n' },
    ],
  })
  stream.close()
})

test('a wish gives what is missing, and then every window', async () => {
  const source = openSource()
  const log = source.begin('one')
  append(log, 'a')
  await source.store(log)
  const { records, stream } = source.open(['one', 'nowhere'], { after: 1 })
  append(log, 'b')
  await source.store(log)
  expect(records.flatMap(({ segments }) => segments).map(row => [row.from_seq, row.to_seq])).toEqual([
    [2, 2],
    [3, 3],
  ])
  expect(records[0]).toMatchObject({
    joined: [{ runId: 'one', lastSeq: 2 }],
    unknown: [{ runId: 'nowhere' }],
  })
  stream.close()
})

test('of a run of which much is missing the message so far is sent', async () => {
  const source = openSource()
  const log = source.begin('one')
  append(log, 'a'.repeat(20_000))
  await source.store(log)
  const { records, stream } = source.open(['one'])
  await Promise.resolve()
  const parts = [{ type: 'text', text: 'a'.repeat(20_000) }]
  expect(records).toMatchObject([{ segments: [], joined: [{ lastSeq: 2, parts }] }])
  stream.close()
})

test('an end comes with its run, and a run that is left comes no more', async () => {
  const source = openSource()
  const [one, two] = [source.begin('one'), source.begin('two')]
  const { records, stream, nonce } = source.open(['one', 'two'])
  const change = { type: 'change', stream: nonce, wishes: [], leaves: ['two'] } as const
  expect(source.source.answer(source.ask(), change)).toBe(204)
  append(two, 'a')
  void one.finish({ status: 'completed' })
  await source.store(one, two)
  expect(records.at(-1)).toMatchObject({ segments: [], ended: [{ runId: 'one', seq: 2 }] })
  stream.close()
})

test('a node that takes nothing is cut, and nothing is kept for it', async () => {
  const source = openSource()
  const log = source.begin('one')
  const { records, outlet, nonce } = source.open(['one'])
  await Promise.resolve()
  outlet.pending = MAX_PENDING + 1
  append(log, 'a')
  await source.store(log)
  expect([records.length, outlet.isCut, log.followerCount]).toEqual([1, true, 0])
  const change = { type: 'change', stream: nonce, wishes: [], leaves: [] } as const
  expect(source.source.answer(source.ask(), change)).toBe(409)
  expect(source.clock.pending).toBe(0)
})

test('a silent stream beats', async () => {
  const source = openSource()
  const { records, stream } = source.open([])
  await source.clock.advance(4 * RELAY_BEAT)
  expect(records.length).toBe(5)
  stream.close()
})

test('a node has one stream, and a later one takes its place', () => {
  const source = openSource()
  const first = source.open([])
  const other = source.open([], { from: 'node-c' })
  const second = source.open([])
  expect([first.outlet.isCut, other.outlet.isCut, second.outlet.isCut]).toEqual([true, false, false])
  for (const { stream } of [other, second]) stream.close()
})

test('a node that may have been taken over gives nothing', async () => {
  const source = openSource()
  const log = source.begin('one')
  const { outlet } = source.open(['one'])
  source.node.isTrusted = false
  expect(source.source.answer(source.ask(), { type: 'open', wishes: [] })).toBe(503)
  source.source.cut()
  expect([outlet.isCut, log.followerCount]).toEqual([true, 0])
})

test('a run that is abandoned is known no more, and the others go on', async () => {
  const source = openSource()
  const [one, two] = [source.begin('one'), source.begin('two')]
  const { records, stream } = source.open(['one', 'two'])
  await Promise.resolve()
  one.abandon()
  append(two, 'a')
  await source.store(two)
  expect(records.slice(1)).toMatchObject([
    { unknown: [{ wish: 0, runId: 'one' }], segments: [{ run_id: 'two' }] },
  ])
  stream.close()
})

test('a request for another node is refused, and a stop reaches the runs', () => {
  const source = openSource()
  const stop = { type: 'stop', runIds: ['one'] } as const
  expect(source.source.answer(source.ask('node-a', 'node-c'), stop)).toBe(421)
  expect(source.stopped).toEqual([])
  expect(source.source.answer(source.ask(), stop)).toBe(204)
  expect(source.stopped).toEqual(['one'])
})
