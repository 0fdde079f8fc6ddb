import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrations } from '../../src/server/database/postgres/migrations/index.ts'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { TestClient } from '../harness/client.ts'
import { ask, type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { startServer } from '../harness/server.ts'

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

const NOWHERE = 'postgres://riacho:hunter2@127.0.0.1:1/riacho'

test.each([
  [
    'no address',
    () => 'postgres:',
    /^DATABASE_URL is not an address of PostgreSQL; expected such as postgres:/,
  ],
  [
    'a host that is not there',
    () => NOWHERE,
    /^PostgreSQL at 127\.0\.0\.1:1 cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1\.$/,
  ],
  [
    'a mode of TLS that changes its meaning',
    () => `${NOWHERE}?sslmode=require`,
    /^DATABASE_URL has sslmode=require/,
  ],
  [
    'a database that is not there',
    () => postgres.url.replace(/postgres$/, 'nowhere'),
    /has no database nowhere: create it, or name another one in DATABASE_URL\.$/,
  ],
])('%s is one sentence for the operator, without the password', async (_, url, sentence) => {
  const problem = await openPostgres(url()).catch((error: Error) => error)
  expect(problem).toMatchObject({ name: 'DatabaseProblem', message: expect.stringMatching(sentence) })
  expect((problem as Error).message).not.toContain('hunter2')
})

test('a server of version 14 is one sentence for the operator', async () => {
  const url = await postgres.createDatabase()
  // Found before the function of PostgreSQL that it plays.
  await ask(
    url,
    `create function current_setting(name text) returns text language sql as $$
    select case name when 'server_version' then '14.20' else '140020' end $$`,
  )
  await ask(url, `alter database ${new URL(url).pathname.slice(1)} set search_path = public, pg_catalog`)
  await expect(openPostgres(url)).rejects.toMatchObject({
    name: 'DatabaseProblem',
    message: 'PostgreSQL is version 14.20; Riacho needs 15 or later.',
  })
})

test('an empty database gets its tables, and one that is known keeps what it has', async () => {
  const url = await postgres.createDatabase()
  const first = await openPostgres(url)
  await first.write('power', queries =>
    queries.insertInto('settings').values({ key: 'a', value: 'água' }).execute(),
  )
  await first.close()
  const second = await openPostgres(url)
  expect(await second.queries.selectFrom('settings').selectAll().execute()).toEqual([
    { key: 'a', value: 'água' },
  ])
  await second.close()
})

test('a node starts after a later version has migrated', async () => {
  const url = await postgres.createDatabase()
  await (await openPostgres(url)).close()
  await ask(url, `insert into migrations (name, migrated_at) values ('999-later', now())`)
  await (await openPostgres(url)).close()
  expect((await ask(url, 'select name from migrations order by name')).map(({ name }) => name)).toEqual([
    ...Object.keys(migrations),
    '999-later',
  ])
})

test('two nodes that start at once on an empty database make one set of tables and one secret', async () => {
  const settings = { DATABASE_URL: await postgres.createDatabase() }
  const servers = await Promise.all([startServer({ settings }), startServer({ settings })])
  const [one, two] = servers.map(({ url }) => new TestClient(url))
  await one?.post('/api/chat/conversations', {})
  if (one && two) two.cookie = one.cookie
  const { body } = (await two?.get('/api/chat/conversations')) ?? expect.unreachable()
  expect(body.conversations.length).toBe(1)
  for (const server of servers) await server[Symbol.asyncDispose]()
})

test('a NUL in a title becomes a sign that PostgreSQL takes', async () => {
  const settings = { DATABASE_URL: await postgres.createDatabase() }
  await using server = await startServer({ settings })
  const client = server.client()
  expect((await client.post('/api/chat/conversations', { title: 'Um\0rio' })).status).toBe(201)
  const { body } = await client.get('/api/chat/conversations')
  expect(body.conversations[0]?.title).toBe('Um\uFFFDrio')
})
