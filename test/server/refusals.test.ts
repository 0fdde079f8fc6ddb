import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import { MAX_BODY_BYTES } from '../../src/protocol/limits.ts'
import type { TestClient } from '../harness/client.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

let upstream: Upstream
let server: TestServer
let client: TestClient
/** A conversation of `client`, and one that is closed. */
let conversationId: string
let closedId: string
let userMessageId: string
let runId: string

beforeAll(async () => {
  upstream = await createUpstream()
  server = await startServer({ upstream })
  client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  ;({ conversationId, userMessageId, runId } = stream.start)
  await using closed = await client.send({ content: 'Fim' })
  await closed.end()
  closedId = closed.start.conversationId
  await client.call('PATCH', `/api/chat/conversations/${closedId}`, { body: { status: 'CLOSED' } })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

const stored = () =>
  server.rows(
    'select (select count(*) from messages) m, (select count(*) from runs) r, (select count(*) from conversations) c',
  )

interface Refusal {
  name: string
  method?: string
  path?: () => string
  body?: () => unknown
  headers?: Record<string, string>
  stranger?: true
  expected: [number, string]
}

const send = (body: unknown): Pick<Refusal, 'body'> => ({ body: () => body })
const INVALID: [number, string] = [400, 'INVALID_REQUEST']
const NOT_FOUND: [number, string] = [404, 'NOT_FOUND']
const FORBIDDEN: [number, string] = [403, 'FORBIDDEN']
const UNKNOWN = randomUUID()

const REFUSALS: Refusal[] = [
  { name: 'what is not JSON', ...send('{"content":'), expected: INVALID },
  { name: 'an empty body', ...send(''), expected: INVALID },
  { name: 'an array', ...send([]), expected: INVALID },
  { name: 'a prototype in the body', ...send('{"content":"x","__proto__":{"a":1}}'), expected: INVALID },
  { name: 'a missing content', ...send({}), expected: INVALID },
  { name: 'an empty content', ...send({ content: '' }), expected: INVALID },
  { name: 'a blank content', ...send({ content: ' \n\t' }), expected: INVALID },
  { name: 'a content that is no text', ...send({ content: 7 }), expected: INVALID },
  { name: 'an unknown field', ...send({ content: 'x', contents: 'y' }), expected: INVALID },
  { name: 'an unknown assistant', ...send({ content: 'x', assistant: 'nobody' }), expected: INVALID },
  { name: 'a wrong conversation id', ...send({ content: 'x', conversationId: '1' }), expected: INVALID },
  { name: 'a wrong client message id', ...send({ content: 'x', clientMessageId: 'a' }), expected: INVALID },
  {
    name: 'a body of 1 MiB and 1 byte',
    ...send(`{"content":"${'x'.repeat(MAX_BODY_BYTES - 13)}"}`),
    expected: [413, 'TOO_LARGE'],
  },
  {
    name: 'a form',
    ...send('content=x'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    expected: INVALID,
  },
  {
    name: 'plain text',
    ...send('{"content":"x"}'),
    headers: { 'content-type': 'text/plain' },
    expected: INVALID,
  },
  {
    name: 'an unknown conversation',
    ...send({ content: 'x', conversationId: UNKNOWN }),
    expected: NOT_FOUND,
  },
  {
    name: "a stranger's conversation",
    body: () => ({ content: 'x', conversationId }),
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: 'a closed conversation',
    body: () => ({ content: 'x', conversationId: closedId }),
    expected: [409, 'CONVERSATION_CLOSED'],
  },
  {
    name: 'an unknown parent',
    body: () => ({ content: 'x', conversationId, parentId: UNKNOWN }),
    expected: NOT_FOUND,
  },
  {
    name: 'a parent of another conversation',
    body: () => ({ content: 'x', conversationId: conversationId, parentId: closedId }),
    expected: NOT_FOUND,
  },
  {
    name: 'a foreign Origin',
    ...send({ content: 'x' }),
    headers: { origin: 'https://evil.example' },
    expected: FORBIDDEN,
  },
  { name: 'an opaque Origin', ...send({ content: 'x' }), headers: { origin: 'null' }, expected: FORBIDDEN },
  {
    name: 'a cross-site fetch',
    ...send({ content: 'x' }),
    headers: { 'sec-fetch-site': 'cross-site' },
    expected: FORBIDDEN,
  },
  {
    name: 'a same-site fetch',
    ...send({ content: 'x' }),
    headers: { 'sec-fetch-site': 'same-site' },
    expected: FORBIDDEN,
  },
  {
    name: 'an unknown Host',
    ...send({ content: 'x' }),
    headers: { host: 'rebound.example' },
    expected: FORBIDDEN,
  },
  {
    name: 'a run for an unknown message',
    path: () => '/api/chat/runs',
    ...send({ userMessageId: UNKNOWN }),
    expected: NOT_FOUND,
  },
  { name: 'a run for no message', path: () => '/api/chat/runs', ...send({}), expected: INVALID },
  {
    name: "a run for a stranger's message",
    path: () => '/api/chat/runs',
    body: () => ({ userMessageId }),
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: 'events of an unknown run',
    method: 'GET',
    path: () => `/api/chat/runs/${UNKNOWN}/events`,
    expected: NOT_FOUND,
  },
  {
    name: "events of a stranger's run",
    method: 'GET',
    path: () => `/api/chat/runs/${runId}/events`,
    stranger: true,
    expected: NOT_FOUND,
  },
  { name: 'events of no id', method: 'GET', path: () => '/api/chat/runs/x/events', expected: INVALID },
  {
    name: 'events after no number',
    method: 'GET',
    path: () => `/api/chat/runs/${runId}/events?after=x`,
    expected: INVALID,
  },
  {
    name: 'events after a negative number',
    method: 'GET',
    path: () => `/api/chat/runs/${runId}/events?after=-1`,
    expected: INVALID,
  },
  {
    name: 'a wrong Last-Event-ID',
    method: 'GET',
    path: () => `/api/chat/runs/${runId}/events`,
    headers: { 'last-event-id': '1;2' },
    expected: INVALID,
  },
  {
    name: "stopping a stranger's run",
    path: () => `/api/chat/runs/${runId}/stop`,
    stranger: true,
    expected: NOT_FOUND,
  },
  { name: 'revoking no session', method: 'DELETE', path: () => '/api/chat/sessions/x', expected: INVALID },
  {
    name: 'revoking an unknown session',
    method: 'DELETE',
    path: () => `/api/chat/sessions/${UNKNOWN}`,
    expected: NOT_FOUND,
  },
  { name: 'revoking no key', method: 'DELETE', path: () => '/api/chat/keys/x', expected: INVALID },
  {
    name: 'revoking an unknown key',
    method: 'DELETE',
    path: () => `/api/chat/keys/${UNKNOWN}`,
    expected: NOT_FOUND,
  },
  ...[
    {},
    { name: '', scope: 'read' },
    { name: 'x'.repeat(101), scope: 'read' },
    { name: 'x', scope: 'all' },
    { name: 'x', scope: 'read', days: 0 },
    { name: 'x', scope: 'read', days: 366 },
    { name: 'x', scope: 'read', owner: 'other' },
  ].map(body => ({
    name: `making the key ${JSON.stringify(body).slice(0, 40)}`,
    path: () => '/api/chat/keys',
    body: () => body,
    expected: INVALID,
  })),
  { name: 'stopping an unknown run', path: () => `/api/chat/runs/${UNKNOWN}/stop`, expected: NOT_FOUND },
  {
    name: 'stopping from another site',
    path: () => `/api/chat/runs/${runId}/stop`,
    headers: { 'sec-fetch-site': 'cross-site' },
    expected: FORBIDDEN,
  },
  {
    name: "reading a stranger's conversation",
    method: 'GET',
    path: () => `/api/chat/conversations/${conversationId}`,
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: "changing a stranger's conversation",
    method: 'PATCH',
    path: () => `/api/chat/conversations/${conversationId}`,
    ...send({ title: 'x' }),
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: "deleting a stranger's conversation",
    method: 'DELETE',
    path: () => `/api/chat/conversations/${conversationId}`,
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: 'a change of nothing',
    method: 'PATCH',
    path: () => `/api/chat/conversations/${conversationId}`,
    ...send({}),
    expected: INVALID,
  },
  {
    name: 'an unknown status',
    method: 'PATCH',
    path: () => `/api/chat/conversations/${conversationId}`,
    ...send({ status: 'GONE' }),
    expected: INVALID,
  },
  {
    name: 'a blank title',
    method: 'PATCH',
    path: () => `/api/chat/conversations/${conversationId}`,
    ...send({ title: ' ' }),
    expected: INVALID,
  },
  {
    name: 'a new conversation with a wrong field',
    path: () => '/api/chat/conversations',
    ...send({ name: 'x' }),
    expected: INVALID,
  },
  {
    name: 'a list of too many',
    method: 'GET',
    path: () => '/api/chat/conversations?limit=1000',
    expected: INVALID,
  },
  {
    name: 'a cursor that is none',
    method: 'GET',
    path: () => '/api/chat/conversations?cursor=abc',
    expected: INVALID,
  },
  {
    name: 'a head of another conversation',
    method: 'PATCH',
    path: () => `/api/chat/conversations/${closedId}`,
    body: () => ({ headMessageId: userMessageId }),
    expected: NOT_FOUND,
  },
  {
    name: 'a head that is no id',
    method: 'PATCH',
    path: () => `/api/chat/conversations/${conversationId}`,
    ...send({ headMessageId: null }),
    expected: INVALID,
  },
  {
    name: 'a pin that is none',
    method: 'PATCH',
    path: () => `/api/chat/conversations/${conversationId}`,
    ...send({ pinned: 'yes' }),
    expected: INVALID,
  },
  {
    name: 'a parent in a conversation that does not exist yet',
    body: () => ({ content: 'x', parentId: userMessageId }),
    expected: NOT_FOUND,
  },
  {
    name: 'a fork at no message',
    path: () => `/api/chat/conversations/${conversationId}/fork`,
    ...send({}),
    expected: INVALID,
  },
  {
    name: 'a fork with an unknown field',
    path: () => `/api/chat/conversations/${conversationId}/fork`,
    body: () => ({ messageId: userMessageId, title: 'x' }),
    expected: INVALID,
  },
  {
    name: 'a fork at a message of another conversation',
    path: () => `/api/chat/conversations/${closedId}/fork`,
    body: () => ({ messageId: userMessageId }),
    expected: NOT_FOUND,
  },
  {
    name: "a fork of a stranger's conversation",
    path: () => `/api/chat/conversations/${conversationId}/fork`,
    body: () => ({ messageId: userMessageId }),
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: "restoring a stranger's conversation",
    path: () => `/api/chat/conversations/${conversationId}/restore`,
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: "sharing a stranger's conversation",
    path: () => `/api/chat/conversations/${conversationId}/shares`,
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: 'a share that there is not',
    method: 'GET',
    path: () => '/api/chat/shared/AAAAAAAAAAAAAAAAAAAAAAAA',
    expected: NOT_FOUND,
  },
  {
    name: 'a share with a name of any length',
    method: 'GET',
    path: () => `/api/chat/shared/${'A'.repeat(65)}`,
    expected: INVALID,
  },
  {
    name: 'revoking a share that there is not',
    method: 'DELETE',
    path: () => '/api/chat/shares/AAAAAAAAAAAAAAAAAAAAAAAA',
    expected: NOT_FOUND,
  },
  {
    name: 'feedback from another site',
    method: 'PUT',
    path: () => `/api/chat/messages/${userMessageId}/feedback`,
    ...send({ rating: 'up' }),
    headers: { 'sec-fetch-site': 'cross-site' },
    expected: FORBIDDEN,
  },
  {
    name: 'feedback without a rating',
    method: 'PUT',
    path: () => `/api/chat/messages/${userMessageId}/feedback`,
    ...send({ comment: 'x' }),
    expected: INVALID,
  },
  {
    name: 'feedback of another kind',
    method: 'PUT',
    path: () => `/api/chat/messages/${userMessageId}/feedback`,
    ...send({ rating: 'five' }),
    expected: INVALID,
  },
  {
    name: 'a comment over 2,000 characters',
    method: 'PUT',
    path: () => `/api/chat/messages/${userMessageId}/feedback`,
    ...send({ rating: 'up', comment: 'x'.repeat(2001) }),
    expected: INVALID,
  },
  {
    name: 'feedback on a question',
    method: 'PUT',
    path: () => `/api/chat/messages/${userMessageId}/feedback`,
    ...send({ rating: 'up' }),
    expected: NOT_FOUND,
  },
  { name: 'a search for nothing', method: 'GET', path: () => '/api/chat/search', expected: INVALID },
  { name: 'a search for blanks', method: 'GET', path: () => '/api/chat/search?query=%20', expected: INVALID },
  {
    name: 'a search for more than 200 characters',
    method: 'GET',
    path: () => `/api/chat/search?query=${'x'.repeat(201)}`,
    expected: INVALID,
  },
  {
    name: 'a search for too many',
    method: 'GET',
    path: () => '/api/chat/search?query=x&limit=51',
    expected: INVALID,
  },
  {
    name: 'a search from a cursor that is none',
    method: 'GET',
    path: () => '/api/chat/search?query=x&cursor=abc',
    expected: INVALID,
  },
  {
    name: 'an export in no format',
    method: 'GET',
    path: () => `/api/chat/conversations/${conversationId}/export`,
    expected: INVALID,
  },
  {
    name: 'an export in an unknown format',
    method: 'GET',
    path: () => `/api/chat/conversations/${conversationId}/export?format=pdf`,
    expected: INVALID,
  },
  {
    name: "an export of a stranger's conversation",
    method: 'GET',
    path: () => `/api/chat/conversations/${conversationId}/export?format=json`,
    stranger: true,
    expected: NOT_FOUND,
  },
  {
    name: 'erasing an owner from another site',
    method: 'DELETE',
    path: () => '/api/chat/owner',
    headers: { 'sec-fetch-site': 'cross-site' },
    expected: FORBIDDEN,
  },
  {
    name: 'a method that the path does not have, before its body is read',
    method: 'PUT',
    path: () => '/api/chat/send',
    body: () => '{"content":',
    expected: [405, 'METHOD_NOT_ALLOWED'],
  },
  { name: 'an unknown endpoint', method: 'GET', path: () => '/api/chat/nothing', expected: NOT_FOUND },
]

describe('bad input gets its status and code, and stores nothing:', () => {
  for (const { name, method = 'POST', path, body, headers, stranger, expected } of REFUSALS) {
    test(name, async () => {
      const before = stored()
      const who = stranger ? server.client() : client
      const answer = await who.call(method, path?.() ?? '/api/chat/send', {
        ...(body && { body: body() }),
        ...(headers && { headers }),
      })
      expect([answer.status, answer.body.code]).toEqual(expected)
      expect(answer.body).toMatchObject({ success: false, requestId: expect.any(String) })
      expect(answer.text).not.toMatch(/ at .*\.ts/)
      expect(stored()).toEqual(before)
    })
  }
})

test('a refusal is in the language of the caller', async () => {
  for (const [header, locale] of [
    ['en-GB,en;q=0.9', 'en'],
    ['es-AR', 'es'],
    ['pt-PT', 'pt-BR'],
    ['ja', 'pt-BR'],
    ['de, es;q=0.5, en;q=0.8', 'en'],
  ] as const) {
    const answer = await client.get(`/api/chat/conversations/${UNKNOWN}`, { 'accept-language': header })
    expect(answer.body.message).toBe(ERROR_MESSAGES[locale].NOT_FOUND)
  }
})

test('a same-origin write passes, by either header', async () => {
  const headersOfOrigin: Record<string, string>[] = [
    { origin: server.url },
    { 'sec-fetch-site': 'same-origin' },
  ]
  for (const headers of headersOfOrigin) {
    const answer = await client.post('/api/chat/conversations', {}, headers)
    expect(answer.status).toBe(201)
  }
})

test('a forged session cookie is a new owner', async () => {
  const forged = server.client()
  forged.cookie = client.cookie?.replace(/=.{6}/, '=forged')
  const { body } = await forged.get('/api/chat/conversations')
  expect(body.conversations).toEqual([])
  expect(forged.cookie).not.toContain('forged')
})

test('too many messages and reruns in a minute are refused with the time to wait', async () => {
  await using limited = await startServer({ upstream, settings: { RATE_LIMIT_PER_MINUTE: '2' } })
  const hasty = limited.client()
  await using stream = await hasty.send({ content: 'Oi' })
  await stream.end()
  const { userMessageId } = stream.start
  await using again = await hasty.retry({ userMessageId })
  await again.end()
  for (const answer of [
    await hasty.post('/api/chat/send', { content: 'Oi' }),
    await hasty.post('/api/chat/runs', { userMessageId }),
  ]) {
    expect([answer.status, answer.body.code]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  }
})

test('forks, shares, exports and erasures share one limit, and searches have ten times as many', async () => {
  await using limited = await startServer({ upstream, settings: { RATE_LIMIT_PER_MINUTE: '4' } })
  const hasty = limited.client()
  await using stream = await hasty.send({ content: 'Oi' })
  await stream.end()
  const path = `/api/chat/conversations/${stream.start.conversationId}`
  const askAll = async () => [
    await hasty.post(`${path}/fork`, { messageId: stream.start.messageId }),
    await hasty.post(`${path}/shares`),
    await hasty.get(`${path}/export?format=json`),
    await hasty.get('/api/chat/export'),
  ]
  expect((await askAll()).map(({ status }) => status)).toEqual([201, 201, 200, 200])
  const refused = [...(await askAll()), await hasty.call('DELETE', '/api/chat/owner')]
  expect(refused.map(({ status }) => status)).toEqual([429, 429, 429, 429, 429])
  const searches = Array.from({ length: 41 }, () => hasty.get('/api/chat/search?query=oi'))
  const statuses = (await Promise.all(searches)).map(({ status }) => status)
  expect(statuses.filter(status => status === 200).length).toBe(40)
  expect((await hasty.get(path)).status).toBe(200)
})
