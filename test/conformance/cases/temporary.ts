import assert from 'node:assert/strict'
import type {
  ConversationListResponse,
  ConversationResponse,
  OwnerExport,
  RetentionResponse,
} from '../../../src/protocol/responses.ts'
import type { Case } from '../case.ts'
import type { Client } from '../client.ts'
import { assertRefused, UUID } from './expect.ts'

const ROOT = '/api/chat/conversations'

async function begin(client: Client): Promise<ConversationResponse['conversation']> {
  const answer = await client.post(ROOT, { temporary: true, title: 'Rio' })
  assert.equal(answer.status, 201)
  return answer.json<ConversationResponse>().conversation
}

/** Conversations that go by themselves. */
export const temporaryCases: Case[] = [
  {
    id: 'retention-read',
    rule: '`maxDays` is the rule of the server, `null` if it has none.',
    async check(session) {
      const { retention } = (await session.client().get('/api/chat/retention')).json<RetentionResponse>()
      assert.deepEqual(Object.keys(retention).sort(), ['days', 'maxDays', 'temporaryHours'])
      assert.equal(retention.days, null)
    },
  },
  {
    id: 'temporary-fields',
    rule: 'Nobody is asked for a title. `title` is empty.',
    async check(session) {
      const { id, temporary, title, titleStatus, expiresAt } = await begin(await session.owner())
      assert.match(id, UUID)
      assert.deepEqual([temporary, title, titleStatus, typeof expiresAt], [true, '', 'final', 'number'])
    },
  },
  {
    id: 'temporary-in-no-list',
    rule: 'It is in no list, no search and no `GET /api/chat/export`.',
    async check(session) {
      const client = await session.owner()
      const { id } = await begin(client)
      const { conversations } = (await client.get(ROOT)).json<ConversationListResponse>()
      assert.ok(conversations.every(listed => listed.id !== id))
      const exported = (await client.get('/api/chat/export')).json<OwnerExport>()
      assert.ok(exported.conversations.every(({ conversation }) => conversation.id !== id))
      assert.equal((await client.get(`${ROOT}/${id}`)).status, 200)
    },
  },
  {
    id: 'temporary-kept-nowhere',
    rule: 'It cannot be shared or forked, and `PATCH` changes neither its title nor whether it is archived or pinned.',
    async check(session) {
      const client = await session.owner()
      const { id } = await begin(client)
      const at = `${ROOT}/${id}`
      assertRefused(await client.post(`${at}/shares`), 409, 'CONVERSATION_TEMPORARY')
      for (const body of [{ title: 'Rio' }, { pinned: true }, { archived: true }])
        assertRefused(await client.call('PATCH', at, { body }), 409, 'CONVERSATION_TEMPORARY')
    },
  },
  {
    id: 'temporary-deleted-for-good',
    rule: '`DELETE` erases it at once, as `DELETE /api/chat/owner` does, and nothing restores it.',
    async check(session) {
      const client = await session.owner()
      const { id } = await begin(client)
      assert.equal((await client.call('DELETE', `${ROOT}/${id}`)).status, 204)
      assertRefused(await client.post(`${ROOT}/${id}/restore`), 404, 'NOT_FOUND')
    },
  },
  {
    id: 'temporary-begins-so',
    rule: '`temporary` beside `conversationId` is `400 INVALID_REQUEST`.',
    async check(session) {
      const client = await session.owner()
      const { id } = await begin(client)
      const body = { conversationId: id, content: 'Oi', temporary: true }
      assertRefused(await client.post('/api/chat/send', body), 400, 'INVALID_REQUEST')
    },
  },
]
