import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createParser } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import { decodeFrame } from '../../src/protocol/sse.ts'
import { type Frame, readersOf, TestClient, type TestStream, textOfFrames } from '../harness/client.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { startHurriedServer } from '../network/hurriedServer.ts'
import { countedTokens, createUpstream, type Gate, type Upstream } from '../upstream/upstream.ts'

const TOKENS = countedTokens(6)

interface Live extends AsyncDisposable {
  gates: Gate[]
  /** Each over a stream of its own. */
  streams: TestStream[]
  runIds: string[]
}

/** Starts runs and waits for a first text of each. */
async function startRuns(upstream: Upstream, owner: TestClient, count: number): Promise<Live> {
  const gates: Gate[] = []
  const streams: TestStream[] = []
  for (let index = 0; index < count; index++) {
    const gate = upstream.hold({ tokens: TOKENS })
    const stream = await owner.send({ content: `Conte ${index}` })
    await gate.next()
    await stream.untilText('t0')
    gates.push(gate)
    streams.push(stream)
  }
  return {
    gates,
    streams,
    runIds: streams.map(({ start }) => start.runId),
    async [Symbol.asyncDispose]() {
      for (const stream of streams) await stream.cut()
    },
  }
}

/** Whole frames, without comments. */
function framesOf(raw: string): string[] {
  const frames = raw.split('\n\n').slice(0, -1)
  return frames.filter(frame => !frame.startsWith(':')).map(frame => `${frame}\n\n`)
}

/** The frames of one run, from a stream of many. */
function partOf(raw: string, runId: string): string {
  let speaker: string | undefined
  let part = ''
  for (const frame of framesOf(raw)) {
    const [, mark, named] = /^event: (run(?:-done|-gone)?)\ndata: \{"runId":"(.+)"\}/.exec(frame) ?? []
    if (mark === 'run') speaker = named
    else if (!mark && speaker === runId) part += frame
  }
  return part
}

function parsed(part: string): Frame[] {
  const frames: Frame[] = []
  const parser = createParser({
    onEvent({ id, event: name, data }) {
      const event = decodeFrame(name, data)
      if (event) frames.push({ seq: Number(id), event })
    },
  })
  parser.feed(part)
  return frames
}

const fromStart = (runIds: readonly string[]) => runIds.map(runId => ({ runId, seq: 0 }))

test('each run comes byte for byte as on its own stream, after a frame that says whose it is', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const owner = server.client()
  await using live = await startRuns(upstream, owner, 3)
  await using many = await owner.followMany(fromStart(live.runIds))
  for (let token = 1; token < TOKENS.length; token++) {
    for (const [index, gate] of live.gates.entries()) {
      await gate.next()
      await live.streams[index]?.untilText(`t${token}`)
    }
  }
  for (const gate of live.gates) gate.open()
  expect(await many.closed).toBe(true)
  for (const stream of live.streams) {
    await stream.closed
    expect(partOf(many.raw, stream.start.runId)).toBe(framesOf(stream.raw).join(''))
  }
  const marks = framesOf(many.raw).filter(frame => frame.startsWith('event: run\n'))
  expect(marks.length).toBeGreaterThan(3)
  for (const mark of marks) expect(mark).toMatch(/^event: run\ndata: \{"runId":"[\da-f-]{36}"\}\n\n$/)
  for (const [index, mark] of marks.entries()) expect(mark).not.toBe(marks[index + 1])
  expect(framesOf(many.raw)[0]).toBe(marks[0])
})

test('a long text of one run is not overtaken by the next run', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const owner = server.client()
  const runIds: string[] = []
  for (const text of ['um '.repeat(20_000), 'dois']) {
    upstream.reply({ tokens: [text] })
    await using stream = await owner.send({ content: 'Oi' })
    await stream.end()
    runIds.push(stream.start.runId)
  }
  await using many = await owner.followMany(fromStart(runIds))
  await many.closed
  const texts = runIds.map(runId => textOfFrames(parsed(partOf(many.raw, runId))))
  expect(texts).toEqual(['um '.repeat(20_000), 'dois'])
})

test('each run continues after its own seq, and the headers are those of a single run', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const owner = server.client()
  await using live = await startRuns(upstream, owner, 2)
  const [first = '', second = ''] = live.runIds
  await using one = await owner.follow(first)
  await using many = await owner.followMany([
    { runId: first, seq: 1 },
    { runId: second, seq: 2 },
  ])
  const { date: _, ...expected } = one.headers
  expect(many.headers).toMatchObject(expected)
  expect(many.status).toBe(200)
  for (const gate of live.gates) gate.open()
  await many.closed
  expect(partOf(many.raw, first)).toMatch(/^id: 2\n/)
  expect(partOf(many.raw, second)).toMatch(/^id: 3\n/)
})

test('ended runs are replayed as on their own streams, and then the stream ends', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: TOKENS })
  await using server = await startServer({ upstream })
  const owner = server.client()
  const runIds: string[] = []
  for (let index = 0; index < 50; index++) {
    await using stream = await owner.send({ content: `Conte ${index}` })
    await stream.end()
    runIds.push(stream.start.runId)
  }
  await using many = await owner.followMany(fromStart(runIds))
  expect(await many.closed).toBe(true)
  for (const runId of runIds) {
    await using one = await owner.follow(runId)
    await one.end()
    expect(partOf(many.raw, runId)).toBe(one.raw)
  }
})

test('the end of a failed reply is in the language of the reader', async () => {
  await using upstream = await createUpstream()
  upstream.reply('eof')
  await using server = await startServer({ upstream })
  const owner = server.client()
  await using stream = await owner.send({ content: 'Oi' }, { 'accept-language': 'es' })
  await stream.end()
  await using many = await owner.followMany([{ runId: stream.start.runId, seq: stream.lastSeq - 1 }])
  expect(await many.end()).toMatchObject({ message: ERROR_MESSAGES['pt-BR'].UPSTREAM_TRUNCATED })
})

test('a silent stream gets a heartbeat at once, and more later', async () => {
  await using upstream = await createUpstream()
  upstream.reply('hang-between-tokens')
  await using server = await startHurriedServer({ upstream })
  const owner = server.client()
  await using stream = await owner.send({ content: 'Oi' })
  await stream.untilText('Olá')
  await using many = await owner.followMany([{ runId: stream.start.runId, seq: stream.lastSeq }])
  await expect.poll(() => many.raw).toBe(': \n\n')
  await expect.poll(() => many.raw.match(/^: $/gm)?.length ?? 0, { timeout: 5000 }).toBeGreaterThan(1)
})

test('every run drops a reader that leaves', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const owner = server.client()
  await using live = await startRuns(upstream, owner, 3)
  await using many = await owner.followMany(fromStart(live.runIds))
  await many.untilText('t0')
  expect(await readersOf(owner)).toBe(4)
  await many.cut()
  await expect.poll(() => readersOf(owner)).toBe(3)
  for (const gate of live.gates) gate.open()
  for (const stream of live.streams) expect(await stream.end()).toMatchObject({ status: 'completed' })
})

/** The replies are long, because the kernel takes some megabytes for a reader that reads nothing. */
const LONG_TOKENS = Array.from({ length: 16 }, (_, index) => `${index} `.padEnd(128 * 1024, 'riacho '))
const LONG_TEXT = LONG_TOKENS.join('')
const LONG_RUNS = 12
/** What a reader that never reads may cost: its budget of 256 KiB, one write, and the part of the test in it. */
const MAX_COST = 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

async function heldBytes(): Promise<number> {
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    collect()
    const { heapUsed, external, arrayBuffers } = process.memoryUsage()
    const held = heapUsed + external + arrayBuffers
    if (held > before - 64 * 1024) return held
    before = held
    await new Promise(resolve => setImmediate(resolve))
  }
}

interface Stalled extends AsyncDisposable {
  answer: Promise<TestStream>
  readsOn(): void
}

/** Follows runs over one stream, and reads nothing of it. */
async function stalledReader(server: TestServer, owner: TestClient, runIds: string[]): Promise<Stalled> {
  const before = await readersOf(owner)
  const proxy = await createFaultProxy(Number(new URL(server.url).port), { stalls: true })
  const client = new TestClient(proxy.url)
  client.cookie = owner.cookie
  const answer = client.followMany(fromStart(runIds))
  answer.catch(() => {})
  await expect.poll(() => readersOf(owner)).toBe(before + 1)
  return { answer, readsOn: () => proxy.set({}), [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() }
}

/** Measures the bytes that the process holds for a reader, then disconnects it. */
async function costOf(owner: TestClient, reader: Stalled): Promise<number> {
  const count = await readersOf(owner)
  const withIt = await heldBytes()
  await reader[Symbol.asyncDispose]()
  await expect.poll(() => readersOf(owner)).toBe(count - 1)
  return withIt - (await heldBytes())
}

test('a reader of many runs that reads nothing costs one budget, and gets a snapshot of each when it reads', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({
    upstream,
    settings: { COMMIT_WINDOW_MS: '5', MAX_REPLY_LENGTH: '10000000' },
  })
  const owner = server.client()
  const gates = Array.from({ length: LONG_RUNS }, () => upstream.hold({ tokens: LONG_TOKENS }))
  const streams: TestStream[] = []
  for (const _ of gates) streams.push(await owner.send({ content: 'Conte tudo' }))
  const runIds = streams.map(({ start }) => start.runId)
  await using slow = await stalledReader(server, owner, runIds)
  await using measured = await stalledReader(server, owner, runIds)
  for (const _ of LONG_TOKENS) {
    for (const [index, gate] of gates.entries()) {
      const stream = streams[index] as TestStream
      const { lastSeq } = stream
      await gate.next()
      await stream.until(({ seq }) => seq > lastSeq)
    }
  }
  expect(await costOf(owner, measured)).toBeLessThan(MAX_COST)
  await using late = await stalledReader(server, owner, runIds)
  expect(await costOf(owner, late)).toBeLessThan(2 * LONG_TEXT.length + MAX_COST)
  for (const gate of gates) gate.open()
  for (const stream of streams) await stream.end()
  slow.readsOn()
  await using many = await slow.answer
  expect(await many.closed).toBe(true)
  for (const runId of runIds) {
    const frames = parsed(partOf(many.raw, runId))
    expect(frames.slice(-2).map(({ event }) => event.type)).toEqual(['snapshot', 'run-end'])
    expect(textOfFrames(frames) === LONG_TEXT).toBe(true)
  }
}, 60_000)
