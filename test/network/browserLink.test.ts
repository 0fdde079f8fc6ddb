import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { textOf } from '../../src/protocol/events.ts'
import { TestClient as Client, type Frame, type TestClient, textOfFrames } from '../harness/client.ts'
import { createFaultProxy, type Faults } from '../harness/faultProxy.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { countedTokens, createUpstream, tokensOf } from '../upstream/upstream.ts'

const TEXT = 'Não são 3 ações: é uma — já! 👋🏽'
/** Cuts that are tried at once. */
const AT_ONCE = 16
/** Bytes between two cuts in the head of the response, where nothing of the reply has come. */
const HEAD_STEP = 16

const portOf = ({ url }: { url: string }) => Number(new URL(url).port)

/** The server behind a faulty link, and a client on each side of it that are one owner. */
async function faultyLink(server: TestServer, faults: Faults = {}) {
  const proxy = await createFaultProxy(portOf(server), faults)
  const direct = server.client()
  await direct.get('/api/chat/conversations')
  const faulty = new Client(proxy.url)
  faulty.cookie = direct.cookie
  return { proxy, direct, faulty, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() }
}

const storedText = async (client: TestClient, conversationId: string) => {
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  return textOf(body.messages[1].parts)
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

/** Sends over a link that is cut after `cutAfter` bytes, and goes on over one that is not. */
async function sendAndResume(
  server: TestServer,
  cutAfter: number,
): Promise<{ answered: boolean; bytes: number }> {
  await using link = await faultyLink(server, { cutAfter, cutBy: cutAfter % 2 ? 'end' : 'reset' })
  const { faulty, direct, proxy } = link
  const body = { content: 'Quantas?', clientMessageId: randomUUID() }
  const first = await faulty.send(body).catch(() => undefined)
  await first?.closed
  await using rest = first?.lastSeq
    ? await direct.follow(first.start.runId, first.lastSeq)
    : await direct.send(body)
  if (rest.status === 200) await rest.end()
  const seen = [...(first?.frames ?? []), ...rest.frames]
  const { event } = seen[0] ?? expect.unreachable()
  if (event.type !== 'run-start') return expect.unreachable()
  expect(applied(seen), `cut after ${cutAfter} bytes`).toBe(TEXT)
  expect(await storedText(direct, event.conversationId)).toBe(TEXT)
  return { answered: first !== undefined, bytes: proxy.connections[0]?.responseBytes ?? 0 }
}

test('a reply cut after any byte, and resumed, is the stored text without a gap or a double', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: tokensOf(TEXT) })
  await using server = await startServer({ upstream, settings: { COMMIT_WINDOW_MS: '1' } })
  const { bytes: whole } = await sendAndResume(server, Number.MAX_SAFE_INTEGER)
  let next = 0
  while (!(await sendAndResume(server, next)).answered) next += HEAD_STEP
  next -= HEAD_STEP
  const worker = async () => {
    while (next < whole) await sendAndResume(server, next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
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

test('behind a half-open link the run goes on, and its reader resumes on another', async () => {
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

test('byte by byte, held back, or at 1 kB/s, a reply is the same', async () => {
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

test('a reader that the browser leaves behind a slow link is forgotten', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um'] })
  await using server = await startServer({ upstream })
  await using link = await faultyLink(server, { latency: 10 })
  const stream = await link.faulty.send({ content: 'Oi' })
  await stream.cut()
  await link.proxy.connections[0]?.closed
  for (;;) {
    const { text } = await link.direct.get('/metrics')
    if (text.includes('riacho_readers 0')) break
  }
  gate.open()
})
