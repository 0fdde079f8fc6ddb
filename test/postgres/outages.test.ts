import { expect, test } from 'vitest'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { TestClient } from '../harness/client.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { ask, startPostgres } from '../harness/postgres.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']

/** A node that reaches PostgreSQL over a link of its own. */
async function openNode(options: readonly string[] = []) {
  const postgres = await startPostgres(options)
  const upstream = await createUpstream()
  const url = await postgres.createDatabase()
  const link = await createFaultProxy(postgres.port)
  const settings = { DATABASE_URL: url.replace(`:${postgres.port}/`, `:${link.port}/`), TITLES: 'words' }
  const server = await startServer({ upstream, settings })
  return {
    postgres,
    upstream,
    url,
    link,
    client: server.client(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await link[Symbol.asyncDispose]()
      await upstream.close()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

test('every connection is cut in the middle of a reply, and every token comes once', async () => {
  await using node = await openNode()
  const gate = node.upstream.hold({ tokens: TOKENS })
  await using stream = await node.client.send({ content: 'Oi' })
  await gate.next(2)
  await stream.untilText('Um rio')
  await ask(
    node.url,
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(stream.text).toBe(TOKENS.join(''))
  const { body } = await node.client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body.messages[1]?.parts).toMatchObject([{ type: 'text', text: TOKENS.join('') }])
})

test('PostgreSQL is killed in the middle of a reply and comes back: nothing that was shown is lost, and the reply goes on', async () => {
  await using node = await openNode()
  const gate = node.upstream.hold({ tokens: TOKENS })
  await using stream = await node.client.send({ content: 'Oi' })
  await gate.next(3)
  await stream.untilText('Um rio corre')
  // Without a checkpoint, so that commits that were not synced are lost.
  await node.postgres.kill('SIGQUIT')
  await gate.next(1)
  await stream.until(({ event }) => event.type === 'run-wait')
  expect(stream.text).toBe('Um rio corre')
  await node.postgres.start()
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(stream.text).toBe(TOKENS.join(''))
  await using replay = await node.client.follow(stream.start.runId, 0)
  await replay.end()
  expect(replay.text).toBe(TOKENS.join(''))
}, 60_000)

/** Commits that are not synced wait so long for the disk that a kill surely loses them. */
const FORGETFUL = ['wal_writer_delay=10000']

test('what PostgreSQL forgot of a reply that says nothing more is stored again', async () => {
  await using node = await openNode(FORGETFUL)
  const gate = node.upstream.hold({ tokens: TOKENS })
  await using stream = await node.client.send({ content: 'Oi' })
  await gate.next(3)
  await stream.untilText('Um rio corre')
  await node.postgres.kill('SIGQUIT')
  await node.postgres.start()
  await using other = await startServer({ settings: { DATABASE_URL: node.url } })
  await using reader = await sameAt(other.url, node.client).follow(stream.start.runId, 0)
  await expect.poll(() => reader.text).toBe('Um rio corre')
  gate.open()
}, 60_000)

test('a reader that comes to another node with more than PostgreSQL still has keeps what it was shown', async () => {
  await using node = await openNode(FORGETFUL)
  await using other = await startServer({ settings: { DATABASE_URL: node.url } })
  const gate = node.upstream.hold({ tokens: TOKENS })
  await using stream = await node.client.send({ content: 'Oi' })
  await gate.next(3)
  await stream.untilText('Um rio corre')
  const { lastSeq } = stream
  node.link.set({ cutAfter: 0, cutBy: 'reset' })
  await node.postgres.kill('SIGQUIT')
  await node.postgres.start()
  // Their connections are broken, so that they need a first request.
  const client = sameAt(other.url, node.client)
  await expect.poll(async () => (await client.get('/api/chat/conversations')).status).toBe(200)
  const moved = client.follow(stream.start.runId, lastSeq)
  await client.get('/api/chat/conversations')
  node.link.set({})
  gate.open()
  await using reader = await moved
  expect(await reader.end()).toMatchObject({ status: 'completed' })
  const numbers = reader.frames.map(({ seq }) => seq)
  expect(numbers).toEqual(numbers.map((_, index) => lastSeq + 1 + index))
}, 60_000)

function sameAt(url: string, { cookie }: TestClient): TestClient {
  const client = new TestClient(url)
  client.cookie = cookie
  return client
}
test('a write that a dying server has lost is lost, although a later one got its number', async () => {
  await using postgres = await startPostgres()
  const url = await postgres.createDatabase()
  const database = await openPostgres(url)
  const told: string[] = []
  try {
    const written = database.write('power', async (queries, transaction) => {
      const find = (from: typeof queries) =>
        from.selectFrom('settings').select('key').where('key', '=', 'lost')
      transaction.afterCommit(() => told.push('stored'))
      transaction.onRollback(() => told.push('undone'))
      transaction.confirmBy(async later => (await find(later).executeTakeFirst()) !== undefined)
      await queries.insertInto('settings').values({ key: 'lost', value: '' }).execute()
      await postgres.kill('SIGQUIT')
      await postgres.start()
      for (let count = 0; count < 20; count++)
        await ask(url, 'insert into settings (key, value) values ($1, $2)', [`later ${count}`, ''])
    })
    await expect(written).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(told).toEqual(['undone'])
  } finally {
    await database.close()
  }
}, 60_000)
