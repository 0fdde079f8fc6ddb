import assert from 'node:assert/strict'
import type {
  AssistantListResponse,
  ConversationListResponse,
  ConversationResponse,
} from '../../../src/protocol/responses.ts'
import type { Case } from '../case.ts'
import type { Client } from '../client.ts'
import { foldOf } from '../fold.ts'
import { readConversation } from '../session.ts'
import { assertRefused, UUID } from './expect.ts'

const ROOT = '/api/chat/conversations'

async function create(client: Client, body: object = {}): Promise<ConversationResponse> {
  return (await client.post(ROOT, body)).json<ConversationResponse>()
}

async function change(client: Client, id: string, body: object): Promise<ConversationResponse> {
  const answer = await client.call('PATCH', `${ROOT}/${id}`, { body })
  assert.equal(answer.status, 200)
  return answer.json<ConversationResponse>()
}

async function list(client: Client, query = ''): Promise<ConversationListResponse> {
  return (await client.get(`${ROOT}${query}`)).json<ConversationListResponse>()
}

const titles = ({ conversations }: ConversationListResponse) => conversations.map(({ title }) => title)

const LIST = 'then the one that was begun or written in last'
const CHANGE = '`PATCH` any of `{title, status, archived, pinned, headMessageId}`'
const CLOSED = 'a new message or run in a closed conversation'

const creating: Case[] = [
  {
    id: 'create',
    rule: '`201 {conversation, messages, activeRun}`',
    async check(session) {
      const answer = await (await session.owner()).post(ROOT, { title: 'Rio' })
      assert.equal(answer.status, 201)
      const { conversation, messages, activeRun } = answer.json<ConversationResponse>()
      assert.match(conversation.id, UUID)
      assert.deepEqual(
        { title: conversation.title, status: conversation.status, archived: conversation.archived },
        { title: 'Rio', status: 'OPEN', archived: false },
      )
      assert.deepEqual([conversation.headMessageId, messages, activeRun], [null, [], null])
    },
  },
  {
    id: 'create-first-assistant',
    rule: 'with the named `assistant` or the first one',
    async check(session) {
      const client = await session.owner()
      const { assistants } = (await client.get('/api/chat/assistants')).json<AssistantListResponse>()
      const { conversation } = await create(client)
      assert.equal(conversation.assistant, assistants[0]?.id)
    },
  },
  {
    id: 'create-named-assistant',
    rule: '`POST` takes `{assistant?, title?, temporary?}`',
    async check(session) {
      const client = await session.owner()
      const { assistants } = (await client.get('/api/chat/assistants')).json<AssistantListResponse>()
      const assistant = assistants.at(-1)?.id
      assert.equal((await create(client, { assistant })).conversation.assistant, assistant)
    },
  },
  {
    id: 'times',
    rule: 'Times are milliseconds since 1970.',
    async check(session) {
      const { conversation } = await create(await session.owner())
      const day = 24 * 60 * 60 * 1000
      for (const time of [conversation.createdAt, conversation.updatedAt]) {
        assert.ok(Math.abs(time - Date.now()) < day, `${time} is not about now`)
      }
    },
  },
]

const listing: Case[] = [
  {
    id: 'list-order',
    rule: LIST,
    async check(session) {
      const client = await session.owner()
      for (const title of ['um', 'dois', 'três']) await create(client, { title })
      assert.deepEqual(titles(await list(client)), ['três', 'dois', 'um'])
    },
  },
  {
    id: 'list-order-after-message',
    rule: LIST,
    async check(session) {
      const client = await session.owner()
      const { conversation } = await create(client, { title: 'velha' })
      await create(client, { title: 'nova' })
      await using _live = await session.live({ client, body: { conversationId: conversation.id } })
      assert.deepEqual(titles(await list(client)), ['velha', 'nova'])
    },
  },
  {
    id: 'list-cursor',
    rule: '`nextCursor` is `null` on the last page',
    async check(session) {
      const client = await session.owner()
      const created = ['a', 'b', 'c', 'd', 'e', 'f']
      for (const title of created) await create(client, { title })
      const listed: string[][] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: ConversationListResponse = await list(client, `?limit=2${cursor && `&cursor=${cursor}`}`)
        listed.push(titles(page))
        cursor = page.nextCursor
      }
      assert.deepEqual(listed, [
        ['f', 'e'],
        ['d', 'c'],
        ['b', 'a'],
      ])
    },
  },
  {
    id: 'list-search',
    rule: '`search` finds titles that have every word of it, also as a part of a longer word. Case and accents do not matter.',
    async check(session) {
      const client = await session.owner()
      for (const title of ['100% água', '1000 rios', 'Nascente']) await create(client, { title })
      assert.deepEqual(titles(await list(client, '?search=RIOS')), ['1000 rios'])
      assert.deepEqual(titles(await list(client, '?search=100%25')), ['100% água'])
      assert.deepEqual(titles(await list(client, '?search=agua%20100')), ['100% água'])
      assert.deepEqual(titles(await list(client, '?search=mar')), [])
    },
  },
  {
    id: 'list-archived',
    rule: '?limit=30&cursor=…&search=…&archived=false',
    async check(session) {
      const client = await session.owner()
      const { conversation } = await create(client, { title: 'guardada' })
      await create(client, { title: 'à mão' })
      await change(client, conversation.id, { archived: true })
      assert.deepEqual(titles(await list(client)), ['à mão'])
      assert.deepEqual(titles(await list(client, '?archived=true')), ['guardada'])
    },
  },
]

const changing: Case[] = [
  {
    id: 'rename',
    rule: CHANGE,
    async check(session) {
      const client = await session.owner()
      const { id } = (await create(client, { title: 'um' })).conversation
      assert.equal((await change(client, id, { title: 'dois' })).conversation.title, 'dois')
      assert.equal((await readConversation(client, id)).conversation.title, 'dois')
    },
  },
  {
    id: 'close',
    rule: CLOSED,
    async check(session) {
      const live = await session.live()
      await live[Symbol.asyncDispose]()
      const { conversationId, userMessageId } = live.start
      await change(live.client, conversationId, { status: 'CLOSED' })
      const send = await live.client.post('/api/chat/send', { conversationId, content: 'Oi' })
      assertRefused(send, 409, 'CONVERSATION_CLOSED')
      const run = await live.client.post('/api/chat/runs', { userMessageId })
      assertRefused(run, 409, 'CONVERSATION_CLOSED')
      assert.equal((await readConversation(live.client, conversationId)).messages.length, 2)
    },
  },
  {
    id: 'reopen',
    rule: CHANGE,
    async check(session) {
      const client = await session.owner()
      const { conversation } = await create(client)
      await change(client, conversation.id, { status: 'CLOSED' })
      const reopened = await change(client, conversation.id, { status: 'OPEN' })
      assert.equal(reopened.conversation.status, 'OPEN')
      await using live = await session.live({ client, body: { conversationId: conversation.id } })
      assert.equal(live.start.conversationId, conversation.id)
    },
  },
  {
    id: 'close-stops-nothing',
    rule: 'Closing does not stop a running reply; deleting does.',
    async check(session) {
      const client = await session.owner()
      await using stream = await client.send({ content: session.question })
      await change(client, stream.start.conversationId, { status: 'CLOSED' })
      assert.equal((await stream.end()).fields.status, 'completed')
    },
  },
  {
    id: 'delete',
    rule: "unknown, deleted, or another owner's",
    async check(session) {
      const live = await session.live()
      await live[Symbol.asyncDispose]()
      const { conversationId, runId, userMessageId } = live.start
      const answer = await live.client.call('DELETE', `${ROOT}/${conversationId}`)
      assert.deepEqual([answer.status, answer.text], [204, ''])
      for (const gone of [
        await live.client.get(`${ROOT}/${conversationId}`),
        await live.client.call('DELETE', `${ROOT}/${conversationId}`),
        await live.client.get(`/api/chat/runs/${runId}/events`),
        await live.client.post(`/api/chat/runs/${runId}/stop`),
        await live.client.post('/api/chat/runs', { userMessageId }),
      ]) {
        assertRefused(gone, 404, 'NOT_FOUND')
      }
    },
  },
  {
    id: 'delete-stops',
    rule: 'Closing does not stop a running reply; deleting does.',
    async check(session) {
      await using live = await session.live()
      const answer = await live.client.call('DELETE', `${ROOT}/${live.start.conversationId}`)
      assert.equal(answer.status, 204)
      assert.equal((await live.stream.end()).fields.status, 'stopped')
    },
  },
]

const reading: Case[] = [
  {
    id: 'active-run-shape',
    rule: 'with everything a reader would have seen up to its `seq`',
    async check(session) {
      await using live = await session.live()
      const { activeRun, messages } = await readConversation(live.client, live.start.conversationId)
      assert.ok(activeRun, 'the run is under way')
      const { seq, parts, startedAt, ...start } = activeRun
      assert.deepEqual(start, live.start)
      assert.equal(typeof startedAt, 'number')
      await live.stream.until(({ id }) => id >= seq)
      const seen = live.stream.frames.filter(({ id }) => id <= seq)
      assert.deepEqual(parts, foldOf(seen))
      assert.deepEqual(
        messages.map(({ id }) => id),
        [live.start.userMessageId],
      )
    },
  },
  {
    id: 'finished-conversation',
    rule: '`200 {conversation, messages, activeRun}`',
    async check(session) {
      const { start, stored } = await session.finished()
      assert.equal(stored.activeRun, null)
      assert.equal(stored.conversation.headMessageId, start.messageId)
      const [question, reply] = stored.messages
      assert.ok(question?.role === 'USER' && reply?.role === 'ASSISTANT', 'a question, then its reply')
      assert.deepEqual([question.id, question.parentId], [start.userMessageId, null])
      assert.deepEqual(question.parts, [{ id: '1', type: 'text', text: session.question }])
      assert.deepEqual([reply.id, reply.parentId, reply.runId], [start.messageId, question.id, start.runId])
      assert.deepEqual([reply.status, reply.code, reply.model], ['completed', null, start.model])
    },
  },
  {
    id: 'next-message',
    rule: "If it is absent, the message answers below the conversation's `headMessageId`",
    async check(session) {
      const first = await session.live()
      await first[Symbol.asyncDispose]()
      const { client } = first
      const { conversationId, messageId } = first.start
      const next = await session.live({ client, body: { conversationId } })
      await next[Symbol.asyncDispose]()
      const { messages } = await readConversation(client, conversationId)
      assert.equal(messages.find(({ id }) => id === next.start.userMessageId)?.parentId, messageId)
    },
  },
  {
    id: 'branch',
    rule: '`parentId` names the message to answer below',
    async check(session) {
      const first = await session.live()
      await first[Symbol.asyncDispose]()
      const { client } = first
      const { conversationId, messageId } = first.start
      const body = { conversationId, parentId: messageId }
      for (let siblings = 0; siblings < 2; siblings++) {
        const below = await session.live({ client, body })
        await below[Symbol.asyncDispose]()
      }
      const { messages } = await readConversation(client, conversationId)
      assert.equal(messages.filter(({ parentId }) => parentId === messageId).length, 2)
    },
  },
]

export const conversationCases: Case[] = [...creating, ...listing, ...changing, ...reading]
