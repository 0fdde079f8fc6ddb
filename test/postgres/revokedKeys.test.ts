import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeKey } from '../harness/apiKey.ts'
import { type PostgresServer, reachable, startPostgres } from '../harness/postgres.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

/** How long a revoked key may go on working on any node, in milliseconds. */
const WITHIN = 1000

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

test('a key that is revoked at one node stops working at the other within a second, its open stream too', async () => {
  await using upstream = await createUpstream()
  const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES: 'words', API_KEYS: 'true' }
  await using here = await startServer({ upstream, settings: await reachable(settings) })
  await using there = await startServer({ upstream, settings: await reachable(settings) })
  const [owner, program] = [here.client(), there.client()]
  const { key, headers } = await makeKey(owner)
  const gate = upstream.hold({ tokens: ['Um', ' rio'] })
  await using stream = await program.send({ content: 'Oi' }, headers)
  await gate.next()
  await stream.untilText('Um')
  await using shown = await owner.follow(stream.start.runId)

  const began = performance.now()
  expect((await owner.call('DELETE', `/api/chat/keys/${key.id}`)).status).toBe(204)
  await stream.closed
  expect(stream.raw).not.toContain('run-end')
  await expect
    .poll(async () => (await program.get('/api/chat/conversations', headers)).status, { interval: 10 })
    .toBe(401)
  expect(performance.now() - began).toBeLessThan(WITHIN)

  gate.open()
  expect(await shown.end()).toMatchObject({ status: 'completed' })
})

test('an erasure at one node ends the key at the other', async () => {
  const settings = { DATABASE_URL: await postgres.createDatabase(), API_KEYS: 'true' }
  await using here = await startServer({ settings: await reachable(settings) })
  await using there = await startServer({ settings: await reachable(settings) })
  const [owner, program] = [here.client(), there.client()]
  const { headers } = await makeKey(owner)
  expect((await program.get('/api/chat/conversations', headers)).status).toBe(200)
  const began = performance.now()
  expect((await owner.call('DELETE', '/api/chat/owner')).status).toBe(204)
  await expect
    .poll(async () => (await program.get('/api/chat/conversations', headers)).status, { interval: 10 })
    .toBe(401)
  expect(performance.now() - began).toBeLessThan(WITHIN)
})
