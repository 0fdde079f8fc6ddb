import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Case } from '../case.ts'
import type { Answer, Client } from '../client.ts'
import { readConversation, type Session } from '../session.ts'
import { assertRefused } from './expect.ts'

/** Frames of content and heartbeats, then the end. */
const STREAM = /^(?:data: \{"content":.+\}\n\n|: ?\n\n)*event: title-end\ndata: (.+)\n\n$/
const ALONE = /^event: title-end\ndata: (.+)\n\n$/

/** Starts a conversation and stops its reply after the first text. */
async function begun(session: Session): Promise<{ client: Client; conversationId: string }> {
  const live = await session.live()
  await live[Symbol.asyncDispose]()
  return { client: live.client, conversationId: live.start.conversationId }
}

const pathOf = (conversationId: string) => `/api/chat/conversations/${conversationId}/title`

function titleIn(answer: Answer, grammar: RegExp): string {
  assert.equal(answer.status, 200)
  assert.match(answer.text, grammar)
  const { title } = JSON.parse(grammar.exec(answer.text)?.[1] ?? '') as { title?: unknown }
  assert.ok(typeof title === 'string' && title.trim(), 'the title is not blank')
  return title
}

export const titleCases: Case[] = [
  {
    id: 'title-headers',
    rule: "It answers as a run's stream does, but its frames have no `id`s",
    async check(session) {
      const { client, conversationId } = await begun(session)
      const { headers } = await session.finished()
      const answer = await client.post(pathOf(conversationId))
      for (const name of ['content-type', 'cache-control', 'x-accel-buffering', 'x-content-type-options']) {
        assert.equal(answer.headers[name], headers[name], name)
      }
      titleIn(answer, STREAM)
    },
  },
  {
    id: 'title-stored',
    rule: '`title-end` has the valid title, whatever came before it',
    async check(session) {
      const { client, conversationId } = await begun(session)
      const title = titleIn(await client.post(pathOf(conversationId)), STREAM)
      const { conversation } = await readConversation(client, conversationId)
      assert.deepEqual([conversation.title, conversation.titleStatus], [title, 'final'])
    },
  },
  {
    id: 'title-final',
    rule: 'For a final title the answer is `title-end` alone',
    async check(session) {
      const { client, conversationId } = await begun(session)
      const path = pathOf(conversationId)
      const [first, second] = await Promise.all([client.post(path), client.tab().post(path)])
      const title = titleIn(first, STREAM)
      assert.equal(titleIn(second, STREAM), title)
      assert.equal(titleIn(await client.post(path), ALONE), title)
    },
  },
  {
    id: 'title-given',
    rule: 'A title given by `PATCH` is final',
    async check(session) {
      const { client, conversationId } = await begun(session)
      const body = { title: 'Dado por mim' }
      await client.call('PATCH', `/api/chat/conversations/${conversationId}`, { body })
      assert.equal(titleIn(await client.post(pathOf(conversationId)), ALONE), body.title)
    },
  },
  {
    id: 'title-before-reply',
    rule: 'The same is true for a provisional title before there is a reply',
    async check(session) {
      const client = await session.owner()
      const created = await client.post('/api/chat/conversations', { title: 'Ainda vazia' })
      const { conversation } = created.json<{ conversation: { id: string } }>()
      assert.equal(titleIn(await client.post(pathOf(conversation.id)), ALONE), 'Ainda vazia')
    },
  },
  {
    id: 'foreign-title',
    rule: "A request for another owner's data gets the same answer as a request for what does not exist: `404 NOT_FOUND`.",
    async check(session) {
      const { conversationId } = await begun(session)
      const stranger = await session.owner()
      for (const id of [conversationId, randomUUID()]) {
        assertRefused(await stranger.post(pathOf(id)), 404, 'NOT_FOUND')
      }
    },
  },
]
