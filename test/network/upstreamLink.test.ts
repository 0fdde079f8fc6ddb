import { describe, expect, test } from 'vitest'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream, tokensOf } from '../upstream/upstream.ts'

const SETTINGS = { MAX_ATTEMPTS: '1', COMMIT_WINDOW_MS: '1' }
const TEXT = 'Não são 3 ações: é uma — já! 👋🏽'

type Link = Awaited<ReturnType<typeof setUp>>

/** The server with a faulty link to its provider. */
async function setUp(settings: Record<string, string> = {}) {
  const upstream = await createUpstream()
  const proxy = await createFaultProxy(Number(new URL(upstream.url).port))
  const server = await startServer({
    upstream: { url: `${proxy.url}/v1` },
    settings: { ...SETTINGS, ...settings },
  })
  return {
    upstream,
    proxy,
    client: server.client(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

/** Sends a message and reads its reply to the end, which is also what is stored. */
async function ask({ client }: Link) {
  await using stream = await client.send({ content: 'Oi' })
  const end = await stream.end()
  const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body.messages[1]?.parts).toEqual(stream.text ? [{ id: '1', type: 'text', text: stream.text }] : [])
  return { text: stream.text, end }
}

describe('a reply that is cut after any of its bytes keeps the text before the cut, in whole characters', () => {
  const tokens = ['Ação', ' 👋🏽']
  const frames = {
    chat: tokens.map(content => ({ choices: [{ index: 0, delta: { content } }] })),
    responses: tokens.map(delta => ({ type: 'response.output_text.delta', delta })),
  }

  for (const api of ['chat', 'responses'] as const) {
    test(`from ${api}`, async () => {
      // So many failures in a row would keep requests from the provider.
      await using link = await setUp({ OPENAI_API: api, PROVIDER_FAILURES: '0' })
      const body = frames[api].map(frame => `data: ${JSON.stringify(frame)}\n\n`).join('')
      link.upstream.reply({ chunks: [Buffer.from(body)] })
      await ask(link)
      const whole = link.proxy.connections[0]?.responseBytes ?? 0
      const seen = new Set<string>()
      for (let cutAfter = whole - Buffer.byteLength(body) - 10; cutAfter < whole; cutAfter++) {
        link.proxy.set({ cutAfter, cutBy: cutAfter % 2 ? 'end' : 'reset' })
        const { text, end } = await ask(link)
        expect(tokens.join('').startsWith(text), `cut after ${cutAfter} bytes: ${text}`).toBe(true)
        if (text) expect(end).toMatchObject({ status: 'failed', code: 'UPSTREAM_TRUNCATED' })
        seen.add(text)
      }
      expect([...seen]).toEqual(['', 'Ação', 'Ação 👋🏽'])
    })
  }
})

test('a link cut before the reply begins is UPSTREAM_UNREACHABLE', async () => {
  await using link = await setUp()
  for (const cutBy of ['end', 'reset'] as const) {
    link.proxy.set({ cutAfter: 0, cutBy })
    expect(await ask(link)).toMatchObject({ text: '', end: { code: 'UPSTREAM_UNREACHABLE' } })
  }
})

test('a link that is reset between two tokens is UPSTREAM_TRUNCATED, and the text is kept', async () => {
  await using link = await setUp()
  const gate = link.upstream.hold({ tokens: ['um', ' dois'] })
  await using stream = await link.client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  link.proxy.connections.at(-1)?.reset()
  expect(await stream.end()).toMatchObject({ status: 'failed', code: 'UPSTREAM_TRUNCATED' })
  expect(stream.text).toBe('um')
})

test('a half-open link is UPSTREAM_TIMEOUT, and the text is kept', async () => {
  await using link = await setUp({ OPENAI_IDLE_TIMEOUT_MS: '500' })
  const gate = link.upstream.hold({ tokens: ['um', ' dois'] })
  await using stream = await link.client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  link.proxy.set({ swallows: true })
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'failed', code: 'UPSTREAM_TIMEOUT' })
  expect(stream.text).toBe('um')
})

test('a link that is half-open from the start is UPSTREAM_TIMEOUT', async () => {
  await using link = await setUp({ OPENAI_FIRST_BYTE_TIMEOUT_MS: '200' })
  link.proxy.set({ swallows: true })
  expect(await ask(link)).toMatchObject({ text: '', end: { code: 'UPSTREAM_TIMEOUT' } })
})

test('a reply is the same byte by byte, with latency, or slowly', async () => {
  await using link = await setUp()
  link.upstream.reply({ tokens: tokensOf(TEXT) })
  for (const faults of [{ writeBytes: 1 }, { latency: 20 }, { bytesPerSecond: 10_000 }]) {
    link.proxy.set(faults)
    expect(await ask(link)).toMatchObject({ text: TEXT, end: { status: 'completed' } })
  }
})

test('a long reply that comes all at once is stored whole', async () => {
  await using link = await setUp({ COMMIT_WINDOW_MS: '25' })
  const tokens = Array.from({ length: 200 }, (_, index) => `${index} `.padEnd(10_000, '·'))
  link.upstream.reply({ tokens })
  const { text, end } = await ask(link)
  expect(end).toMatchObject({ status: 'completed' })
  expect(text).toBe(tokens.join(''))
})
