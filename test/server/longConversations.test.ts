import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Answer, TestClient } from '../harness/client.ts'
import { LONG_TEXT, type Long, longConversation, ownerOf } from '../harness/longConversation.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const REQUESTS: { name: string; ask: (client: TestClient, long: Long) => Promise<Answer> }[] = [
  { name: 'read', ask: (client, { id }) => client.get(`${ROOT}/${id}`) },
  {
    name: 'exported as Markdown',
    ask: (client, { id }) => client.get(`${ROOT}/${id}/export?format=markdown`),
  },
  { name: 'exported as JSON', ask: (client, { id }) => client.get(`${ROOT}/${id}/export?format=json`) },
  { name: 'exported with everything', ask: client => client.get('/api/chat/export') },
  {
    name: 'copied',
    ask: (client, { id, ids }) => client.post(`${ROOT}/${id}/fork`, { messageId: ids.at(-1) }),
  },
  {
    name: 'shared and read',
    async ask(client, { id }) {
      const { body } = await client.post(`${ROOT}/${id}/shares`)
      return client.get(`/api/chat/shared/${body.share.id}`)
    },
  },
  { name: 'searched', ask: client => client.get('/api/chat/search?query=pedra&limit=50') },
  { name: 'erased', ask: client => client.call('DELETE', '/api/chat/owner') },
]

test('while a long conversation is read, exported, copied, shared, searched or erased, other requests are answered', async () => {
  await using long = await longConversation()
  await using server = await startServer({ folder: long.folder })
  const other = server.client()
  for (const { name, ask } of REQUESTS) {
    let isDone = false
    const asked = ask(ownerOf(server, long), long).finally(() => {
      isDone = true
    })
    let [answered, turns] = [0, 0]
    const counting = (async () => {
      for (; !isDone; turns++) await setImmediate()
    })()
    for (; !isDone; answered++) await other.get('/api/health')
    await counting
    const { status, headers, text } = await asked
    expect(status, name).toBeLessThan(300)
    // Its length is not known when it begins, because it is read while it is sent.
    if (text.length > 1024 * 1024) expect(headers['transfer-encoding'], name).toBe('chunked')
    expect(answered, name).toBeGreaterThan(1)
    expect(turns, name).toBeGreaterThan(long.ids.length)
  }
}, 60_000)

test('a long conversation, its export, its copy and its share have every message, in order', async () => {
  await using long = await longConversation()
  await using server = await startServer({ folder: long.folder })
  const client = ownerOf(server, long)
  const texts = long.ids.map((_, place) => `${place} ${LONG_TEXT}`)
  const textsOf = (messages: { parts: unknown[] }[]) =>
    messages.map(({ parts }) => (parts[0] as { text: string }).text)
  const { body } = await client.get(`${ROOT}/${long.id}`)
  expect(body.messages.map(({ id }) => id)).toEqual(long.ids)
  expect(textsOf(body.messages)).toEqual(texts)
  expect((await client.get(`${ROOT}/${long.id}/export?format=json`)).body.messages).toEqual(body.messages)
  const messageId = long.ids[20]
  const { body: copy } = await client.post(`${ROOT}/${long.id}/fork`, { messageId })
  expect(textsOf(copy.messages)).toEqual(texts.slice(0, 21))
  expect(copy.messages.map(({ parentId }) => parentId)).toEqual([
    null,
    ...copy.messages.slice(0, -1).map(({ id }) => id),
  ])
  expect(copy.conversation.headMessageId).toBe(copy.messages.at(-1)?.id)
  const { body: created } = await client.post(`${ROOT}/${long.id}/shares`)
  expect(textsOf((await client.get(`/api/chat/shared/${created.share.id}`)).body.messages)).toEqual(texts)
}, 60_000)

test('what a process left of a copy is never seen, and the next process erases it', async () => {
  await using long = await longConversation()
  // As a process leaves it that dies before the last transaction.
  const database = new DatabaseSync(long.file)
  database.exec(`update conversations set deleted_at = -1 where id = '${long.id}'`)
  database.close()
  await using server = await startServer({ folder: long.folder })
  const client = ownerOf(server, long)
  expect((await client.get(`${ROOT}/${long.id}`)).status).toBe(404)
  expect((await client.post(`${ROOT}/${long.id}/restore`)).status).toBe(404)
  const left = () => server.rows('select id from conversations where deleted_at is not null').length
  await expect.poll(left, { timeout: 10_000 }).toBe(0)
  expect(server.rows('select count(*) as count from messages')).toEqual([{ count: 0 }])
}, 60_000)

test('a copy whose owner is erased meanwhile leaves nothing', async () => {
  await using long = await longConversation()
  await using server = await startServer({ folder: long.folder })
  const copied = ownerOf(server, long).post(`${ROOT}/${long.id}/fork`, { messageId: long.ids.at(-1) })
  const unfinished = () => server.rows('select id from conversations where deleted_at = -1').length
  while (unfinished() === 0) await setImmediate()
  expect((await ownerOf(server, long).call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect((await copied).status).toBe(404)
  expect(server.rows('select count(*) as count from messages')).toEqual([{ count: 0 }])
}, 60_000)

test('a history of more than 4 MiB goes to the provider without its oldest messages', async () => {
  await using long = await longConversation()
  await using upstream = await createUpstream()
  await using server = await startServer({ folder: long.folder, upstream })
  const client = ownerOf(server, long)
  await using stream = await client.send({ conversationId: long.id, content: 'E agora?' })
  const end = await stream.end()
  const { input } = (await upstream.request(0)).body
  expect(JSON.stringify(input).length).toBeLessThan(5 * 1024 * 1024)
  expect(JSON.stringify(input)).toContain('E agora?')
  expect(long.ids.indexOf(end.historyFrom ?? '')).toBeGreaterThan(8)
}, 60_000)
