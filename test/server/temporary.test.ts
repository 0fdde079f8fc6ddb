import { expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { finished, type TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startProcess, startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { wordsInFiles } from '../proof/wordsInFiles.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Words that are nowhere else. */
const WORDS = ['xqsegredinhos', 'xqrespondidos', 'xqanexadinhos', 'xqcomentados']
const [ASKED, TOLD, ATTACHED, COMMENTED] = WORDS as [string, string, string, string]

const TABLES = ['conversations', 'messages', 'runs', 'segments', 'message_index', 'owner_storage']

/** A temporary conversation with a message and its reply. */
async function begin(client: TestClient) {
  const attachments = [{ name: 'a.txt', text: ATTACHED }]
  await using stream = await client.send({ content: ASKED, attachments, temporary: true })
  await stream.end()
  const path = `${ROOT}/${stream.start.conversationId}`
  const comment = { rating: 'up', comment: COMMENTED }
  await client.call('PUT', `/api/chat/messages/${stream.start.messageId}/feedback`, { body: comment })
  return { ...stream.start, path }
}

const rowsOf = (server: TestServer) =>
  TABLES.filter(table => table !== 'owner_storage' || !onPostgres).flatMap(table =>
    table === 'owner_storage'
      ? server.rows('select * from owner_storage where bytes > 0')
      : server.rows(`select * from ${table}`),
  )

test('it is read by its id, and is in no list, no search and no export of everything', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  upstream.reply({ tokens: [TOLD] })
  const { conversationId, path } = await begin(client)
  const lasting = await finished(client)
  const { conversation, messages } = (await client.get(path)).body
  expect(conversation).toMatchObject({ id: conversationId, temporary: true, title: '', titleStatus: 'final' })
  expect(Math.abs(Number(conversation.expiresAt) - conversation.updatedAt - 24 * HOUR)).toBeLessThan(MINUTE)
  expect(messages.map(({ parts }) => textOf(parts))).toEqual([ASKED, TOLD])
  const ids = async (query: string) =>
    (await client.get(`${ROOT}${query}`)).body.conversations.map(({ id }: { id: string }) => id)
  expect(await ids('')).toEqual([lasting.conversationId])
  expect(await ids('?archived=true')).toEqual([])
  for (const word of WORDS) {
    const found = (await client.get(`/api/chat/search?query=${word}`)).body
    expect([
      found.hits.filter(({ conversationId: id }) => id === conversationId),
      found.conversations,
    ]).toEqual([[], []])
  }
  const everything = (await client.get('/api/chat/export')).text
  expect(everything).not.toContain(conversationId)
  expect((await client.get(`${path}/export?format=json`)).text).toContain(ASKED)
  await using title = await client.title(conversationId)
  expect([await title.title(), upstream.requests.length]).toEqual(['', 2])
  expect((await server.client().get(path)).status).toBe(404)
})

test('what would keep it is refused, and what only uses it is not', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const { conversationId, path, messageId, userMessageId } = await begin(client)
  const change = (body: unknown) => client.call('PATCH', path, { body })
  const refused = await Promise.all([
    client.post(`${path}/shares`),
    client.post(`${path}/fork`, { messageId }),
    change({ title: 'Nome' }),
    change({ pinned: true }),
    change({ archived: true }),
  ])
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    refused.map(() => [409, 'CONVERSATION_TEMPORARY']),
  )
  expect(refused[0]?.body.message).toContain('conversa temporária')
  const wrong = await Promise.all([
    client.post('/api/chat/send', { content: 'x', temporary: true, conversationId }),
    client.post('/api/chat/send', { content: 'x', temporary: 'yes' }),
    client.post(ROOT, { temporary: 1 }),
  ])
  expect(wrong.map(({ status, body }) => [status, body.code])).toEqual(
    wrong.map(() => [400, 'INVALID_REQUEST']),
  )

  const before = (await client.get(path)).body.conversation.expiresAt
  expect((await change({ status: 'CLOSED' })).body.conversation).toMatchObject({ expiresAt: before })
  await change({ status: 'OPEN' })
  await using again = await client.retry({ userMessageId })
  await again.end()
  await using next = await client.send({ content: 'E depois?', conversationId })
  await next.end()
  const after = (await client.get(path)).body
  expect(after.messages.length).toBe(5)
  expect(Number(after.conversation.expiresAt)).toBeGreaterThan(Number(before))
  const created = await client.post(ROOT, { temporary: true, title: 'Nome' })
  expect(created.body.conversation).toMatchObject({ temporary: true, title: '' })
})

test('a repeated message is the same one, and a lasting one with its id is another request', async () => {
  await using server = await startServer()
  const client = server.client()
  const message = { content: 'Oi', clientMessageId: '01890000-0000-7000-8000-000000000001' }
  await using first = await client.send({ ...message, temporary: true })
  await first.end()
  await using second = await client.send({ ...message, temporary: true })
  expect(second.start).toEqual(first.start)
  const other = await client.post('/api/chat/send', message)
  expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
})

test('deleting it erases every row at once, also while a reply is being written, and nothing restores it', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  upstream.replyOnce({ tokens: [TOLD] })
  const { conversationId, path, runId } = await begin(client)
  const gate = upstream.hold({ tokens: ['Um', ' rio'] })
  await using live = await client.send({ content: 'E depois?', conversationId })
  await gate.next(1)
  await live.untilText('Um')
  expect((await client.call('DELETE', path)).status).toBe(204)
  expect(rowsOf(server)).toEqual([])
  expect((await client.post(`${path}/restore`)).status).toBe(404)
  expect((await client.get(`/api/chat/runs/${runId}/events`)).status).toBe(404)
})

test('a lasting conversation beside it can still be restored', async () => {
  await using server = await startServer()
  const client = server.client()
  const lasting = await finished(client)
  const { path } = await begin(client)
  await client.call('DELETE', `${ROOT}/${lasting.conversationId}`)
  await client.call('DELETE', path)
  expect((await client.post(`${ROOT}/${lasting.conversationId}/restore`)).status).toBe(200)
})

// The time of PostgreSQL counts there, and no test can move it: test/contracts/retention.test.ts.
test.skipIf(onPostgres)(
  'it goes so many hours after its last message, and none of its words stays in a file',
  async () => {
    await using upstream = await createUpstream()
    upstream.reply({ tokens: [TOLD] })
    const clock = createShiftedClock()
    await using server = await startServer({
      upstream,
      clock,
      settings: { TEMPORARY_HOURS: '2', TITLES: 'words' },
    })
    const client = server.client()
    const { conversationId, path } = await begin(client)
    clock.shift(HOUR)
    await using next = await client.send({ content: `E ${ASKED}?`, conversationId })
    await next.end()
    clock.shift(HOUR + MINUTE)
    expect((await client.get(path)).status).toBe(200)
    expect(wordsInFiles(server.databaseFile, WORDS)).not.toEqual([])
    clock.shift(HOUR)
    // Each look lets a minute pass, because a sweep or a rewriting that is under way has begun before.
    const later = <Value>(read: () => Value) => {
      clock.shift(MINUTE)
      return read()
    }
    await expect.poll(() => later(async () => (await client.get(path)).status)).toBe(404)
    await expect.poll(() => later(() => server.rows('select id from conversations'))).toEqual([])
    await expect.poll(() => later(() => wordsInFiles(server.databaseFile, WORDS))).toEqual([])
  },
)

test.skipIf(onPostgres)(
  'deleted by hand, none of its words stays in a file after the rewriting',
  async () => {
    await using upstream = await createUpstream()
    upstream.reply({ tokens: [TOLD] })
    const clock = createShiftedClock()
    await using server = await startServer({ upstream, clock })
    const client = server.client()
    const { path } = await begin(client)
    await client.call('DELETE', path)
    expect(rowsOf(server)).toEqual([])
    const words = () => {
      clock.shift(MINUTE)
      return wordsInFiles(server.databaseFile, WORDS)
    }
    await expect.poll(words).toEqual([])
  },
)

test.skipIf(onPostgres)(
  'it survives kill -9 while its reply is being written, and stays temporary',
  async () => {
    await using folder = await temporaryFolder()
    await using upstream = await createUpstream()
    const gate = upstream.hold({ tokens: ['Um', ' rio', ' corre'] })
    const settings = { TITLES: 'words' }
    let cookie: string | undefined
    let path = ''
    {
      await using server = await startProcess({ folder, upstream, settings })
      const client = server.client()
      await using stream = await client.send({ content: ASKED, temporary: true })
      await gate.next(2)
      await stream.untilText('Um rio')
      cookie = client.cookie
      path = `${ROOT}/${stream.start.conversationId}`
      await server.kill('SIGKILL')
    }
    await using server = await startProcess({ folder, upstream, settings })
    const client = server.client()
    client.cookie = cookie
    const { conversation, messages } = (await client.get(path)).body
    expect(conversation.temporary).toBe(true)
    expect(messages.map(({ parts }) => textOf(parts))).toEqual([ASKED, 'Um rio'])
    expect((await client.call('DELETE', path)).status).toBe(204)
    expect(rowsOf(server)).toEqual([])
  },
)

test('the provider is told to keep nothing of it, also where it writes other replies in the background', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({
    upstream,
    settings: { OPENAI_API: 'responses', OPENAI_BACKGROUND: 'true', TITLES: 'words' },
  })
  const client = server.client()
  await begin(client)
  await finished(client)
  const asked = upstream.requests.map(({ body }) => body as { store?: boolean; background?: boolean })
  expect(asked.map(({ store, background }) => [store, background])).toEqual([
    [false, undefined],
    [true, true],
  ])
})
