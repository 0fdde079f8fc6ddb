import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import {
  TestClient as Client,
  type Frame,
  readersOf,
  type TestClient,
  textOfFrames,
} from '../harness/client.ts'
import { createFaultProxy, type Faults } from '../harness/faultProxy.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { countedTokens, createUpstream, tokensOf } from '../upstream/upstream.ts'

const TEXT = 'Não são 3 ações: é uma — já! 👋🏽'
/** Readers of one run, each cut after another byte. */
const AT_ONCE = 100

const portOf = ({ url }: { url: string }) => Number(new URL(url).port)

function clientAt({ url }: { url: string }, owner: TestClient): TestClient {
  const client = new Client(url)
  client.cookie = owner.cookie
  return client
}

/** The server behind a faulty link, and a client on each side of it that are one owner. */
async function faultyLink(server: TestServer, faults: Faults = {}) {
  const proxy = await createFaultProxy(portOf(server), faults)
  const direct = server.client()
  await direct.get('/api/chat/conversations')
  const faulty = clientAt(proxy, direct)
  return { proxy, direct, faulty, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() }
}

const storedText = async (client: TestClient, conversationId: string) => {
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  return textOf(body.messages[1]?.parts ?? [])
}

/** What was seen, in an order that a reader can apply. */
function applied(frames: readonly Frame[]): string {
  let last = 0
  for (const { seq, event } of frames) {
    if (event.type !== 'snapshot') expect(seq).toBe(last + 1)
    last = seq
  }
  return textOfFrames(frames)
}

/** Follows a run over a link that is cut after `cutAfter` bytes, and goes on over one that is not. */
async function followAndResume(
  server: TestServer,
  runId: string,
  link: { owner: TestClient; cutAfter: number },
) {
  const { owner, cutAfter } = link
  const faults: Faults = { cutAfter, cutBy: cutAfter % 2 ? 'end' : 'reset' }
  await using proxy = await createFaultProxy(portOf(server), faults)
  const first = await clientAt(proxy, owner)
    .follow(runId)
    .catch(() => undefined)
  const isWhole = await first?.closed
  const seen = first?.frames ?? []
  if (!isWhole) {
    await using rest = await owner.follow(runId, first?.lastSeq)
    // The end of the response may be all that was missing.
    if (rest.status === 200) await rest.end()
    seen.push(...rest.frames)
  }
  expect(applied(seen), `cut after ${cutAfter} bytes`).toBe(TEXT)
  return { isWhole: isWhole === true, bytes: proxy.connections[0]?.responseBytes ?? 0 }
}

test('a reply cut after any byte, and resumed, is the stored text without a gap or a double', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: { COMMIT_WINDOW_MS: '1' } })
  const owner = server.client()
  for (let next = 0, isWhole = false; !isWhole; next += AT_ONCE) {
    const gate = upstream.hold({ tokens: tokensOf(TEXT) })
    await using stream = await owner.send({ content: 'Quantas?' })
    const { runId, conversationId } = stream.start
    const cuts = Array.from({ length: AT_ONCE }, (_, index) =>
      followAndResume(server, runId, { owner, cutAfter: next + index }),
    )
    for (const _ of tokensOf(TEXT)) {
      const { lastSeq } = stream
      await gate.next()
      await stream.until(({ seq }) => seq > lastSeq)
    }
    gate.open()
    isWhole = (await Promise.all(cuts)).some(cut => cut.isWhole)
    expect(await storedText(owner, conversationId)).toBe(TEXT)
  }
}, 120_000)

test('a send cut after some of its bytes, and sent again, is one message and its stored text', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: tokensOf(TEXT) })
  await using server = await startServer({ upstream })
  await using proxy = await createFaultProxy(portOf(server))
  const owner = server.client()
  await owner.get('/api/chat/conversations')
  for (let cutAfter = 0; cutAfter < 1500; cutAfter += 150) {
    proxy.set({ cutAfter, cutBy: 'reset' })
    const body = { content: 'Quantas?', clientMessageId: randomUUID() }
    const first = await clientAt(proxy, owner)
      .send(body)
      .catch(() => undefined)
    await first?.closed
    await using again = await owner.send(body)
    await again.end()
    expect(applied(again.frames), `cut after ${cutAfter} bytes`).toBe(TEXT)
    expect(await storedText(owner, again.start.conversationId)).toBe(TEXT)
  }
  expect(upstream.requests.length).toBe(10)
})

test('a link that is reset in the middle loses nothing and stops nothing', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: countedTokens(4) })
  await using server = await startServer({ upstream })
  await using link = await faultyLink(server)
  await using stream = await link.faulty.send({ content: 'Oi' })
  await gate.next(2)
  await stream.untilText('t1')
  link.proxy.connections[0]?.reset()
  expect(await stream.closed).toBe(false)
  await gate.next()
  await using rest = await link.faulty.follow(stream.start.runId, stream.lastSeq)
  gate.open()
  expect(await rest.end()).toMatchObject({ status: 'completed' })
  expect(applied([...stream.frames, ...rest.frames])).toBe(countedTokens(4).join(''))
})

test('behind a half-open link the run continues, and its reader resumes on another link', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: countedTokens(4) })
  await using server = await startServer({ upstream })
  await using link = await faultyLink(server)
  await using stream = await link.faulty.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('t0')
  link.proxy.connections[0]?.set({ swallows: true })
  await using other = await link.direct.follow(stream.start.runId)
  gate.open()
  expect(await other.end()).toMatchObject({ status: 'completed' })
  expect(stream.text).toBe(' t0')
  await using rest = await link.faulty.follow(stream.start.runId, stream.lastSeq)
  await rest.end()
  expect(applied([...stream.frames, ...rest.frames])).toBe(other.text)
})

test('a reply is the same byte by byte, with latency, or at 1 kB/s', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const faults: Faults[] = [{ writeBytes: 1 }, { latency: 20 }, { bytesPerSecond: 1000 }]
  const replies = faults.map(async fault => {
    upstream.replyOnce({ tokens: tokensOf(TEXT) })
    await using link = await faultyLink(server, fault)
    await using stream = await link.faulty.send({ content: 'Oi' })
    await stream.end()
    expect(applied(stream.frames)).toBe(TEXT)
  })
  await Promise.all(replies)
})

test('the server drops a reader whose browser left behind a slow link', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um'] })
  await using server = await startServer({ upstream })
  await using link = await faultyLink(server, { latency: 10 })
  const stream = await link.faulty.send({ content: 'Oi' })
  await stream.cut()
  await link.proxy.connections[0]?.closed
  await expect.poll(() => readersOf(link.direct), { interval: 10 }).toBe(0)
  gate.open()
})
