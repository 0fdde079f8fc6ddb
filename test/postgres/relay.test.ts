import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RelaySecret } from '../../src/server/log/relay/relaySecret.ts'
import { TestClient } from '../harness/client.ts'
import { createFaultProxy, type FaultProxy, type Faults } from '../harness/faultProxy.ts'
import { freePort } from '../harness/freePort.ts'
import { type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']
const PATH = '/internal/relay'
/** How late the next text may come on a busy machine, in milliseconds. A relay counts as broken after five seconds. */
const MOST_DELAY = 3500

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

interface NodesOptions {
  upstream: Upstream
  /** Where the writer says that it can be reached. If absent, `link`. Empty: nowhere. */
  address?: string
  hasPages?: boolean
}

/** A node that writes and a node that reads, the link between them, and the link of the reading one to PostgreSQL. */
async function openNodes({ upstream, address, hasPages = false }: NodesOptions) {
  const url = await postgres.createDatabase()
  const port = await freePort()
  const link = await createFaultProxy(port)
  const database = await createFaultProxy(postgres.port)
  const urlOfReader = url.replace(String(postgres.port), String(database.port))
  const writing = await startServer({
    upstream,
    hasPages,
    settings: {
      DATABASE_URL: url,
      TITLES: 'words',
      PORT: String(port),
      NODE_ADDRESS: address ?? link.url,
    },
  })
  const reading = await startServer({ upstream, settings: { DATABASE_URL: urlOfReader, TITLES: 'words' } })
  const one = writing.client()
  await one.get('/api/chat/conversations')
  const two = new TestClient(reading.url)
  two.cookie = one.cookie
  return {
    one,
    two,
    link,
    database,
    writing,
    reading,
    async [Symbol.asyncDispose]() {
      database.set({})
      link.set({})
      for (const part of [reading, writing, link, database]) await part[Symbol.asyncDispose]()
    },
  }
}

/** Resolves once the reader's node has the stream from the writer's. */
async function untilRelayed(link: FaultProxy): Promise<void> {
  const { connections } = link
  await expect.poll(() => connections.some(({ responseBytes }) => responseBytes > 600)).toBe(true)
}

test('a reader at another node gets every token once by the relay, and the end, without the database', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes({ upstream })
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await using reader = await nodes.two.follow(stream.start.runId)
  await gate.next(2)
  await reader.untilText('Um rio')
  await untilRelayed(nodes.link)
  nodes.database.set({ swallows: true })
  await gate.next(2)
  await reader.untilText('corre para')
  gate.open()
  expect(await reader.end()).toMatchObject({ status: 'completed' })
  expect(reader.text).toBe(TOKENS.join(''))
  expect(reader.frames.map(({ seq }) => seq)).toEqual(stream.frames.map(({ seq }) => seq))
  expect(reader.raw).toBe(stream.raw)
  for (const connection of nodes.database.connections) connection.reset()
})

const BROKEN: [string, Faults][] = [
  ['cut', { cutAfter: 0, cutBy: 'reset' }],
  ['closed', { cutAfter: 0, cutBy: 'end' }],
  ['swallowed', { swallows: true }],
  ['stalled', { stalls: true }],
]

describe.each(BROKEN)('a relay that is %s', (_, faults) => {
  test('from the beginning costs no token', async () => {
    await using upstream = await createUpstream()
    await using nodes = await openNodes({ upstream })
    nodes.link.set(faults)
    await followToTheEnd(nodes, upstream, () => {})
  })

  test('in the middle of a reply costs no token, and the order stays', async () => {
    await using upstream = await createUpstream()
    await using nodes = await openNodes({ upstream })
    await followToTheEnd(nodes, upstream, () => nodes.link.set(faults))
  })
})

test('without an address the journal is polled', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes({ upstream, address: '' })
  await followToTheEnd(nodes, upstream, () => {})
  expect(nodes.link.connections).toEqual([])
})

test('an address where nobody listens costs no token', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes({ upstream, address: `http://127.0.0.1:${await freePort()}` })
  await followToTheEnd(nodes, upstream, () => {})
})

test('an address that reaches another node, as that of a balancer, costs no token', async () => {
  await using upstream = await createUpstream()
  const port = await freePort()
  await using nodes = await openNodes({ upstream, address: `http://127.0.0.1:${port}` })
  const { DATABASE_URL = '' } = nodes.writing.settings
  const settings = { DATABASE_URL, TITLES: 'words', PORT: String(port) }
  await using _third = await startServer({ upstream, settings })
  await followToTheEnd(nodes, upstream, () => {})
})

async function followToTheEnd(
  nodes: { one: TestClient; two: TestClient },
  upstream: Upstream,
  breakRelay: () => void,
) {
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await using reader = await nodes.two.follow(stream.start.runId)
  await gate.next(2)
  await reader.untilText('Um rio')
  breakRelay()
  const brokenAt = performance.now()
  await gate.next(2)
  await reader.untilText('corre para')
  expect(performance.now() - brokenAt).toBeLessThan(MOST_DELAY)
  gate.open()
  expect(await reader.end()).toMatchObject({ status: 'completed' })
  expect(reader.text).toBe(TOKENS.join(''))
  const numbers = reader.frames.map(({ seq }) => seq)
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
}

test('many runs share one stream, also those that are followed later', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes({ upstream })
  const gates = Array.from({ length: 12 }, () => upstream.hold({ tokens: TOKENS }))
  const streams = await Promise.all(gates.map(() => nodes.one.send({ content: 'Oi' })))
  const readers = []
  for (const { start } of streams) {
    readers.push(await nodes.two.follow(start.runId))
    await untilRelayed(nodes.link)
  }
  for (const gate of gates) await gate.next(2)
  for (const reader of readers) await reader.untilText('Um rio')
  nodes.database.set({ swallows: true })
  const before = nodes.link.connections.map(({ responseBytes }) => responseBytes)
  for (const gate of gates) gate.open()
  for (const reader of readers) {
    expect(await reader.end()).toMatchObject({ status: 'completed' })
    expect(reader.text).toBe(TOKENS.join(''))
  }
  const streaming = nodes.link.connections.filter((link, index) => link.responseBytes !== before[index])
  expect(streaming.length).toBe(1)
  for (const connection of nodes.database.connections) connection.reset()
  for (const reader of [...streams, ...readers]) await reader[Symbol.asyncDispose]()
})

test('Stop at another node comes by the relay', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes({ upstream })
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next(2)
  await stream.untilText('Um rio')
  const { status, body } = await nodes.two.post(`/api/chat/runs/${stream.start.runId}/stop`)
  expect([status, body.status]).toEqual([200, 'stopped'])
  expect(nodes.link.connections.length).toBe(1)
  gate.open()
})

describe('without the secret the door is as an unknown path', () => {
  const headers: [string, Record<string, string>][] = [
    ['no proof', {}],
    ['a bearer', { authorization: 'Bearer abc' }],
    [
      'a wrong proof',
      { authorization: `Riacho-Node a b ${'0'.repeat(32)} ${'0'.repeat(64)} ${'0'.repeat(64)}` },
    ],
  ]
  const body = { type: 'open', wishes: [] }

  test.each(headers)('with %s', async (_, headers) => {
    await using upstream = await createUpstream()
    await using nodes = await openNodes({ upstream, hasPages: true })
    const client = nodes.writing.client()
    for (const method of ['POST', 'GET', 'PUT', 'OPTIONS', 'DELETE'])
      for (const origin of ['', 'https://elsewhere.example']) {
        const call = {
          headers: { ...headers, ...(origin && { origin }) },
          ...(method !== 'GET' && { body }),
        }
        const [door, unknown] = [
          await client.call(method, PATH, call),
          await client.call(method, '/internal/unknown', call),
        ]
        expect(shape(door)).toEqual(shape(unknown))
        expect(door.status).toBe(origin && method !== 'GET' && method !== 'OPTIONS' ? 403 : 404)
      }
    expect((await client.post(PATH, body, headers)).body).toMatchObject({ success: false, code: 'NOT_FOUND' })
  })
})

test('a proof is good for the body that it was made for, and for no other', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes({ upstream })
  const { writing } = nodes
  const [setting] = writing.rows(`select value from settings where key = 'relay_secret'`)
  const [node] = writing.rows('select id from nodes where address is not null')
  const body = JSON.stringify({ type: 'stop', runIds: [] })
  const secret = new RelaySecret(String(setting?.['value']))
  const { authorization } = secret.ask({ from: 'a', to: String(node?.['id']) }, body)
  const ask = (sent: string) =>
    fetch(`${writing.url}${PATH}`, { method: 'POST', headers: { authorization }, body: sent })
  expect((await ask(body)).status).toBe(204)
  await expect(ask(body.replace('[]', '["a"]'))).rejects.toThrow()
})

/** What of an answer may not differ. */
function shape({ status, headers, text }: Awaited<ReturnType<TestClient['call']>>) {
  const { date: _, ...others } = headers
  return { status, others, text: text.replace(/"requestId":"[^"]+"/, '') }
}
