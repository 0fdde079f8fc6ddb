import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { RequestErrorCode } from '../../../src/protocol/errors.ts'
import { type Case, Skip } from '../case.ts'
import { assertRefused } from './expect.ts'

const SEND = '/api/chat/send'
const RUNS = '/api/chat/runs'
const CONVERSATIONS = '/api/chat/conversations'

/** A request of a new owner, and the status or the code of its answer. */
interface Asked {
  id: string
  rule: string
  method?: string
  path: string
  body?: unknown
  headers?: Record<string, string>
  expected: number | [status: number, code: RequestErrorCode]
}

function askedCase({ id, rule, method = 'POST', path, body, headers, expected }: Asked): Case {
  return {
    id,
    rule,
    async check(session) {
      const client = await session.owner()
      const answer = await client.call(method, path, { body, ...(headers && { headers }) })
      if (typeof expected === 'number') assert.equal(answer.status, expected, answer.text)
      else assertRefused(answer, ...expected)
    },
  }
}

const INVALID: [number, RequestErrorCode] = [400, 'INVALID_REQUEST']
const FIELD = 'not JSON, a missing, empty, unknown or wrong field'
const unknown = randomUUID()

const FIELDS: [id: string, path: string, body: unknown, method?: string][] = [
  ['send-not-json', SEND, '{"content":'],
  ['send-no-body', SEND, ''],
  ['send-array', SEND, []],
  ['send-no-content', SEND, {}],
  ['send-empty-content', SEND, { content: '' }],
  ['send-blank-content', SEND, { content: ' \n\t' }],
  ['send-wrong-content', SEND, { content: 7 }],
  ['send-unknown-field', SEND, { content: 'Oi', contents: 'Oi' }],
  ['send-unknown-assistant', SEND, { content: 'Oi', assistant: 'ninguém' }],
  ['send-wrong-conversation', SEND, { content: 'Oi', conversationId: '1' }],
  ['send-wrong-client-id', SEND, { content: 'Oi', clientMessageId: 'um' }],
  ['run-no-message', RUNS, {}],
  ['run-unknown-field', RUNS, { userMessageId: unknown, content: 'Oi' }],
  ['run-wrong-client-id', RUNS, { userMessageId: unknown, clientRunId: 'um' }],
  ['create-unknown-field', CONVERSATIONS, { name: 'Rio' }],
  ['create-blank-title', CONVERSATIONS, { title: ' ' }],
  ['create-unknown-assistant', CONVERSATIONS, { assistant: 'ninguém' }],
  ['change-unknown-field', `${CONVERSATIONS}/${unknown}`, { name: 'Rio' }, 'PATCH'],
  ['change-unknown-status', `${CONVERSATIONS}/${unknown}`, { status: 'GONE' }, 'PATCH'],
  ['change-nothing', `${CONVERSATIONS}/${unknown}`, {}, 'PATCH'],
  ['list-wrong-limit', `${CONVERSATIONS}?limit=muitas`, undefined, 'GET'],
  ['list-unknown-cursor', `${CONVERSATIONS}?cursor=nenhum`, undefined, 'GET'],
  ['list-unknown-field', `${CONVERSATIONS}?order=title`, undefined, 'GET'],
  ['read-wrong-id', `${CONVERSATIONS}/1`, undefined, 'GET'],
  ['events-wrong-id', `${RUNS}/1/events`, undefined, 'GET'],
  ['head-wrong-id', `${CONVERSATIONS}/${unknown}`, { headMessageId: 'um' }, 'PATCH'],
  ['fork-no-message', `${CONVERSATIONS}/${unknown}/fork`, {}],
  ['fork-unknown-field', `${CONVERSATIONS}/${unknown}/fork`, { messageId: unknown, title: 'Rio' }],
  ['feedback-no-rating', `/api/chat/messages/${unknown}/feedback`, { comment: 'Bom' }, 'PUT'],
  ['feedback-wrong-rating', `/api/chat/messages/${unknown}/feedback`, { rating: 'meh' }, 'PUT'],
  ['search-no-query', '/api/chat/search', undefined, 'GET'],
  ['search-blank-query', '/api/chat/search?query=%20', undefined, 'GET'],
  ['search-unknown-cursor', '/api/chat/search?query=rio&cursor=nenhum', undefined, 'GET'],
  ['export-unknown-format', `${CONVERSATIONS}/${unknown}/export?format=pdf`, undefined, 'GET'],
]

const METHODS: [method: string, path: string, allowed: string][] = [
  ['GET', SEND, 'POST'],
  ['PUT', SEND, 'POST'],
  ['GET', `${RUNS}/${unknown}/stop`, 'POST'],
  ['POST', `${RUNS}/${unknown}/events`, 'GET'],
  ['PUT', CONVERSATIONS, 'GET'],
  ['PUT', `${CONVERSATIONS}/${unknown}`, 'PATCH'],
  ['GET', '/api/chat/owner', 'DELETE'],
]

const methodCase: Case = {
  id: 'method-not-allowed',
  rule: 'a known path, but not by this method; `Allow` names the methods of the path',
  async check(session) {
    for (const [method, path, allowed] of METHODS) {
      const answer = await session.client().call(method, path)
      assertRefused(answer, 405, 'METHOD_NOT_ALLOWED')
      const methods = String(answer.headers['allow']).split(/, */)
      assert.ok(methods.includes(allowed), `${method} ${path}: Allow is ${methods}`)
      assert.ok(!methods.includes(method), `${method} ${path}: Allow is ${methods}`)
    }
  },
}

const fields: Asked[] = FIELDS.map(([id, path, body, method = 'POST']) => ({
  id,
  rule: FIELD,
  method,
  path,
  body,
  expected: INVALID,
}))

const UNKNOWN_ID = 'unknown, deleted, or another owner'

const unknowns: Asked[] = (
  [
    ['unknown-conversation', 'GET', `${CONVERSATIONS}/${unknown}`],
    ['unknown-run', 'GET', `${RUNS}/${unknown}/events`],
    ['unknown-share', 'GET', '/api/chat/shared/x'],
    ['unknown-endpoint', 'GET', '/api/chat/nothing'],
  ] as const
).map(([id, method, path]) => ({ id, rule: UNKNOWN_ID, method, path, expected: [404, 'NOT_FOUND'] }))

const TYPE = 'A body needs `content-type: application/json`.'

const contentTypes: Asked[] = (
  [
    ['type-text', 'text/plain', INVALID],
    ['type-form', 'application/x-www-form-urlencoded', INVALID],
    ['type-multipart', 'multipart/form-data; boundary=x', INVALID],
    ['type-json-charset', 'application/json; charset=utf-8', 201],
  ] as const
).map(([id, type, expected]) => ({
  id,
  rule: TYPE,
  path: CONVERSATIONS,
  body: '{"title":"Rio"}',
  headers: { 'content-type': type },
  expected: typeof expected === 'number' ? expected : INVALID,
}))

const FETCH_SITE = 'any value but `same-origin` or `none` is `403 FORBIDDEN`'
const ORIGIN = "Otherwise `Origin` decides: an origin other than the server's own is `403 FORBIDDEN`."
const DECIDES = 'If there is a `Sec-Fetch-Site`, it decides'
const NO_ORIGIN = 'If there is neither header, as with curl, the server takes the request.'

const FOREIGN = 'https://evil.example'

const origins: Asked[] = (
  [
    ['origin-cross-site', FETCH_SITE, { 'sec-fetch-site': 'cross-site' }, 403],
    ['origin-same-site', FETCH_SITE, { 'sec-fetch-site': 'same-site' }, 403],
    ['origin-same-origin', FETCH_SITE, { 'sec-fetch-site': 'same-origin' }, 201],
    ['origin-typed', FETCH_SITE, { 'sec-fetch-site': 'none' }, 201],
    ['origin-foreign', ORIGIN, { origin: FOREIGN }, 403],
    ['origin-opaque', ORIGIN, { origin: 'null' }, 403],
    ['origin-cross-site-browser', DECIDES, { 'sec-fetch-site': 'cross-site', origin: FOREIGN }, 403],
    ['origin-behind-proxy', DECIDES, { 'sec-fetch-site': 'same-origin', origin: FOREIGN }, 201],
    ['origin-absent', NO_ORIGIN, {}, 201],
  ] as const
).map(([id, rule, headers, status]) => ({
  id,
  rule,
  path: CONVERSATIONS,
  body: {},
  headers: { ...headers },
  expected: status === 403 ? [403, 'FORBIDDEN'] : status,
}))

/** A request is refused for its origin before anything else is checked. */
const foreignWrites: Asked[] = (
  [
    ['origin-send', 'POST', SEND],
    ['origin-run', 'POST', RUNS],
    ['origin-stop', 'POST', `${RUNS}/${unknown}/stop`],
    ['origin-change', 'PATCH', `${CONVERSATIONS}/${unknown}`],
    ['origin-delete', 'DELETE', `${CONVERSATIONS}/${unknown}`],
    ['origin-restore', 'POST', `${CONVERSATIONS}/${unknown}/restore`],
    ['origin-fork', 'POST', `${CONVERSATIONS}/${unknown}/fork`],
    ['origin-share', 'POST', `${CONVERSATIONS}/${unknown}/shares`],
    ['origin-revoke', 'DELETE', '/api/chat/shares/x'],
    ['origin-feedback', 'PUT', `/api/chat/messages/${unknown}/feedback`],
    ['origin-owner', 'DELETE', '/api/chat/owner'],
  ] as const
).map(([id, method, path]) => ({
  id,
  rule: '**Writes** (`POST`, `PUT`, `PATCH`, `DELETE`) are taken from the same origin only',
  method,
  path,
  headers: { 'sec-fetch-site': 'cross-site' },
  expected: [403, 'FORBIDDEN'],
}))

const LIMIT = 1_048_576
const BODY_RULE = 'at most 1 MiB (1,048,576 bytes) a body'

/** JSON with exactly `bytes` bytes. */
const bodyOf = (bytes: number) => `{"title":"Rio"${' '.repeat(bytes - 15)}}`

const bodies: Asked[] = [
  { id: 'body-at-limit', rule: BODY_RULE, path: CONVERSATIONS, body: bodyOf(LIMIT), expected: 201 },
  {
    id: 'body-over-limit',
    rule: 'a body over 1 MiB',
    path: CONVERSATIONS,
    body: bodyOf(LIMIT + 1),
    expected: [413, 'TOO_LARGE'],
  },
  {
    id: 'body-over-limit-chunked',
    rule: 'a body over 1 MiB',
    path: CONVERSATIONS,
    body: bodyOf(LIMIT + 1),
    headers: { 'transfer-encoding': 'chunked' },
    expected: [413, 'TOO_LARGE'],
  },
]

const LOOPBACK = /^https?:\/\/(localhost|127\.|\[::1\])/

const hosts: Case[] = [
  {
    id: 'origin-own',
    rule: ORIGIN,
    async check(session) {
      const client = await session.owner()
      const answer = await client.post(CONVERSATIONS, {}, { origin: new URL(session.url).origin })
      assert.equal(answer.status, 201, answer.text)
    },
  },
  {
    id: 'origin-read',
    rule: '**Writes** (`POST`, `PUT`, `PATCH`, `DELETE`) are taken from the same origin only',
    async check(session) {
      const headers = { 'sec-fetch-site': 'cross-site', origin: FOREIGN }
      assert.equal((await session.client().get(CONVERSATIONS, headers)).status, 200)
    },
  },
  {
    id: 'host-unknown',
    rule: 'A server bound to a loopback address answers only to loopback `Host` names',
    async check(session) {
      if (!LOOPBACK.test(session.url)) throw new Skip('not a loopback address')
      const answer = await session.client().get(CONVERSATIONS, { host: 'rebound.example' })
      assertRefused(answer, 403, 'FORBIDDEN')
    },
  },
]

const NOT_KEPT: Case = {
  id: 'answers-not-kept',
  rule: 'it has `cache-control: no-store`',
  async check(session) {
    const client = await session.owner()
    for (const path of [
      CONVERSATIONS,
      '/api/chat/assistants',
      '/api/chat/shares',
      `${CONVERSATIONS}/${unknown}`,
    ]) {
      const answer = await client.call('GET', path)
      assert.equal(answer.headers['cache-control'], 'no-store', path)
    }
  },
}

export const requestCases: Case[] = [
  ...[...fields, ...unknowns, ...contentTypes, ...origins, ...foreignWrites, ...bodies].map(askedCase),
  ...hosts,
  methodCase,
  NOT_KEPT,
]
