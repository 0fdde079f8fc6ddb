import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { runStart, silentLogger } from '../../../test/harness/log.ts'
import { createScriptedStore } from '../../../test/harness/runStores.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { CommitWindow } from './commitWindow.ts'
import { EventLog } from './eventLog.ts'
import { firstEvents } from './storedLog.ts'

function setUp({ durability = 'process' }: { durability?: 'process' | 'power' } = {}) {
  const clock = createFakeClock()
  const store = createScriptedStore()
  const refusals: number[] = []
  const unstorable: string[] = []
  const window = new CommitWindow({
    store,
    clock,
    logger: silentLogger,
    windowMs: 25,
    durability,
    onRefused: forMs => refusals.push(forMs),
    onUnstorable: ({ start }) => unstorable.push(start.runId),
  })
  const openLog = (runId: string) =>
    new EventLog({
      ownerId: 'owner-1',
      start: runStart(runId),
      startedAt: clock.now(),
      stored: firstEvents(runStart(runId)),
      onPending: (log, urgent) => window.requestCommit(log, urgent),
    })
  const texts = () =>
    store.commits.map(({ writes }) =>
      writes.map(write => write.segment?.frames.match(/"content":"(.*?)"/)?.[1]),
    )
  return { clock, store, window, openLog, texts, refusals, unstorable }
}

test('the first text of a run is stored without waiting for the window', async () => {
  const { clock, openLog, texts } = setUp()
  openLog('a').append({ type: 'text-delta', content: 'um' })
  await clock.advance(0)
  expect(texts()).toEqual([['um']])
})

test('later deltas of all runs share one transaction a window', async () => {
  const { clock, openLog, texts } = setUp()
  const [a, b] = [openLog('a'), openLog('b')]
  a.append({ type: 'text-delta', content: 'a' })
  b.append({ type: 'text-delta', content: 'b' })
  await clock.advance(0)
  a.append({ type: 'text-delta', content: 'x' })
  await clock.advance(4)
  b.append({ type: 'text-delta', content: 'y' })
  a.append({ type: 'text-delta', content: 'z' })
  await clock.advance(6)
  expect(texts()).toEqual([['a', 'b']])
  await clock.advance(1)
  expect(texts()).toEqual([
    ['a', 'b'],
    ['xz', 'y'],
  ])
})

test('an urgent commit for one run leaves the others to their window', async () => {
  const { clock, openLog, texts } = setUp()
  const [a, b] = [openLog('a'), openLog('b')]
  a.append({ type: 'text-delta', content: 'a' })
  await clock.advance(4)
  a.append({ type: 'text-delta', content: 'x' })
  await clock.advance(2)
  b.append({ type: 'text-delta', content: 'b' })
  await clock.advance(0)
  expect(texts()).toEqual([['a'], ['b']])
  await clock.advance(5)
  expect(texts()).toEqual([['a'], ['b'], ['x']])
})

test('first texts of other runs hold no text up for longer than its window, however slow the disk', async () => {
  const { clock, openLog, store, texts } = setUp()
  const steady = openLog('steady')
  steady.append({ type: 'text-delta', content: 'first' })
  await clock.advance(0)
  steady.append({ type: 'text-delta', content: 'steady' })
  for (let count = 0; count < 4; count++) {
    const slow = Promise.withResolvers<void>()
    store.held = slow.promise
    openLog(`run-${count}`).append({ type: 'text-delta', content: 'x' })
    await clock.advance(10)
    openLog(`next-${count}`).append({ type: 'text-delta', content: 'y' })
    await clock.advance(10)
    slow.resolve()
    await clock.advance(0)
  }
  expect(texts().findIndex(commit => commit.includes('steady'))).toBeLessThanOrEqual(4)
  expect(texts().flat()).toContain('steady')
})

test.each([-600_000, 600_000])('a time of day that is set by %i ms delays no commit', async ms => {
  const { clock, openLog, texts } = setUp()
  const log = openLog('a')
  log.append({ type: 'text-delta', content: 'um' })
  await clock.advance(0)
  clock.setTimeOfDay(ms)
  log.append({ type: 'text-delta', content: 'dois' })
  await clock.advance(25)
  expect(texts()).toEqual([['um'], ['dois']])
})

test('the more runs are active, the longer is the window', async () => {
  const { clock, openLog, store } = setUp()
  const logs = Array.from({ length: 200 }, (_, index) => openLog(`run-${index}`))
  const append = (count: number) => {
    for (const log of logs.slice(0, count)) log.append({ type: 'text-delta', content: 'x' })
  }
  const windowAfter = async (count: number) => {
    append(count)
    await clock.advance(100)
    append(count)
    await clock.advance(0)
    const began = clock.now()
    append(count)
    const { length } = store.commits
    while (store.commits.length === length) await clock.advance(1)
    return clock.now() - began
  }
  append(200)
  await clock.advance(0)
  expect(await windowAfter(200)).toBe(45)
  expect(await windowAfter(50)).toBe(28)
  expect(await windowAfter(1)).toBe(11)
})

test('an end is stored at once, with the text before it, and survives power loss', async () => {
  const { clock, openLog, store } = setUp()
  const log = openLog('a')
  log.append({ type: 'text-delta', content: 'um' })
  await clock.advance(0)
  log.append({ type: 'text-delta', content: ' dois' })
  const ended = log.finish({ status: 'completed' })
  await clock.advance(0)
  expect(await ended).toEqual({ status: 'completed' })
  expect(store.commits.map(({ durability }) => durability)).toEqual(['process', 'power'])
  expect(store.commits[1]?.writes[0]).toMatchObject({
    segment: { fromSeq: 3, toSeq: 3 },
    end: { seq: 4, parts: [{ id: '1', type: 'text', text: 'um dois' }] },
  })
})

test('unfinished text is synced within a second, also when the run falls silent', async () => {
  const { clock, openLog, store } = setUp()
  openLog('a').append({ type: 'text-delta', content: 'um' })
  await clock.advance(999)
  expect(store.commits.map(({ durability }) => durability)).toEqual(['process'])
  await clock.advance(1)
  expect(store.commits.map(({ durability }) => durability)).toEqual(['process', 'power'])
  expect(clock.pending).toBe(0)
})

test('with power durability each commit is synced, so that no text waits for a sync', async () => {
  const { clock, openLog, store } = setUp({ durability: 'power' })
  const log = openLog('a')
  for (const content of ['um', ' dois', ' três']) {
    log.append({ type: 'text-delta', content })
    await clock.advance(25)
  }
  expect(store.commits.map(({ durability }) => durability)).toEqual(['power', 'power', 'power'])
  expect(clock.pending).toBe(0)
})

test('events appended while a transaction is under way wait for the next one', async () => {
  const { clock, openLog, store, texts } = setUp()
  const held = Promise.withResolvers<void>()
  store.held = held.promise
  const log = openLog('a')
  log.append({ type: 'text-delta', content: 'um' })
  await clock.advance(0)
  log.append({ type: 'text-delta', content: 'dois' })
  await clock.advance(100)
  expect(store.commits).toEqual([])
  held.resolve()
  await clock.advance(25)
  expect(texts()).toEqual([['um'], ['dois']])
  expect(log.lastSeq).toBe(3)
})

test('what cannot be stored is not shown, and is stored once the database takes it again', async () => {
  const { clock, openLog, store, refusals, window } = setUp()
  const log = openLog('a')
  const shown: string[] = []
  let refused = 0
  log.follow({ stored: frames => shown.push(frames), refused: () => refused++, ended() {}, cut() {} })
  store.refusal = new RiachoError('STORAGE_UNAVAILABLE', 'disk full')
  log.append({ type: 'text-delta', content: 'um' })
  await clock.advance(600)
  log.append({ type: 'text-delta', content: ' dois' })
  await clock.advance(600)
  expect([shown, log.lastSeq, refused]).toEqual([[], 1, 1])
  expect(refusals.at(-1)).toBeGreaterThanOrEqual(1000)
  store.refusal = undefined
  await clock.advance(250)
  expect(shown.join('')).toBe('id: 2\ndata: {"content":"um"}\n\nid: 3\ndata: {"content":" dois"}\n\n')
  expect(store.commits[0]?.writes[0]?.segment).toMatchObject({ fromSeq: 2, toSeq: 3 })
  window.close()
  expect(clock.pending).toBe(0)
})

test('a log that can never be stored is given up, and the others are stored', async () => {
  const { clock, openLog, store, texts, unstorable, refusals, window } = setUp()
  const [a, b, c] = [openLog('a'), openLog('b'), openLog('c')]
  store.refusalOf = ({ start }) => (start.runId === 'b' ? new Error('out of range') : undefined)
  for (const [log, content] of [
    [a, 'um'],
    [b, 'dois'],
    [c, 'três'],
  ] as const)
    log.append({ type: 'text-delta', content })
  await clock.advance(0)
  expect(texts()).toEqual([['um'], ['três']])
  expect(unstorable).toEqual(['b'])
  a.append({ type: 'text-delta', content: ' mais' })
  b.append({ type: 'text-delta', content: ' nada' })
  await clock.advance(100)
  expect(texts()).toEqual([['um'], ['três'], [' mais']])
  expect(refusals).toEqual([])
  window.close()
})

test('text that waits for a sync that gets no answer is refused as long, and says so', async () => {
  const { clock, store, openLog, refusals } = setUp()
  const log = openLog('a')
  log.append({ type: 'text-delta', content: 'um' })
  await clock.advance(0)
  const answer = Promise.withResolvers<void>()
  let stalls: (() => void) | undefined
  store.sync = onStalled => {
    stalls = () => onStalled?.(new RiachoError('STORAGE_UNAVAILABLE'))
    return answer.promise
  }
  await clock.advance(1000)
  store.held = answer.promise
  log.append({ type: 'text-delta', content: ' dois' })
  await clock.advance(50)
  stalls?.()
  await clock.advance(100)
  stalls?.()
  expect(refusals).toEqual([0, 100])
  expect(log.isRefused).toBe(true)
  answer.resolve()
  await clock.advance(1000)
  expect(log.isRefused).toBe(false)
})

test('whoever waits for a sync gets one, also if everything is stored already', async () => {
  const { clock, store, openLog } = setUp()
  const log = openLog('a')
  log.append({ type: 'text-delta', content: 'um' })
  await clock.advance(50)
  expect(store.commits.map(({ durability }) => durability)).toEqual(['process'])
  const synced = log.whenSynced()
  await clock.advance(50)
  expect(store.commits.map(({ durability }) => durability)).toEqual(['process', 'power'])
  expect(await synced).toBe(true)
})

test('a commit under way counts for nobody who begins to wait for a sync', async () => {
  const { clock, store, openLog } = setUp()
  const log = openLog('a')
  const held = Promise.withResolvers<void>()
  store.held = held.promise
  log.append({ type: 'text-delta', content: 'um' })
  await clock.advance(0)
  let isSynced = false
  const synced = log.whenSynced().then(() => {
    isSynced = true
  })
  const next = Promise.withResolvers<void>()
  store.held = next.promise
  held.resolve()
  await clock.advance(0)
  expect(store.commits.map(({ durability }) => durability)).toEqual(['process'])
  expect(isSynced).toBe(false)
  next.resolve()
  await clock.advance(50)
  await synced
  expect(store.commits.map(({ durability }) => durability)).toEqual(['process', 'power'])
})

test('whoever waits for a sync learns that another node writes the run now', async () => {
  const { clock, store, openLog } = setUp()
  const log = openLog('a')
  store.held = new Promise(() => {})
  log.append({ type: 'text-delta', content: 'um' })
  const synced = log.whenSynced()
  await clock.advance(0)
  log.abandon()
  expect(await synced).toBe(false)
})
