import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSegments } from '../../src/server/database/postgres/window.ts'
import { TestClient } from '../harness/client.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { type PostgresServer, reachable, startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
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
async function openNodes(upstream: Upstream, more: Record<string, string> = {}) {
  const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES: 'words', ...more }
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
    oneUrl: first.url,
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
  // It refuses readers and messages until it has registered again.
  await expect
    .poll(async () => {
      await using refused = await client.follow(stream.start.runId, stream.lastSeq)
      return refused.status
    })
    .toBe(200)
  await using again = await client.follow(stream.start.runId, stream.lastSeq)
  expect(await again.end()).toMatchObject({ status: 'interrupted' })
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

test('a node that is cut off from the database sends readers to the others, whoever writes their run', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  await using link = await createFaultProxy(postgres.port)
  const { DATABASE_URL } = nodes.settings
  const settings = { ...nodes.settings, DATABASE_URL: DATABASE_URL.replace(/:\d+\//, `:${link.port}/`) }
  await using third = await startServer({ upstream, settings })
  const client = sameAt(third.url, nodes.one)
  const stranger = new TestClient(nodes.oneUrl)
  await stranger.get('/api/chat/conversations')
  const neverSeen = sameAt(third.url, stranger)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next(1)
  await using elsewhere = await client.follow(stream.start.runId)
  await elsewhere.untilText('Um')
  link.set({ swallows: true })
  const cutAt = performance.now()
  await elsewhere.closed
  expect(performance.now() - cutAt).toBeLessThan(TAKEOVER)
  // Nobody waits for a database that is known to be away, whether the node remembers who asks or not.
  const askedAt = performance.now()
  for (const asking of [client, neverSeen]) {
    await using again = await asking.follow(stream.start.runId)
    expect(again.status).toBe(503)
  }
  expect(performance.now() - askedAt).toBeLessThan(2000)
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  link.set({})
  for (const connection of link.connections) connection.reset()
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

test('a node that ends leaves its run to another one, and a reader there gets every token once', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream, { OPENAI_BACKGROUND: 'true', OPENAI_API: 'responses' })
  const third = await startServer({ upstream, settings: nodes.settings })
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await sameAt(third.url, nodes.one).send({ content: 'Oi' })
  await using elsewhere = await nodes.two.follow(stream.start.runId)
  await gate.next(2)
  await elsewhere.untilText('Um rio')
  const leftAt = performance.now()
  await third[Symbol.asyncDispose]()
  await gate.next(1)
  await elsewhere.untilText('corre')
  expect(performance.now() - leftAt).toBeLessThan(8000)
  gate.open()
  expect(await elsewhere.end()).toMatchObject({ status: 'completed' })
  expect(elsewhere.text).toBe(TOKENS.join(''))
  expect(upstream.requests.length).toBe(1)
})

test('a node that drains sends readers of the runs of others away, and takes no new ones', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  await using nodes = await openNodes(upstream)
  await using leaving = await startProcess({ upstream, folder, settings: nodes.settings })
  const client = sameAt(leaving.url, nodes.one)
  const ownGate = upstream.hold({ tokens: TOKENS })
  // Its own run keeps it from ending.
  await using own = await client.send({ content: 'Oi' })
  const gate = upstream.hold({ tokens: TOKENS })
  await using others = await nodes.two.send({ content: 'Oi' })
  await using reader = await client.follow(others.start.runId)
  leaving.child.kill('SIGTERM')
  await reader.closed
  const again = await client.get(`/api/chat/runs/${others.start.runId}/events`)
  expect([again.status, again.body.code]).toEqual([503, 'SHUTTING_DOWN'])
  ownGate.open()
  gate.open()
  expect(await own.end()).toMatchObject({ status: 'completed' })
  expect(await others.end()).toMatchObject({ status: 'completed' })
})

test('what is erased at one node is in the journal of no other', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  // A run of somebody else keeps the journal of the node from being cleared.
  const longerGate = upstream.hold({ tokens: TOKENS })
  const somebody = new TestClient(nodes.oneUrl)
  await using longer = await somebody.send({ content: 'Oi' })
  await longerGate.next(1)
  await longer.untilText('Um')
  const gate = upstream.hold({ tokens: ['palavra', ' secreta'] })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next(2)
  await stream.untilText('secreta')
  expect(journaledRuns(nodes)).toContain(stream.start.runId)
  expect((await nodes.two.call('DELETE', '/api/chat/owner')).status).toBe(204)
  await expect.poll(() => journaledRuns(nodes), { timeout: 10_000 }).not.toContain(stream.start.runId)
  gate.open()
  longerGate.open()
  expect(await longer.end()).toMatchObject({ status: 'completed' })
})

function journaledRuns({ rows }: Awaited<ReturnType<typeof openNodes>>): string[] {
  return rows('select segments from journal').flatMap(({ segments }) =>
    readSegments(Buffer.from(segments as Uint8Array)).map(({ run_id }) => run_id),
  )
}

test('nodes share the limit of messages', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream, { RATE_LIMIT_PER_MINUTE: '2' })
  upstream.reply({ tokens: ['Sim.'] })
  const answers = []
  for (const client of [nodes.one, nodes.two, nodes.two])
    answers.push((await client.post('/api/chat/send', { content: 'Oi' })).status)
  expect(answers).toEqual([200, 200, 429])
})

test('a node whose clock is an hour ahead erases nothing that can still be restored', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  upstream.reply({ tokens: ['Sim.'] })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await stream.end()
  const path = `/api/chat/conversations/${stream.start.conversationId}`
  expect((await nodes.one.call('DELETE', path)).status).toBe(204)
  const clock = createShiftedClock()
  clock.setTimeOfDay(60 * 60_000)
  // Its first work is to erase what can no longer be restored.
  await using _ahead = await startServer({ upstream, settings: nodes.settings, clock })
  expect((await nodes.two.post(`${path}/restore`)).status).toBe(200)
})

test('a visitor who was erased at one node is a new one at the other', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const { cookie } = nodes.one
  expect((await nodes.one.call('DELETE', '/api/chat/owner')).status).toBe(204)
  await expect
    .poll(async () => {
      nodes.two.cookie = cookie
      await nodes.two.get('/api/chat/conversations')
      return nodes.two.cookie === cookie
    })
    .toBe(false)
})
