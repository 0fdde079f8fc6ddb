import { expect, test } from 'vitest'
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
