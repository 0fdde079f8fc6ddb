import { expect, test } from 'vitest'
import { finished } from '../harness/client.ts'
import { ask, startPostgres } from '../harness/postgres.ts'
import { startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const MINUTE = 60_000

/** A node whose clock a test can move. Only what the database stores of times counts for other nodes. */
async function openNode(settings: Record<string, string> = {}) {
  const postgres = await startPostgres()
  const upstream = await createUpstream()
  const url = await postgres.createDatabase()
  const clock = createShiftedClock()
  const server = await startServer({
    upstream,
    clock,
    settings: { DATABASE_URL: url, TITLES: 'words', ...settings },
  })
  return {
    clock,
    client: server.client(),
    rows: server.rows,
    /** Makes all deletions and all counts so much older. */
    async age(ms: number) {
      await ask(url, 'update conversations set deleted_at = deleted_at - $1', [ms])
      await ask(url, "update request_counts set begun_at = begun_at - $1 * interval '1 ms'", [ms])
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await upstream.close()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

test('a deletion is undone for ten minutes by the time of the database, and erased after that', async () => {
  await using node = await openNode()
  const { client, rows, clock } = node
  const path = `${ROOT}/${(await finished(client)).conversationId}`
  await client.call('DELETE', path)
  await node.age(9 * MINUTE)
  expect((await client.post(`${path}/restore`)).status).toBe(200)
  await client.call('DELETE', path)
  await node.age(10 * MINUTE + 1)
  expect((await client.post(`${path}/restore`)).status).toBe(404)
  clock.shift(MINUTE)
  await expect.poll(() => rows('select id from conversations'), { timeout: 10_000 }).toEqual([])
})

test('an address may ask again a minute after its first request, by the time of the database', async () => {
  await using node = await openNode({ RATE_LIMIT_PER_MINUTE: '1' })
  const { client, clock } = node
  await finished(client)
  // The counts of the node itself.
  clock.shift(MINUTE)
  await node.age(30_000)
  const refused = await client.post('/api/chat/send', { content: 'Oi' })
  expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED'])
  expect(refused.body.retryAfter).toBeLessThanOrEqual(30)
  clock.shift(MINUTE)
  await node.age(30_000)
  await finished(client)
})
