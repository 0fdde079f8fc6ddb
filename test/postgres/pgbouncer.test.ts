import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { PGBOUNCER, type Pgbouncer, startPgbouncer } from '../harness/pgbouncer.ts'
import { ask, type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer, type TestServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { runCopy } from './copyProcess.ts'

const hasPgbouncer = existsSync(PGBOUNCER)
if (!hasPgbouncer) console.log(`${PGBOUNCER} is not there: the tests through a pooler are skipped`)

const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']
/** The longest that readers may wait for the runs of a dead node, in milliseconds. */
const TAKEOVER = 20_000

let postgres: PostgresServer
let pooler: Pgbouncer

function clientAt({ url }: TestServer, cookie?: string): TestClient {
  const client = new TestClient(url)
  client.cookie = cookie
  return client
}

describe.skipIf(!hasPgbouncer)('through PgBouncer, by transaction', () => {
  beforeAll(async () => {
    postgres = await startPostgres()
    pooler = await startPgbouncer(postgres.port)
  })

  afterAll(async () => {
    await pooler[Symbol.asyncDispose]()
    await postgres[Symbol.asyncDispose]()
  })

  /** A node on a new database, which only the pooler leads to. */
  async function openNode(upstream: Upstream) {
    const direct = await postgres.createDatabase()
    const settings = { DATABASE_URL: pooler.urlOf(direct), TITLES: 'words' }
    return { direct, settings, node: await startServer({ upstream, settings }) }
  }

  test('two nodes answer, follow and stop each other’s runs', async () => {
    await using upstream = await createUpstream()
    const { settings, node } = await openNode(upstream)
    await using first = node
    await using second = await startServer({ upstream, settings })
    const one = first.client()
    const gate = upstream.hold({ tokens: TOKENS })
    await using stream = await one.send({ content: 'Oi' })
    const two = clientAt(second, one.cookie)
    await using elsewhere = await two.follow(stream.start.runId, 0)
    await gate.next(3)
    await elsewhere.untilText('Um rio corre')
    gate.open()
    for (const reader of [stream, elsewhere]) {
      expect(await reader.end()).toMatchObject({ status: 'completed' })
      expect(reader.text).toBe(TOKENS.join(''))
    }
    const held = upstream.hold({ tokens: TOKENS })
    await using other = await one.send({ content: 'E agora?' })
    await held.next(2)
    await other.untilText('Um rio')
    expect((await two.post(`/api/chat/runs/${other.start.runId}/stop`)).body.status).toBe('stopped')
    held.open()
    const { body } = await two.get('/api/chat/search?query=agora')
    expect(body.hits.length).toBe(1)
  })

  test('kill -9 of a node: another one ends its run within 20 s', { timeout: 60_000 }, async () => {
    await using upstream = await createUpstream()
    await using folder = await temporaryFolder()
    const { settings, node } = await openNode(upstream)
    await using alive = node
    await using mortal = await startProcess({ upstream, folder, settings })
    const client = mortal.client()
    const gate = upstream.hold({ tokens: TOKENS })
    await using stream = await client.send({ content: 'Oi' })
    await using elsewhere = await clientAt(alive, client.cookie).follow(stream.start.runId, 0)
    await gate.next(3)
    await stream.untilText('Um rio corre')
    const killedAt = performance.now()
    await mortal.kill('SIGKILL')
    expect(await elsewhere.end()).toMatchObject({ status: 'interrupted' })
    expect(performance.now() - killedAt).toBeLessThan(TAKEOVER)
    expect(elsewhere.text).toBe('Um rio corre')
    gate.open()
  })

  test('many people at once leave nothing of a transaction to one another', async () => {
    await using upstream = await createUpstream()
    const { direct, node } = await openNode(upstream)
    await using server = node
    upstream.reply({ tokens: TOKENS })
    const replies = Array.from({ length: 40 }, async () => {
      await using stream = await server.client().send({ content: 'Oi' })
      return (await stream.end()).status
    })
    expect(new Set(await Promise.all(replies))).toEqual(new Set(['completed']))
    expect(await ask(direct, 'select count(*)::int as n from messages')).toEqual([{ n: 80 }])
  })

  test('a copy comes through it too', async () => {
    await using folder = await temporaryFolder()
    const source = `file:${folder.path}/source.db`
    {
      await using server = await startServer({ settings: { DATABASE_URL: source } })
      await server.client().post('/api/chat/conversations', { title: 'Um rio' })
    }
    const direct = await postgres.createDatabase()
    expect(await runCopy(source, pooler.urlOf(direct))).toMatchObject({ code: 0 })
    expect(await ask(direct, 'select title from conversations')).toEqual([{ title: 'Um rio' }])
  })
})
