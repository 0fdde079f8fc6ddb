import { type Logger, pino } from 'pino'
import { expect, test } from 'vitest'
import { createFakeClock, type FakeClock } from '../../../test/harness/fakeClock.ts'
import { createRecordingReader, runStart, silentLogger } from '../../../test/harness/log.ts'
import { createScriptedStore } from '../../../test/harness/runStores.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { type DeltaEvent, EVENTS } from '../../protocol/events.ts'
import { PARTS } from '../../protocol/parts.ts'
import { CommitWindow } from '../log/commitWindow.ts'
import { followLog } from '../log/followLog.ts'
import { firstEvents } from '../log/storedLog.ts'
import { createActiveRuns } from './activeRuns.ts'
import { DETACHED, type Provider, type ProviderChunk } from './provider.ts'

const REQUEST = { model: 'test-model', instructions: '', history: [], locale: 'en' } as const

function setUp(
  generate: (attempt: number, signal: AbortSignal) => AsyncIterable<ProviderChunk>,
  logger: Logger = silentLogger,
) {
  const clock = createFakeClock()
  const store = createScriptedStore()
  const window = new CommitWindow({ store, clock, logger: silentLogger, windowMs: 25 })
  const signals: AbortSignal[] = []
  const provider: Provider = {
    name: 'scripted',
    generate(_request, signal) {
      signals.push(signal)
      return generate(signals.length, signal)
    },
  }
  const runs = createActiveRuns({
    provider,
    window,
    clock,
    logger,
    random: () => 0.5,
    maxAttempts: 3,
    maxReplyLength: 1000,
  })
  const prepare = (runId: string) => {
    const start = runStart(runId)
    return runs.prepare({ ownerId: 'owner-1', start, startedAt: clock.now(), stored: firstEvents(start) })
  }
  return { clock, store, runs, signals, prepare }
}

function pause(clock: FakeClock, ms: number): Promise<void> {
  return new Promise(resolve => void clock.schedule(resolve, ms))
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

test('a second attempt drops the checkpoint of the first one', async () => {
  const { clock, store, prepare } = setUp(async function* (attempt, signal) {
    if (attempt === 1) {
      yield { type: 'checkpoint', checkpoint: 'of the first attempt' }
      throw new RiachoError('UPSTREAM_OVERLOADED', 'overloaded', { beforeFirstByte: true })
    }
    await aborted(signal)
  })
  const run = prepare('run-1').start({ request: REQUEST })
  await clock.advance(500)
  expect(run.state).toBe('waiting')
  expect(run.detach()).toBe(false)
  await clock.advance(1500)
  expect(run.state).toBe('asking')
  const checkpoints = store.commits.flatMap(({ writes }) => writes).map(write => write.checkpoint)
  expect(checkpoints.at(-1)).toBeNull()
  void run.stop()
  await clock.advance(50)
})

test('a run detaches only if the provider keeps its reply, and then stores nothing more', async () => {
  const { clock, store, signals, prepare } = setUp(async function* (_attempt, signal) {
    yield { type: 'text-delta', content: 'um' }
    yield { type: 'checkpoint', checkpoint: 'after um' }
    await aborted(signal)
    yield { type: 'text-delta', content: ' dois' }
  })
  const run = prepare('run-1').start({ request: REQUEST })
  await clock.advance(50)
  expect(run.detach()).toBe(true)
  expect(signals[0]?.reason).toBe(DETACHED)
  await clock.advance(2000)
  expect(store.commits.flatMap(({ writes }) => writes).some(write => write.end)).toBe(false)
  expect(run.state).toBe('detached')
})

test('a retry after a failure with usage drops that usage', async () => {
  const { clock, signals, prepare } = setUp(async function* (attempt) {
    if (attempt === 1) {
      yield { type: 'usage', usage: { inputTokens: 9, outputTokens: 0 } }
      throw new RiachoError('UPSTREAM_OVERLOADED', 'overloaded', { beforeFirstByte: true })
    }
    yield { type: 'text-delta', content: 'um' }
  })
  const run = prepare('run-1').start({ request: REQUEST })
  await clock.advance(5000)
  expect(signals.length).toBe(2)
  const end = await run.ended
  expect(end).toMatchObject({ status: 'completed' })
  expect(end.usage).toBeUndefined()
})

test('a stop before the run starts ends it as soon as it starts', async () => {
  const { clock, runs, signals, prepare } = setUp(async function* (_attempt, signal) {
    await aborted(signal)
    yield { type: 'text-delta', content: 'um' }
  })
  const prepared = prepare('run-1')
  const stops = [runs.stop('run-1'), runs.stop('run-1')]
  expect(runs.stop('run-2')).toBeUndefined()
  const run = prepared.start({ request: REQUEST })
  await clock.advance(50)
  expect(await Promise.all(stops)).toMatchObject([{ status: 'stopped' }, { status: 'stopped' }])
  expect(run.state).toBe('ended')
  expect(signals.every(({ aborted }) => aborted)).toBe(true)
  expect(runs.size).toBe(0)
})

test('a run times its reply from its start, including waits', async () => {
  const { clock, prepare } = setUp(async function* (attempt) {
    if (attempt === 1) throw new RiachoError('UPSTREAM_OVERLOADED', 'overloaded', { beforeFirstByte: true })
    await pause(clock, 100)
    yield { type: 'reasoning-delta', content: 'hm' }
    await pause(clock, 300)
    yield { type: 'text-delta', content: 'um' }
    await pause(clock, 600)
    yield { type: 'text-delta', content: ' dois' }
  })
  const run = prepare('run-1').start({ request: REQUEST })
  await clock.advance(5000)
  const timing = { firstTokenMs: 1400, reasoningMs: 300, totalMs: 2000 }
  expect(await run.ended).toEqual({ status: 'completed', timing })
})

const DELTAS = Object.entries(EVENTS).filter(([, { effect }]) => effect === 'delta')

test.each(DELTAS)('a reply of nothing but %s completes if people see its text', async (type, kind) => {
  const { clock, prepare } = setUp(async function* () {
    yield { type, content: 'um' } as DeltaEvent
  })
  const run = prepare('run-1').start({ request: REQUEST })
  await clock.advance(50)
  const isSeen = 'part' in kind && PARTS[kind.part].isVisibleText
  expect((await run.ended).status).toBe(isSeen ? 'completed' : 'failed')
})

test('every reader of every run learns of an outage, also one that comes during it', async () => {
  const { clock, store, runs, prepare } = setUp(async function* (_attempt, signal) {
    for (let word = 0; word < 3; word++) {
      yield { type: 'text-delta', content: ` w${word}` }
      await clock.advance(0)
    }
    await aborted(signal)
  })
  const readers = ['run-1', 'run-2'].map(runId => {
    prepare(runId).start({ request: REQUEST })
    return { runId, reader: createRecordingReader() }
  })
  store.refusal = new RiachoError('STORAGE_UNAVAILABLE', 'disk full')
  for (const { runId, reader } of readers) {
    const log = runs.log(runId)
    if (log) followLog(log, 1, reader)
  }
  await clock.advance(1000)
  const late = createRecordingReader()
  const log = runs.log('run-1')
  if (log) followLog(log, 1, late)
  for (const { reader } of [...readers, { reader: late }]) {
    expect(reader.writes.filter(frames => frames.startsWith('event: run-wait')).length).toBe(1)
  }
  store.refusal = undefined
  await clock.advance(1000)
  expect(late.parts).toEqual([{ id: '1', type: 'text', text: ' w0 w1 w2' }])
  for (const run of runs.active()) void run.stop()
  await clock.advance(1000)
})

test('what the provider said is in the log', async () => {
  const lines: string[] = []
  const logger = pino({}, { write: line => void lines.push(line) })
  const address = 'http://provider.test/v1/responses'
  const upstream = { status: 422, code: 'x', words: 'Extra' }
  const { clock, prepare } = setUp(async function* () {
    yield* []
    throw new RiachoError('UPSTREAM_ERROR', '422 x Extra', { address, upstream })
  }, logger)
  prepare('run-1').start({ request: REQUEST })
  await clock.advance(50)
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ code: 'UPSTREAM_ERROR', address, upstream })
})
