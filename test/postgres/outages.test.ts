import { expect, test } from 'vitest'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { ask, startPostgres } from '../harness/postgres.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']

async function openNode() {
  const postgres = await startPostgres()
  const upstream = await createUpstream()
  const url = await postgres.createDatabase()
  const server = await startServer({ upstream, settings: { DATABASE_URL: url, TITLES: 'words' } })
  return {
    postgres,
    upstream,
    url,
    client: server.client(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
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
