import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRecordingReader, runStart } from '../../../test/harness/log.ts'
import { foldEvent, goesOn, isJoined, type RunEvent } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { EventLog } from './eventLog.ts'
import { followLog, replayRun } from './followLog.ts'
import { firstEvents } from './storedLog.ts'

type Appended = Parameters<EventLog['append']>[0]

function openLog(): EventLog {
  return new EventLog({
    ownerId: 'owner-1',
    start: runStart(),
    startedAt: 0,
    stored: firstEvents(runStart()),
    onPending: () => {},
  })
}

function store(log: EventLog): void {
  const write = log.takeUnstored()
  if (write) log.markStored(write)
}

function write(log: EventLog, ...contents: string[]): void {
  for (const content of contents) {
    log.append({ type: 'text-delta', content })
    store(log)
  }
}

const seqs = (reader: ReturnType<typeof createRecordingReader>) => reader.events.map(({ seq }) => seq)

test('a late reader gets every token once', () => {
  const log = openLog()
  write(log, 'um', ' dois')
  const reader = createRecordingReader()
  followLog(log, 0, reader)
  write(log, ' três')
  expect(seqs(reader)).toEqual([1, 2, 3, 4])
  expect(reader.parts).toEqual([{ id: '1', type: 'text', text: 'um dois três' }])
})

test('what is not stored is not shown', () => {
  const log = openLog()
  const reader = createRecordingReader()
  followLog(log, 1, reader)
  log.append({ type: 'text-delta', content: 'um' })
  expect(reader.events).toEqual([])
  store(log)
  expect(seqs(reader)).toEqual([2])
})

test('a reader that another node has shown more is never sent back', () => {
  const log = openLog()
  write(log, 'um')
  log.append({ type: 'text-delta', content: ' dois' })
  const sent = log.takeUnstored()
  log.append({ type: 'text-delta', content: ' três' })
  const reader = createRecordingReader()
  followLog(log, 3, reader)
  expect(reader.events).toEqual([])
  if (sent) log.markStored(sent)
  store(log)
  expect(seqs(reader)).toEqual([4])
})

test('a reader that another node has shown the end gets nothing more', () => {
  const log = openLog()
  write(log, 'um')
  void log.finish({ status: 'completed' })
  const sent = log.takeUnstored()
  const reader = createRecordingReader()
  followLog(log, 3, reader)
  expect(reader.events).toEqual([])
  if (sent) log.markStored(sent)
  expect(reader.events).toEqual([])
  expect(reader.hadNothing).toBe(true)
})

test('a reader that falls behind gets nothing until it has drained, and then the rest', () => {
  const log = openLog()
  const reader = createRecordingReader()
  followLog(log, 1, reader)
  write(log, 'um')
  reader.full = true
  const written = reader.writes.length
  write(log, ...Array.from({ length: 500 }, (_, index) => ` ${index}`))
  void log.finish({ status: 'completed' })
  store(log)
  expect(reader.writes.length).toBe(written)
  reader.drain()
  expect(reader.events.map(({ event }) => event.type)).toEqual(['text-delta', 'snapshot'])
  expect(reader.parts).toEqual(log.parts)
  expect(reader.ended).toEqual({ seq: log.lastSeq, end: { status: 'completed' } })
})

test('a reader that left gets nothing more', () => {
  const log = openLog()
  const reader = createRecordingReader()
  const subscription = followLog(log, 1, reader)
  write(log, 'um')
  subscription.unsubscribe()
  write(log, ' dois')
  void log.finish({ status: 'completed' })
  store(log)
  expect(seqs(reader)).toEqual([2])
  expect(reader.ended).toBeUndefined()
  expect(log.followerCount).toBe(0)
})

test('memory of a long reply is bounded: its old events give way to a snapshot', () => {
  const log = openLog()
  write(log, ...Array.from({ length: 3000 }, (_, index) => `${index} `.padEnd(40, 'x')))
  expect(log.framesAfter(1)).toBeUndefined()
  expect(log.framesAfter(log.lastSeq - 5)?.match(/^id: /gm)?.length).toBe(5)
  const reader = createRecordingReader()
  followLog(log, 1, reader)
  expect(reader.events.map(({ event }) => event.type)).toEqual(['snapshot'])
  expect(reader.parts).toEqual(log.parts)
})

const appended = fc.oneof(
  fc.record({
    type: fc.constantFrom('text-delta' as const, 'refusal-delta' as const, 'reasoning-delta' as const),
    content: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  }),
  fc.record({ type: fc.constant('source-add' as const), url: fc.webUrl(), title: fc.string() }),
)

/** Each inner list is one transaction. */
const commits = fc.array(fc.array(appended, { minLength: 1, maxLength: 5 }), { maxLength: 40 })

describe('whatever a reader missed', () => {
  test('its view becomes the fold of the log, with every event once', () => {
    fc.assert(
      fc.property(commits, fc.nat(60), fc.nat(40), fc.boolean(), (groups, after, joins, finished) => {
        const log = openLog()
        const expected: Part[] = []
        const before: RunEvent[] = []
        const reader = createRecordingReader()
        const join = () => {
          const seen = Math.min(after, log.lastSeq)
          for (const event of before.slice(0, seen)) foldEvent(reader.parts, event)
          followLog(log, seen, reader)
          return seen
        }
        let seen: number | undefined
        groups.forEach((group, index) => {
          if (index === joins) seen = join()
          for (const event of group) log.append(event as Appended)
          const taken = log.takeUnstored()
          const merged = mergedEvents(group as Appended[])
          if (before.length === 0) before.push({ type: 'run-start', ...runStart() })
          before.push(...merged)
          if (taken) log.markStored(taken)
          for (const event of merged) foldEvent(expected, event)
        })
        if (before.length === 0) before.push({ type: 'run-start', ...runStart() })
        if (finished) {
          void log.finish({ status: 'completed' })
          store(log)
        }
        seen ??= join()
        expect(log.parts).toEqual(expected)
        expect(reader.parts).toEqual(expected)
        const [first] = reader.events
        if (first && first.event.type !== 'snapshot') {
          expect(seqs(reader)).toEqual(reader.events.map((_, index) => (seen ?? 0) + index + 1))
        }
        if (finished) expect(reader.ended?.seq ?? log.lastSeq).toBe(log.lastSeq)
      }),
      { numRuns: 500 },
    )
  })

  test('after the end it is replayed from storage, or folded into a snapshot when the log is gone', async () => {
    const log = openLog()
    write(log, 'um', ' dois')
    void log.finish({ status: 'stopped' })
    store(log)
    const run = {
      start: runStart(),
      parts: log.parts,
      end: { status: 'stopped' as const },
      lastSeq: log.lastSeq,
    }
    for (const [frames, expected] of [
      [log.framesAfter(1), ['text-delta', 'text-delta']],
      [undefined, ['snapshot']],
    ] as const) {
      const reader = createRecordingReader()
      await replayRun({ store: { framesAfter: async () => frames }, run }, 1, reader)
      expect(reader.events.map(({ event }) => event.type)).toEqual(expected)
      expect(reader.parts).toEqual(log.parts)
      expect(reader.ended).toEqual({ seq: 4, end: { status: 'stopped' } })
    }
  })
})

test('a run that a later process continued and ended without an event is replayed as a snapshot', async () => {
  const log = openLog()
  write(log, 'um')
  const run = {
    start: runStart(),
    parts: log.parts,
    end: { status: 'stopped' as const },
    lastSeq: log.lastSeq + 1001,
  }
  const frames = async (_: string, seq: number) => log.framesAfter(seq) || undefined
  for (const after of [0, 1, log.lastSeq, log.lastSeq + 500]) {
    const reader = createRecordingReader()
    await replayRun({ store: { framesAfter: frames }, run }, after, reader)
    expect(reader.events.map(({ seq, event }) => [seq, event.type])).toEqual([[run.lastSeq - 1, 'snapshot']])
    expect(reader.parts).toEqual(log.parts)
  }
})

/** Deltas of one kind in a row are one event. */
function mergedEvents(events: readonly Appended[]): RunEvent[] {
  const merged: RunEvent[] = []
  for (const event of events) {
    const last = merged.at(-1)
    if (last && isJoined(last) && isJoined(event) && goesOn(last, event)) last.content += event.content
    else merged.push({ ...event })
  }
  return merged
}
