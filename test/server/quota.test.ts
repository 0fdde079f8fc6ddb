import { expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const MINUTE = 60_000
const settings = { OWNER_QUOTA_MB: '1' }

const stored = (server: TestServer) =>
  server.rows('select bytes from owner_storage').map(({ bytes }) => bytes)

/** What the owners of this database store, counted anew. */
function counted(server: TestServer): number {
  const [row] = server.rows(`select sum(bytes) as bytes from (
    select 1000 as bytes from conversations
    union all select 1000 + octet_length(parts) from messages
    union all select 1000 + octet_length(conversation) from shares)`)
  return Number(row?.['bytes'])
}

test('an owner whose quota is used up is refused in words, and keeps what is stored', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  await using stream = await client.send({ content: 'x'.repeat(900_000) })
  await stream.end()
  const { conversationId, userMessageId, messageId } = stream.start
  const refused = await client.post(
    '/api/chat/send',
    { content: 'y'.repeat(100_000) },
    { 'accept-language': 'en' },
  )
  expect([refused.status, refused.body.code, refused.body.message]).toEqual([
    507,
    'QUOTA_EXCEEDED',
    ERROR_MESSAGES.en.QUOTA_EXCEEDED,
  ])
  const fork = await client.post(`${ROOT}/${conversationId}/fork`, { messageId })
  expect([fork.status, fork.body.code]).toEqual([507, 'QUOTA_EXCEEDED'])

  await using small = await client.send({ content: 'y'.repeat(94_500) })
  await small.end()
  for (const [path, body] of [
    ['/api/chat/send', { content: 'z' }],
    ['/api/chat/runs', { userMessageId }],
    [ROOT, {}],
    [`${ROOT}/${conversationId}/shares`, undefined],
  ] as const) {
    const answer = await client.post(path, body)
    expect([path, answer.status, answer.body.code]).toEqual([path, 507, 'QUOTA_EXCEEDED'])
  }
  expect((await client.get(`${ROOT}/${conversationId}`)).body.messages.length).toBe(2)
  await using other = await server.client().send({ content: 'x'.repeat(900_000) })
  expect(await other.end()).toMatchObject({ status: 'completed' })
})

test('a reply that has begun is stored whole, and counts', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['x'.repeat(1_500_000)] })
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(stream.text.length).toBe(1_500_000)
  expect((await client.post('/api/chat/send', { content: 'Oi' })).status).toBe(507)
})

test('the count is what is stored, and what is erased makes room', async () => {
  const clock = createShiftedClock()
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings, clock })
  const client = server.client()
  await using stream = await client.send({ content: 'x'.repeat(400_000) })
  await stream.end()
  const { conversationId, messageId } = stream.start
  await client.post(`${ROOT}/${conversationId}/shares`)
  await client.post(`${ROOT}/${conversationId}/fork`, { messageId })
  expect(stored(server)).toEqual([counted(server)])
  expect((await client.post('/api/chat/send', { content: 'y'.repeat(400_000) })).status).toBe(507)
  await client.call('DELETE', `${ROOT}/${conversationId}`)
  clock.shift(11 * MINUTE)
  // The conversation itself goes last.
  const conversations = () => server.rows('select id from conversations').length
  await expect.poll(conversations, { timeout: 10_000 }).toBe(1)
  expect(stored(server)).toEqual([counted(server)])
  await using next = await client.send({ content: 'y'.repeat(400_000) })
  await next.end()
  await client.call('DELETE', '/api/chat/owner')
  expect(stored(server)).toEqual([])
})

test('no call stores more than the quota: a row counts before it is stored as it counts after', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  await using stream = await client.send({ content: 'x'.repeat(900_000) })
  await stream.end()
  const { conversationId } = stream.start
  const untilRefused = async (path: string, body: object) => {
    for (;;) {
      const { status } = await client.post(path, body)
      if (status === 507) return Number(stored(server)[0])
      expect(status).toBeLessThan(300)
    }
  }
  const share = await client.post(`${ROOT}/${conversationId}/shares`)
  expect(share.status).toBe(201)
  const bytes = await untilRefused(ROOT, {})
  const left = 1_000_000 - bytes
  expect(left).toBeGreaterThan(100)
  expect(left).toBeLessThan(1000)
  // Its text has room, and its row has not.
  for (const body of [{ content: 'z' }, { content: 'z', conversationId }])
    expect((await client.post('/api/chat/send', body)).status).toBe(507)
  expect((await client.post(`${ROOT}/${conversationId}/shares`)).status).toBe(507)
  expect(stored(server)).toEqual([bytes])
})
