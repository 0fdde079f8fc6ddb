import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const KNOWN = [
  'conversationId',
  'clientMessageId',
  'parentId',
  'assistant',
  'content',
  'userMessageId',
  'clientRunId',
  'continueMessageId',
  'title',
  'status',
  'archived',
  'pinned',
  'headMessageId',
  'attachments',
  'messageId',
  'rating',
  'comment',
]

test('no input makes the server fail, and a refused request stores nothing', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using seedStream = await client.send({ content: 'Oi' })
  await seedStream.end()
  const { runId, conversationId, userMessageId } = seedStream.start
  const counts = () =>
    server.rows(
      'select (select count(*) from conversations) c, (select count(*) from messages) m, (select count(*) from runs) r, (select count(*) from shares) s',
    )[0]

  const id = fc.constantFrom(
    runId,
    conversationId,
    userMessageId,
    randomUUID(),
    '0',
    '..',
    '%00',
    'a'.repeat(300),
  )
  const value = fc.oneof(
    id,
    fc.string({ unit: 'binary' }),
    fc.jsonValue(),
    fc.constantFrom('OPEN', 'CLOSED', true, null, '', 1e308),
  )
  const body = fc.oneof(
    fc.dictionary(fc.constantFrom(...KNOWN), value).map(fields => JSON.stringify(fields)),
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '{', '[]', 'null', '{"content":"\\ud800"}', `${'['.repeat(5000)}${']'.repeat(5000)}`),
  )
  const query = fc.oneof(
    fc.constant(''),
    fc.webQueryParameters().map(text => `?${text}`),
    fc
      .record({
        key: fc.constantFrom('run', 'after', 'limit', 'cursor', 'search', 'archived', 'query', 'format'),
        value: fc.string({ unit: 'binary' }),
      })
      .map(({ key, value }) => `?${key}=${encodeURIComponent(value.toWellFormed())}`),
  )
  const path = fc.oneof(
    fc.constantFrom(
      '/api/chat/send',
      '/api/chat/runs',
      '/api/chat/conversations',
      '/api/chat/assistants',
      '/api/chat/search',
      '/api/chat/search?query=oi',
      '/api/chat/shares',
      '/api/chat/export',
      '/api/chat/owner',
      '/api/health',
    ),
    id.map(value => `/api/chat/runs/${value}/events`),
    id.map(value => `/api/chat/runs/${value}/stop`),
    id.map(value => `/api/chat/events?run=${value}:0&run=${randomUUID()}:1`),
    fc.constant('/api/chat/events'),
    id.map(value => `/api/chat/conversations/${value}`),
    fc
      .tuple(id, fc.constantFrom('restore', 'fork', 'shares', 'export', 'title'))
      .map(([value, call]) => `/api/chat/conversations/${value}/${call}`),
    id.map(value => `/api/chat/shares/${value}`),
    id.map(value => `/api/chat/shared/${value}`),
    id.map(value => `/api/chat/messages/${value}/feedback`),
    fc.webPath().map(value => `/api${value}`),
  )
  const headers = fc.dictionary(
    fc.constantFrom(
      'last-event-id',
      'accept-language',
      'cookie',
      'content-type',
      'sec-fetch-site',
      'accept-encoding',
    ),
    fc
      .oneof(
        fc.string(),
        fc.constantFrom('application/json', 'text/html', 'same-origin', '9'.repeat(400), '*;q=-1'),
      )
      .map(text => text.replace(/[^\x20-\x7e]/g, '')),
  )

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT'),
      path,
      query,
      headers,
      body,
      async (method, at, search, extra, payload) => {
        if (method === 'DELETE' && (at.includes(conversationId) || at === '/api/chat/owner')) return
        const before = counts()
        const other = client.tab()
        const answer = await other.call(method, at + search, {
          headers: extra,
          ...(method !== 'GET' && { body: payload }),
        })
        expect(answer.status, answer.text).toBeLessThan(500)
        if (answer.status < 400) return
        expect(answer.body).toMatchObject({
          success: false,
          code: expect.any(String),
          message: expect.any(String),
        })
        expect(counts()).toEqual(before)
      },
    ),
    { numRuns: 1500 },
  )
  expect((await client.get('/api/ready')).status).toBe(200)
}, 120_000)
