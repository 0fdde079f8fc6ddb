import assert from 'node:assert/strict'
import type {
  ConversationExport,
  OwnerExport,
  SearchHit,
  SearchResponse,
  Share,
  SharedConversation,
  ShareListResponse,
  ShareResponse,
} from '../../../src/protocol/responses.ts'
import type { Case } from '../case.ts'
import type { Client } from '../client.ts'
import { readConversation, type Session } from '../session.ts'
import { assertRefused } from './expect.ts'

const ROOT = '/api/chat/conversations'

/** Makes an owner who asks this and stops the reply. */
async function asked(session: Session, content: string) {
  const live = await session.live({ body: { content } })
  await live[Symbol.asyncDispose]()
  return live
}

async function search(client: Client, query: string, more = ''): Promise<SearchResponse> {
  const answer = await client.get(`/api/chat/search?query=${encodeURIComponent(query)}${more}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.json<SearchResponse>()
}

const questions = ({ hits }: SearchResponse) => hits.filter(({ role }) => role === 'USER')
const matchesOf = ({ excerpt }: SearchHit) => excerpt.filter(({ isMatch }) => isMatch).map(({ text }) => text)

const searching: Case[] = [
  {
    id: 'search-words',
    rule: 'every word of `query`, in any order. Case and accents do not matter. The last word may be only the beginning of a word',
    async check(session) {
      const { client, start } = await asked(session, 'A nascente não seca em Quixeramobim')
      for (const query of ['nao', 'SECA não', 'quixeramobim NASC']) {
        const hits = questions(await search(client, query))
        assert.deepEqual(
          hits.map(({ messageId }) => messageId),
          [start.userMessageId],
          query,
        )
        assert.equal(hits[0]?.conversationId, start.conversationId)
      }
      for (const query of ['nasc quixeramobim', 'nascente zebra']) {
        assert.deepEqual(questions(await search(client, query)), [], query)
      }
    },
  },
  {
    id: 'search-excerpt',
    rule: '`isMatch` marks the pieces that match `query`',
    async check(session) {
      const { client } = await asked(session, 'O <b>rio</b> não para, [rio] nenhum')
      const [hit] = questions(await search(client, 'nao rio'))
      assert.ok(hit, 'the message is found')
      assert.deepEqual(matchesOf(hit), ['rio', 'não', 'rio'])
      assert.equal(hit.excerpt.map(({ text }) => text).join(''), 'O <b>rio</b> não para, [rio] nenhum')
    },
  },
  {
    id: 'search-no-operator',
    rule: 'Nothing in `query` is an operator.',
    async check(session) {
      const { client } = await asked(session, 'mande um "e-mail" e text:rio')
      for (const query of ['"e-mail', 'text:rio', 'e-mail*']) {
        assert.equal(questions(await search(client, query)).length, 1, query)
      }
      for (const query of ['mande NOT zebra', '*', '(', '"']) {
        assert.deepEqual(questions(await search(client, query)), [], query)
      }
    },
  },
  {
    id: 'search-titles',
    rule: 'The first page also has the first 10 `conversations`, archived ones too, that the same `query` finds by their titles',
    async check(session) {
      const { client, start } = await asked(session, 'Onde fica a foz?')
      const path = `${ROOT}/${start.conversationId}`
      await client.call('PATCH', path, { body: { title: 'Viagem à Amazônia', archived: true } })
      const { conversations, hits } = await search(client, 'amazonia viag')
      assert.deepEqual(
        conversations.map(({ title, archived }) => ({ title, archived })),
        [{ title: 'Viagem à Amazônia', archived: true }],
      )
      assert.deepEqual(hits, [])
    },
  },
  {
    id: 'search-pages',
    rule: 'Messages come newest first, in the order in which they were stored.',
    async check(session) {
      const { client, start } = await asked(session, 'Jaguaribe')
      for (let asking = 0; asking < 2; asking++) {
        const body = { content: 'Jaguaribe', conversationId: start.conversationId }
        await (await session.live({ client, body }))[Symbol.asyncDispose]()
      }
      const found: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: SearchResponse = await search(
          client,
          'jaguaribe',
          `&limit=1${cursor && `&cursor=${cursor}`}`,
        )
        found.push(...questions(page).map(({ messageId }) => messageId))
        cursor = page.nextCursor
      }
      const { messages } = await readConversation(client, start.conversationId)
      const sent = messages.filter(({ role }) => role === 'USER').map(({ id }) => id)
      assert.deepEqual(found, sent.reverse())
    },
  },
  {
    id: 'search-where',
    rule: 'in archived conversations too, and never in deleted ones',
    async check(session) {
      const { client, start } = await asked(session, 'Mandacaru')
      const path = `${ROOT}/${start.conversationId}`
      await client.call('PATCH', path, { body: { archived: true } })
      const [hit] = questions(await search(client, 'mandacaru'))
      assert.equal(hit?.archived, true)
      assert.deepEqual((await search(await session.owner(), 'mandacaru')).hits, [])
      await client.call('DELETE', path)
      assert.deepEqual((await search(client, 'mandacaru')).hits, [])
    },
  },
]

async function share(client: Client, conversationId: string): Promise<Share> {
  const answer = await client.post(`${ROOT}/${conversationId}/shares`)
  assert.equal(answer.status, 201)
  return answer.json<ShareResponse>().share
}

const sharing: Case[] = [
  {
    id: 'share-is-frozen',
    rule: "A share is a frozen copy of a conversation's current branch, as it is stored when the share is made.",
    async check(session) {
      const { client, start } = await asked(session, session.question)
      const { conversationId } = start
      const { messages } = await readConversation(client, conversationId)
      const { id } = await share(client, conversationId)
      const more = await session.live({ client, body: { conversationId } })
      await more[Symbol.asyncDispose]()
      const shared = (await session.client().get(`/api/chat/shared/${id}`)).json<SharedConversation>()
      assert.deepEqual(
        shared.messages.map(({ role, parts }) => ({ role, parts })),
        messages.map(({ role, parts }) => ({ role, parts })),
      )
    },
  },
  {
    id: 'share-for-anybody',
    rule: 'The answer needs and sets no cookie',
    async check(session) {
      const { client, start } = await session.finished()
      const { id } = await share(client, start.conversationId)
      const { status, headers } = await session.client().get(`/api/chat/shared/${id}`)
      assert.deepEqual([status, headers['set-cookie']], [200, undefined])
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-robots-tag'], 'noindex')
    },
  },
  {
    id: 'share-names-nobody',
    rule: 'names neither the owner nor the conversation',
    async check(session) {
      const { client, start } = await session.finished()
      const { id } = await share(client, start.conversationId)
      const { text } = await session.client().get(`/api/chat/shared/${id}`)
      for (const known of [start.conversationId, start.messageId, start.userMessageId, start.runId]) {
        assert.ok(!text.includes(known), `${known} is disclosed`)
      }
    },
  },
  {
    id: 'share-revoked',
    rule: 'until it is revoked by `DELETE`',
    async check(session) {
      const { client, start } = await asked(session, session.question)
      const kept = await share(client, start.conversationId)
      const { id } = await share(client, start.conversationId)
      assert.notEqual(id, kept.id)
      assertRefused(await (await session.owner()).call('DELETE', `/api/chat/shares/${id}`), 404, 'NOT_FOUND')
      assert.equal((await client.call('DELETE', `/api/chat/shares/${id}`)).status, 204)
      assertRefused(await session.client().get(`/api/chat/shared/${id}`), 404, 'NOT_FOUND')
      for (const path of ['/api/chat/shares', `${ROOT}/${start.conversationId}/shares`]) {
        assert.deepEqual((await client.get(path)).json<ShareListResponse>().shares, [kept])
      }
    },
  },
]

const leaving: Case[] = [
  {
    id: 'export-markdown',
    rule: 'Exports are downloads (`content-disposition: attachment`).',
    async check(session) {
      const { client, start } = await asked(session, 'A água do **açude**')
      const { headers, text } = await client.get(`${ROOT}/${start.conversationId}/export?format=markdown`)
      assert.match(
        String(headers['content-disposition']),
        /^attachment; filename=".+\.md"; filename\*=UTF-8''.+\.md$/,
      )
      assert.match(String(headers['content-type']), /^text\/markdown/)
      assert.ok(text.includes('A água do \\*\\*açude**'), 'has the message, to be read as it was written')
    },
  },
  {
    id: 'export-json',
    rule: '`format=json` has `{conversation, messages, shares}`, with every message',
    async check(session) {
      const { client, start } = await asked(session, session.question)
      const shares = [await share(client, start.conversationId)]
      const { conversation, messages } = await readConversation(client, start.conversationId)
      const answer = await client.get(`${ROOT}/${start.conversationId}/export?format=json`)
      assert.deepEqual(answer.json<ConversationExport>(), { conversation, messages, shares })
    },
  },
  {
    id: 'export-everything',
    rule: '`GET /api/chat/export` has `{exportedAt, conversations}`, with an entry for each conversation that is not deleted.',
    async check(session) {
      const { client, start } = await asked(session, session.question)
      const deleted = await session.live({ client })
      await deleted[Symbol.asyncDispose]()
      await client.call('DELETE', `${ROOT}/${deleted.start.conversationId}`)
      const { conversations } = (await client.get('/api/chat/export')).json<OwnerExport>()
      const { conversation, messages } = await readConversation(client, start.conversationId)
      assert.deepEqual(conversations, [{ conversation, messages, shares: [] }])
    },
  },
  {
    id: 'erase-owner',
    rule: 'erases all that the owner has, at once and for good, and takes the session cookie away',
    async check(session) {
      await using live = await session.live()
      const { client, start, stream } = live
      const { id } = await share(client, start.conversationId)
      const { status, headers } = await client.tab().call('DELETE', '/api/chat/owner')
      assert.equal(status, 204)
      assert.match(String(headers['set-cookie']), /^(__Host-)?riacho_session=; Max-Age=0/)
      assert.equal((await stream.end()).fields.status, 'stopped')
      assertRefused(await client.post(`${ROOT}/${start.conversationId}/restore`), 404, 'NOT_FOUND')
      assertRefused(await session.client().get(`/api/chat/shared/${id}`), 404, 'NOT_FOUND')
      assert.deepEqual((await client.get('/api/chat/export')).json<OwnerExport>().conversations, [])
    },
  },
]

export const keepingCases: Case[] = [...searching, ...sharing, ...leaving]
