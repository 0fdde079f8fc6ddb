import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { beatOf, registerNode, takeOverNode } from '../../src/server/database/postgres/nodes.ts'
import { openPostgres, type PostgresDatabase } from '../../src/server/database/postgres/open.ts'
import { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { ask, type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']
const [DEAD, FIRST, SECOND] = [1, 2, 3].map(n => `00000000-0000-4000-8000-00000000000${n}`) as [
  string,
  string,
  string,
]

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** A database with a dead node that has an active run, and two living ones. */
async function openTables() {
  const url = await postgres.createDatabase()
  const database = await openPostgres(url)
  await database.write('power', async queries => {
    for (const id of [DEAD, FIRST, SECOND])
      await registerNode(queries, { id, address: undefined, version: '0' })
  })
  await ask(
    url,
    `insert into conversations (id, owner_id, title, status, archived, assistant, created_at, updated_at)
     values ('c', 'o', '', 'OPEN', 0, 'a', 1, 1)`,
  )
  await ask(
    url,
    `insert into runs (id, conversation_id, owner_id, user_message_id, message_id, status, model, assistant, last_seq,
       resumes, started_at, node_id) values ('r', 'c', 'o', 'u', 'm', 'active', 'x', 'a', 0, 0, 1, $1)`,
    [DEAD],
  )
  const writer = async () => (await ask(url, 'select node_id::text as id from runs'))[0]?.['id']
  return { database, url, writer, [Symbol.asyncDispose]: () => database.close() }
}

function take(database: PostgresDatabase, by: string) {
  return database.write('power', queries => takeOverNode(queries, { id: DEAD, beat: 0, by }))
}

test('of two nodes that take over at once one gets the run, whichever it is', async () => {
  for (let round = 0; round < 10; round++) {
    await using tables = await openTables()
    const taken = await Promise.all([FIRST, SECOND].map(by => take(tables.database, by)))
    expect(taken.map(({ length }) => length).toSorted()).toEqual([0, 1])
    expect(await tables.writer()).toBe(taken[0]?.length ? FIRST : SECOND)
  }
})

test('a node that dies in the middle of a takeover leaves all of it to the next one', async () => {
  await using tables = await openTables()
  const dies = tables.database.write('power', async queries => {
    expect(await takeOverNode(queries, { id: DEAD, beat: 0, by: FIRST })).toHaveLength(1)
    throw new Error('dies')
  })
  await expect(dies).rejects.toThrow('dies')
  expect(await tables.writer()).toBe(DEAD)
  expect(await take(tables.database, SECOND)).toHaveLength(1)
  expect(await tables.writer()).toBe(SECOND)
})

test('of a beat and a takeover at once one counts', async () => {
  for (let round = 0; round < 10; round++) {
    await using tables = await openTables()
    const [isAlive, taken] = await Promise.all([
      beatOf(tables.database.beats, DEAD),
      take(tables.database, FIRST),
    ])
    expect([isAlive, taken.length]).toEqual(isAlive ? [true, 0] : [false, 1])
  }
})

/** Two nodes in this process, one that can be killed, and the same person at all of them. */
async function openNodes(upstream: Upstream) {
  const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES: 'words' }
  const folder = await temporaryFolder()
  const servers = [await startServer({ upstream, settings }), await startServer({ upstream, settings })]
  const mortal = await startProcess({ upstream, folder, settings })
  const [one, two, dying] = [...servers, mortal].map(({ url }) => new TestClient(url)) as [
    TestClient,
    TestClient,
    TestClient,
  ]
  await one.get(ROOT)
  two.cookie = dying.cookie = one.cookie
  return {
    url: settings.DATABASE_URL,
    one,
    two,
    dying,
    mortal,
    rows: servers[0]?.rows ?? (() => []),
    async [Symbol.asyncDispose]() {
      await mortal[Symbol.asyncDispose]()
      for (const server of servers) await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('Stop, delete and the same message again at another node while the node of the run dies', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gates = [1, 2, 3].map(() => upstream.hold({ tokens: TOKENS }))
  const message = { content: 'Oi', clientMessageId: crypto.randomUUID() }
  await using stopped = await nodes.dying.send({ content: 'Oi' })
  await using deleted = await nodes.dying.send({ content: 'Oi' })
  await using repeated = await nodes.dying.send(message)
  for (const gate of gates) await gate.next(1)
  for (const stream of [stopped, deleted, repeated]) await stream.untilText('Um')
  const diedAt = performance.now()
  await nodes.mortal.kill('SIGKILL')
  const path = `${ROOT}/${deleted.start.conversationId}`
  const [stop, deletion, again] = await Promise.all([
    nodes.one.post(`/api/chat/runs/${stopped.start.runId}/stop`),
    nodes.two.call('DELETE', path),
    nodes.one.send(message),
  ])
  // The run has not ended yet, and says so.
  expect([stop.status, stop.body.status]).toEqual([202, 'active'])
  expect([204, 503]).toContain(deletion.status)
  expect((await again.end()).status).toBe('interrupted')
  expect(again.start.runId).toBe(repeated.start.runId)
  await using end = await nodes.two.follow(stopped.start.runId)
  expect(['interrupted', 'stopped']).toContain((await end.end()).status)
  expect(performance.now() - diedAt).toBeLessThan(20_000)
  expect((await nodes.two.call('DELETE', path)).status).toBe(deletion.status === 204 ? 404 : 204)
  expect(nodes.rows('select count(*) n from messages where client_message_id is not null')).toEqual([
    { n: 1 },
  ])
  expect(nodes.rows("select count(*) n from runs where status = 'active'")).toEqual([{ n: 0 }])
  expect(upstream.requests.length).toBe(3)
  for (const gate of gates) gate.open()
}, 60_000)

test('reads that wait for the database hold up no text', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next(1)
  await stream.untilText('Um')
  const locker = new Client({ connectionString: nodes.url })
  await locker.connect()
  await locker.query('begin; lock table shares in access exclusive mode')
  const waiting = Array.from({ length: 20 }, () => nodes.one.get('/api/chat/shares'))
  // As many as the pool of a node has connections.
  await expect
    .poll(async () => {
      const [row] = await ask(
        nodes.url,
        "select count(*)::int n from pg_locks where not granted and relation = 'shares'::regclass",
      )
      return row?.['n']
    })
    .toBeGreaterThanOrEqual(8)
  await gate.next(2)
  await stream.untilText('Um rio corre')
  await locker.query('commit')
  await locker.end()
  for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(200)
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
})

test('a database that takes no writes refuses in words, and all goes on once it takes them again', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  upstream.reply({ tokens: ['Sim.'] })
  const name = new URL(nodes.url).pathname.slice(1)
  const reconnect = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`
  await ask(postgres.url, `alter database ${name} set default_transaction_read_only = on`)
  await ask(postgres.url, reconnect)
  const refused = await nodes.one.post('/api/chat/send', { content: 'Oi' })
  expect([refused.status, refused.body.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
  await ask(postgres.url, `alter database ${name} reset default_transaction_read_only`)
  await ask(postgres.url, reconnect)
  await expect
    .poll(async () => (await nodes.one.post('/api/chat/send', { content: 'Oi' })).status, { timeout: 10_000 })
    .toBe(200)
})

test('beside a long transaction, as of a backup, replies are stored, ended and erased', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const backup = new Client({ connectionString: nodes.url })
  await backup.connect()
  await backup.query('begin isolation level repeatable read; select count(*) from messages')
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next(3)
  await stream.untilText('corre')
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect((await nodes.two.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect(nodes.rows('select count(*) n from messages')).toEqual([{ n: 0 }])
  await backup.end()
})

test('a journal that settles under a reader of another node loses and repeats nothing', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gate = upstream.hold({ tokens: TOKENS })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await using reader = await nodes.two.follow(stream.start.runId)
  for (const [index, token] of TOKENS.entries()) {
    await gate.next(1)
    await reader.untilText(token)
    if (index % 2 === 0) {
      const before = settled()
      await ask(nodes.url, 'update nodes set settles_asked = settles_asked + 1')
      await expect.poll(settled, { timeout: 10_000 }).toBeGreaterThan(before)
    }
  }
  gate.open()
  expect(await reader.end()).toMatchObject({ status: 'completed' })
  expect(reader.text).toBe(TOKENS.join(''))
  const numbers = reader.frames.map(({ seq }) => seq)
  expect(numbers).toEqual([...new Set(numbers)])

  function settled(): number {
    return nodes.rows('select count(*) n from segments').map(({ n }) => Number(n))[0] ?? 0
  }
})
