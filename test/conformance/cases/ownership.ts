import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type {
  ConversationListResponse,
  ConversationResponse,
  SessionListResponse,
} from '../../../src/protocol/responses.ts'
import type { Case } from '../case.ts'
import type { Answer, Client } from '../client.ts'
import { readConversation } from '../session.ts'
import { assertRefused } from './expect.ts'

interface Ids {
  /** A session of the owner. */
  sessionId: string
  conversationId: string
  messageId: string
  userMessageId: string
  runId: string
  /** A conversation of the caller. */
  ownId: string
}

/** Every request that names something by its id. */
const ENDPOINTS: [id: string, ask: (client: Client, ids: Ids) => Promise<Answer>][] = [
  ['send', (client, { conversationId }) => client.post('/api/chat/send', { conversationId, content: 'Oi' })],
  [
    'send-parent',
    (client, { ownId, messageId }) =>
      client.post('/api/chat/send', { conversationId: ownId, parentId: messageId, content: 'Oi' }),
  ],
  ['run', (client, { userMessageId }) => client.post('/api/chat/runs', { userMessageId })],
  [
    'continue',
    (client, { userMessageId, messageId }) =>
      client.post('/api/chat/runs', { userMessageId, continueMessageId: messageId }),
  ],
  ['events', (client, { runId }) => client.get(`/api/chat/runs/${runId}/events`)],
  ['events-at-end', (client, { runId }) => client.get(`/api/chat/runs/${runId}/events?after=1000000`)],
  ['stop', (client, { runId }) => client.post(`/api/chat/runs/${runId}/stop`)],
  ['read', (client, { conversationId }) => client.get(`/api/chat/conversations/${conversationId}`)],
  [
    'change',
    (client, { conversationId }) =>
      client.call('PATCH', `/api/chat/conversations/${conversationId}`, { body: { title: 'Meu' } }),
  ],
  [
    'delete',
    (client, { conversationId }) => client.call('DELETE', `/api/chat/conversations/${conversationId}`),
  ],
  [
    'restore',
    (client, { conversationId }) => client.post(`/api/chat/conversations/${conversationId}/restore`),
  ],
  [
    'fork',
    (client, { conversationId, messageId }) =>
      client.post(`/api/chat/conversations/${conversationId}/fork`, { messageId }),
  ],
  [
    'head',
    (client, { ownId, messageId }) =>
      client.call('PATCH', `/api/chat/conversations/${ownId}`, { body: { headMessageId: messageId } }),
  ],
  ['session', (client, { sessionId }) => client.call('DELETE', `/api/chat/sessions/${sessionId}`)],
  ['share', (client, { conversationId }) => client.post(`/api/chat/conversations/${conversationId}/shares`)],
  ['shares', (client, { conversationId }) => client.get(`/api/chat/conversations/${conversationId}/shares`)],
  [
    'export',
    (client, { conversationId }) =>
      client.get(`/api/chat/conversations/${conversationId}/export?format=markdown`),
  ],
  [
    'feedback',
    (client, { messageId }) =>
      client.call('PUT', `/api/chat/messages/${messageId}/feedback`, { body: { rating: 'up' } }),
  ],
]

const FOREIGN =
  "A request for another owner's data gets the same answer as a request for what does not exist: `404 NOT_FOUND`."

/** Everything that an answer says, except what is specific to this one request. */
function plain({ status, headers, text }: Answer): unknown {
  const kept = Object.entries(headers).filter(([name]) => name !== 'date')
  const { requestId, ...body } = JSON.parse(text)
  return { status, headers: kept, body, idLength: String(requestId).length }
}

function foreignCase(id: string, ask: (client: Client, ids: Ids) => Promise<Answer>): Case {
  return {
    id: `foreign-${id}`,
    rule: FOREIGN,
    async check(session) {
      const { client, start, stored } = await session.finished()
      const stranger = await session.owner()
      const own = await stranger.post('/api/chat/conversations', {})
      const ownId = own.json<ConversationResponse>().conversation.id
      const unknown = {
        sessionId: randomUUID(),
        conversationId: randomUUID(),
        messageId: randomUUID(),
        userMessageId: randomUUID(),
        runId: randomUUID(),
        ownId,
      }
      const listed = await client.get('/api/chat/sessions')
      const sessionId = listed.json<SessionListResponse>().sessions[0]?.id ?? ''
      const foreign = await ask(stranger, { ...start, ownId, sessionId })
      assertRefused(foreign, 404, 'NOT_FOUND')
      assert.deepEqual(plain(foreign), plain(await ask(stranger, unknown)))
      assert.deepEqual(await readConversation(client, start.conversationId), stored)
    },
  }
}

const SESSION =
  "A request for an owner's data without a valid `riacho_session` cookie starts a new owner. The response sets the cookie"

const cookies: Case[] = [
  {
    id: 'cookie-is-set',
    rule: SESSION,
    async check(session) {
      const { headers } = await session.client().get('/api/chat/conversations')
      const name = session.url.startsWith('https:') ? '__Host-riacho_session' : 'riacho_session'
      assert.ok(String(headers['set-cookie']).startsWith(`${name}=`), name)
    },
  },
  {
    id: 'cookie-attributes',
    rule: '(`HttpOnly; SameSite=Lax`, `Secure` over https)',
    async check(session) {
      const { headers } = await session.client().get('/api/chat/conversations')
      const attributes = String(headers['set-cookie'])
        .split(/; */)
        .map(text => text.toLowerCase())
      assert.ok(attributes.includes('httponly'), 'HttpOnly')
      assert.ok(attributes.includes('samesite=lax'), 'SameSite=Lax')
      assert.equal(attributes.includes('secure'), session.url.startsWith('https:'), 'Secure over https')
    },
  },
  {
    id: 'cookie-on-stream',
    rule: SESSION,
    async check(session) {
      await using live = await session.live({ client: session.client() })
      assert.ok(live.client.cookie, 'the first response of a new owner may be a stream')
      const { messages } = await readConversation(live.client, live.start.conversationId)
      assert.equal(messages.length > 0, true)
    },
  },
  {
    id: 'cookie-is-kept',
    rule: 'whoever has a session without an account',
    async check(session) {
      const { headers } = await (await session.owner()).get('/api/chat/conversations')
      assert.equal(headers['set-cookie'], undefined)
    },
  },
  {
    id: 'cookie-forged',
    rule: 'A request with a token that is unknown, ended or revoked is answered as one without a cookie.',
    async check(session) {
      const { client, start } = await session.finished()
      const forger = session.client()
      const last = client.cookie?.at(-1)
      forger.cookie = `${client.cookie?.slice(0, -1)}${last === 'A' ? 'B' : 'A'}x`
      const answer = await forger.get(`/api/chat/conversations/${start.conversationId}`)
      assertRefused(answer, 404, 'NOT_FOUND')
      assert.match(String(answer.headers['set-cookie']), /^(__Host-)?riacho_session=/)
    },
  },
  {
    id: 'cookieless-has-nothing',
    rule: SESSION,
    async check(session) {
      const answer = await session.client().get('/api/chat/conversations')
      assert.deepEqual(answer.json<ConversationListResponse>(), { conversations: [], nextCursor: null })
    },
  },
]

const sessions: Case[] = [
  {
    id: 'session-is-listed',
    rule: '`isCurrent` is the session of this request.',
    async check(session) {
      const client = await session.owner()
      const { sessions } = (await client.get('/api/chat/sessions')).json<SessionListResponse>()
      assert.deepEqual(
        sessions.map(({ isCurrent }) => isCurrent),
        [true],
      )
    },
  },
  {
    id: 'session-revoked',
    rule: 'A request with a token that is unknown, ended or revoked is answered as one without a cookie.',
    async check(session) {
      const client = await session.owner()
      const begun = await client.post('/api/chat/conversations', {})
      const { id } = begun.json<ConversationResponse>().conversation
      const { sessions } = (await client.get('/api/chat/sessions')).json<SessionListResponse>()
      const answer = await client.call('DELETE', `/api/chat/sessions/${sessions[0]?.id}`)
      assert.equal(answer.status, 204)
      // The next request may come to another node, which hears of it within a second.
      const deadline = performance.now() + 1000
      const ask = () => client.get(`/api/chat/conversations/${id}`)
      let asked = await ask()
      while (asked.status === 200 && performance.now() < deadline) asked = await ask()
      assertRefused(asked, 404, 'NOT_FOUND')
    },
  },
  {
    id: 'session-stream-ends',
    rule: 'streams of a revoked session end without `run-end`',
    async check(session) {
      await using live = await session.live()
      const { sessions } = (await live.client.get('/api/chat/sessions')).json<SessionListResponse>()
      await live.client.call('DELETE', `/api/chat/sessions/${sessions[0]?.id}`)
      await live.stream.closed
      assert.ok(!live.stream.raw.includes('run-end'), 'no run-end')
    },
  },
]

export const ownershipCases: Case[] = [
  ...ENDPOINTS.map(([id, ask]) => foreignCase(id, ask)),
  ...cookies,
  ...sessions,
]
