import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { readersOf, TestClient, type TestStream } from '../harness/client.ts'
import { createFaultProxy, type FaultProxy, type Faults } from '../harness/faultProxy.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

/** The kernel takes some megabytes for a reader that reads nothing: a reply has to be longer for the server to feel it. */
const TOKENS = Array.from({ length: 64 }, (_, index) => `${index} `.padEnd(128 * 1024, 'riacho '))
const TEXT = TOKENS.join('')
const SETTINGS = { COMMIT_WINDOW_MS: '5', MAX_REPLY_LENGTH: '10000000' }

/** The most that a reader that never reads may cost: its budget of 256 KiB, one write, and the test's side of it. */
const MAX_COST = 768 * 1024

type Server = Pick<TestServer, 'url' | 'client'>

/** Bytes that the process holds on to, once all garbage is collected: some of it falls due only in a later turn. */
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

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const proxyOf = (server: Server, faults: Faults) => createFaultProxy(Number(new URL(server.url).port), faults)

const untilOpenStreams = (server: Server, count: number) =>
  expect.poll(() => readersOf(server.client()), { timeout: 5000, interval: 10 }).toBe(count)

async function expectStored(owner: TestClient, conversationId: string): Promise<void> {
  const { body } = await owner.get(`/api/chat/conversations/${conversationId}`)
  expect(body.messages[1]?.status).toBe('completed')
  expect(textOf(body.messages[1]?.parts ?? [])).toBe(TEXT)
}

interface Behind extends AsyncDisposable {
  proxy: FaultProxy
  /** Their streams, once they have read the first byte. */
  streams: Promise<TestStream>[]
}

/** Readers of a run behind faulty links of their own. */
async function readersBehind(
  server: Server,
  owner: TestClient,
  { runId, count, faults }: { runId: string; count: number; faults: Faults },
): Promise<Behind> {
  const proxy = await proxyOf(server, faults)
  const before = await readersOf(server.client())
  const streams = Array.from({ length: count }, () => {
    const client = new TestClient(proxy.url)
    client.cookie = owner.cookie
    const stream = client.follow(runId)
    stream.catch(() => {})
    return stream
  })
  await untilOpenStreams(server, before + count)
  return { proxy, streams, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() }
}

/** Bytes that the process holds for each of these readers, the test's side of it included. Lets them go. */
async function costOfEach(server: Server, readers: Behind): Promise<number> {
  const count = readers.streams.length
  const open = await readersOf(server.client())
  const withThem = await heldBytes()
  await readers[Symbol.asyncDispose]()
  await untilOpenStreams(server, open - count)
  const cost = (withThem - (await heldBytes())) / count
  console.log(`each of ${count} readers that never read costs ${Math.round(cost / 1024)} KiB`)
  return cost
}

/** Sends a message whose reply comes as fast as `reader` sees it stored. */
async function longReply(
  upstream: Upstream,
  owner: TestClient,
): Promise<{ reader: TestStream; finish: () => Promise<void> }> {
  const gate = upstream.hold({ tokens: TOKENS })
  const reader = await owner.send({ content: 'Conte tudo' })
  return {
    reader,
    async finish() {
      for (const _ of TOKENS) {
        const { lastSeq } = reader
        await gate.next()
        await reader.until(({ seq }) => seq > lastSeq)
      }
      gate.open()
      await reader.end()
    },
  }
}

test('readers that never read, or at 1 kB/s, slow no other and cost little memory', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: SETTINGS })
  const owner = server.client()
  const { reader, finish } = await longReply(upstream, owner)
  await using _reader = reader
  const { runId, conversationId } = reader.start
  await using one = await readersBehind(server, owner, { runId, count: 1, faults: { stalls: true } })
  await using many = await readersBehind(server, owner, { runId, count: 20, faults: { stalls: true } })
  await using slow = await readersBehind(server, owner, {
    runId,
    count: 1,
    faults: { bytesPerSecond: 1000 },
  })
  const started = performance.now()
  await finish()
  const took = performance.now() - started
  expect(reader.text).toBe(TEXT)
  await expectStored(owner, conversationId)
  expect(await readersOf(server.client())).toBe(22)
  expect([...one.proxy.connections, ...many.proxy.connections].map(link => link.responseBytes)).toEqual(
    Array(21).fill(0),
  )
  expect(slow.proxy.connections[0]?.responseBytes).toBeLessThan(64 * 1024)

  console.log(`a reply of 8 MiB past 21 readers that read nothing took ${Math.round(took)} ms`)
  expect(await costOfEach(server, many)).toBeLessThan(MAX_COST)
})

test('readers that come after the end and never read cost at most twice the waiting text', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: SETTINGS })
  const owner = server.client()
  const { reader, finish } = await longReply(upstream, owner)
  await finish()
  const { runId } = reader.start
  await using late = await readersBehind(server, owner, { runId, count: 8, faults: { stalls: true } })
  expect(await costOfEach(server, late)).toBeLessThan(2 * TEXT.length + MAX_COST)
})

test('a reader that fell behind and reads again gets a snapshot and the end, and has the exact text', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: SETTINGS })
  const owner = server.client()
  const { reader, finish } = await longReply(upstream, owner)
  await using _reader = reader
  const { runId } = reader.start
  await using behind = await readersBehind(server, owner, { runId, count: 1, faults: { stalls: true } })
  await finish()
  behind.proxy.set({})
  await using late = await (behind.streams[0] ?? expect.unreachable())
  expect(await late.end()).toMatchObject({ status: 'completed' })
  expect(late.frames.map(({ event }) => event.type).slice(-2)).toEqual(['snapshot', 'run-end'])
  const ids = late.frames.map(({ seq }) => seq)
  expect(ids).toEqual([...ids].sort((a, b) => a - b))
  expect(late.text).toBe(TEXT)
})

test.each(['running', 'finished'])(
  'a reader that takes nothing for 30 s of a %s reply is let go',
  async when => {
    const clock = createShiftedClock()
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream, settings: SETTINGS, clock })
    const owner = server.client()
    const { reader, finish } = await longReply(upstream, owner)
    if (when === 'finished') await finish()
    const { runId, conversationId } = reader.start
    await using behind = await readersBehind(server, owner, { runId, count: 1, faults: { stalls: true } })
    if (when === 'running') await finish()
    // Some of the 30 s may have passed by now, on a busy machine.
    clock.shift(20_000)
    expect(await readersOf(server.client())).toBe(1)
    // The kernel may take something later, which begins the 30 s again.
    const later = () => {
      clock.shift(10_000)
      return readersOf(server.client())
    }
    await expect.poll(later, { timeout: 5000 }).toBe(0)
    expect(behind.proxy.connections[0]?.responseBytes).toBe(0)
    await expectStored(owner, conversationId)
  },
)
