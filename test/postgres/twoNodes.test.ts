import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { type PostgresServer, reachable, startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']
/** The longest that readers may wait for the runs of a dead node, in milliseconds. */
const TAKEOVER = 20_000

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** Two nodes on one empty database that reach each other, and the same person at both. */
async function openNodes(upstream: Upstream) {
  const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES: 'words' }
  const servers = await Promise.all([
    startServer({ upstream, settings: await reachable(settings) }),
    startServer({ upstream, settings: await reachable(settings) }),
  ])
  const [first, second] = servers
  if (!first || !second) throw new Error('no servers')
  const one = first.client()
  await one.get('/api/chat/conversations')
  return {
    one,
    two: sameAt(second.url, one),
    rows: first.rows,
    settings,
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server[Symbol.asyncDispose]()
    },
  }
}

function sameAt(url: string, { cookie }: TestClient): TestClient {
  const client = new TestClient(url)
  client.cookie = cookie
  return client
}

test('a reader at another node gets every token once, from wherever it comes, and the end', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  const { runId } = stream.start
  await using early = await nodes.two.follow(runId)
  await gate.next(2)
  await early.untilText('Um rio')
  await using late = await nodes.two.follow(runId, early.lastSeq)
  await gate.next(2)
  await early.untilText('corre para')
  await late.untilText('corre para')
  expect(late.text).toBe(' corre para')
  gate.open()
  for (const reader of [stream, early, late])
    expect(await reader.end()).toMatchObject({ status: 'completed' })
  expect(early.text).toBe(TOKENS.join(''))
  const numbers = early.frames.map(({ seq }) => seq)
  expect(numbers).toEqual([...new Set(numbers)])
})

test('Stop at another node ends the run, and the text stays', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next(2)
  await stream.untilText('Um rio')
  const { status, body } = await nodes.two.post(`/api/chat/runs/${stream.start.runId}/stop`)
  expect([status, body.status]).toEqual([200, 'stopped'])
  expect(await stream.end()).toMatchObject({ status: 'stopped' })
  gate.open()
})

test('one message that is sent at two nodes at once is one message, one run and one request', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gate = upstream.hold({ tokens: TOKENS })
  const message = { content: 'Oi', clientMessageId: randomUUID() }
  const streams = await Promise.all(
    [nodes.one, nodes.two, nodes.one, nodes.two].map(client => client.send(message)),
  )
  gate.open()
  for (const stream of streams) expect((await stream.end()).status).toBe('completed')
  expect(new Set(streams.map(({ start }) => start.runId)).size).toBe(1)
  expect(upstream.requests.length).toBe(1)
  expect(nodes.rows('select count(*) n from messages')).toEqual([{ n: 2 }])
})

test('a conversation deleted at another node stops its run first', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next(1)
  await stream.untilText('Um')
  const path = `/api/chat/conversations/${stream.start.conversationId}`
  expect((await nodes.two.call('DELETE', path)).status).toBe(204)
  expect((await nodes.one.get(path)).status).toBe(404)
  gate.open()
})

test('sends of one owner at two nodes make as many messages as were answered', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  upstream.reply({ tokens: ['Sim.'] })
  const clients = Array.from({ length: 10 }, (_, index) => (index % 2 ? nodes.one : nodes.two))
  const streams = await Promise.all(clients.map(client => client.send({ content: 'Oi' })))
  for (const stream of streams) expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(nodes.rows('select count(*) n from messages')).toEqual([{ n: 20 }])
  expect(nodes.rows('select count(distinct position) n from conversations')).toEqual([{ n: 10 }])
})

test('kill -9 of a node: another one ends its run, with every token that was seen, within 20 s', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  await using nodes = await openNodes(upstream)
  await using mortal = await startProcess({
    upstream,
    folder,
    settings: await reachable(nodes.settings),
  })
  const client = sameAt(mortal.url, nodes.one)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await client.send({ content: 'Oi' })
  await using elsewhere = await nodes.one.follow(stream.start.runId)
  await gate.next(3)
  await stream.untilText('Um rio corre')
  const killedAt = performance.now()
  await mortal.kill('SIGKILL')
  expect(await elsewhere.end()).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })
  expect(performance.now() - killedAt).toBeLessThan(TAKEOVER)
  expect(elsewhere.text).toBe('Um rio corre')
  const { body } = await nodes.two.get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body.messages[1]?.status).toBe('interrupted')
  gate.open()
}, 60_000)

test('a node that was frozen past its lease stores nothing and shows nothing more', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  await using nodes = await openNodes(upstream)
  await using frozen = await startProcess({
    upstream,
    folder,
    settings: await reachable(nodes.settings),
  })
  const client = sameAt(frozen.url, nodes.one)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await client.send({ content: 'Oi' })
  await gate.next(2)
  await stream.untilText('Um rio')
  await using elsewhere = await nodes.one.follow(stream.start.runId)
  frozen.child.kill('SIGSTOP')
  await gate.next(2)
  expect(await elsewhere.end()).toMatchObject({ status: 'interrupted' })
  frozen.child.kill('SIGCONT')
  gate.open()
  // It is sent away without an end, and comes to the one that is stored.
  await stream.closed
  expect(stream.text).toBe('Um rio')
  await using again = await client.follow(stream.start.runId, stream.lastSeq)
  expect(await again.end()).toMatchObject({ status: 'interrupted' })
  // It refuses messages until it has registered again.
  const message = { content: 'E agora?', clientMessageId: randomUUID() }
  await expect
    .poll(async () => {
      await using refused = await client.send(message)
      return refused.status
    })
    .toBe(200)
  await using next = await client.send(message)
  expect(await next.end()).toMatchObject({ status: 'completed' })
}, 60_000)

test('a node that starts takes nothing from the living', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next(2)
  await using _third = await startServer({ upstream, settings: nodes.settings })
  await gate.next(2)
  await stream.untilText('corre para')
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
})
