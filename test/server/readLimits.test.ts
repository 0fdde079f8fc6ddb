import { expect, test } from 'vitest'
import type { TestClient } from '../harness/client.ts'
import { startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
/** 20 reads a minute for each owner, 100 for each address. */
const settings = { RATE_LIMIT_PER_MINUTE: '1' }

async function statusesOf(client: TestClient, count: number): Promise<number[]> {
  const statuses: number[] = []
  for (let index = 0; index < count; index++) statuses.push((await client.get(ROOT)).status)
  return statuses
}

test('one owner may read so often in a minute, and another one still may', async () => {
  const clock = createShiftedClock()
  await using server = await startServer({ settings, clock })
  const client = server.client()
  expect(await statusesOf(client, 20)).toEqual(Array(20).fill(200))
  const refused = await client.get(ROOT)
  expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED'])
  expect(refused.headers['retry-after']).toBe(String(refused.body.retryAfter))
  expect(refused.body.retryAfter).toBeLessThanOrEqual(60)
  expect((await server.client().get(ROOT)).status).toBe(200)
  expect((await client.get('/api/health')).status).toBe(200)
  clock.shift(60_000)
  // A node on PostgreSQL that has slept for so long answers 503 until it has a lease again.
  await expect.poll(() => statusesOf(client, 1)).toEqual([200])
})

test('one address may read so often in a minute, whoever asks', async () => {
  await using server = await startServer({ settings })
  const statuses: number[] = []
  for (let index = 0; index < 101; index++) statuses.push((await server.client().get(ROOT)).status)
  expect(statuses).toEqual([...Array(100).fill(200), 429])
})

test('pages count as reads, because each new visitor stores a session', async () => {
  await using server = await startServer({ settings, hasPages: true })
  const statuses: number[] = []
  for (let index = 0; index < 101; index++) statuses.push((await server.client().get('/')).status)
  expect(statuses).toEqual([...Array(100).fill(200), 429])
  expect(server.rows('select count(*) as count from sessions')).toEqual([{ count: 100 }])
})

test.each([
  ['without a trusted proxy, X-Forwarded-For does not count', 'false', (n: number) => `192.0.2.${n}`, 429],
  ['with one, what the client itself wrote does not', '1', (n: number) => `192.0.2.${n}, 198.51.100.1`, 429],
  ['with one, what the proxy added does', '1', (n: number) => `192.0.2.1, 198.51.100.${n}`, 200],
])('%s', async (_, trusted, forwardedFor, expected) => {
  await using server = await startServer({ settings: { ...settings, TRUST_PROXY: trusted } })
  let status = 0
  for (let index = 0; index < 101; index++) {
    const client = server.client()
    ;({ status } = await client.get(ROOT, { 'x-forwarded-for': forwardedFor(index) }))
  }
  expect(status).toBe(expected)
})

test('with the usual limit, a reader that comes back once a second is never refused', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: { RATE_LIMIT_PER_MINUTE: '60' } })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  for (let index = 0; index < 60; index++) {
    await using late = await client.follow(stream.start.runId, 1)
    expect(late.status).toBe(200)
    await late.end()
  }
})
