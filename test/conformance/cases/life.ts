import assert from 'node:assert/strict'
import type {
  AssistantMessage,
  ConversationListResponse,
  ConversationResponse,
  FeedbackResponse,
  ShareResponse,
} from '../../../src/protocol/responses.ts'
import type { Case } from '../case.ts'
import type { Client } from '../client.ts'
import { foldOf } from '../fold.ts'
import { type LiveReply, readConversation, type Session } from '../session.ts'
import { assertRefused } from './expect.ts'

const ROOT = '/api/chat/conversations'

/** Stops a reply of `client`, or of a new owner, after its first text. */
async function stopped(
  session: Session,
  options: { client?: Client; body?: object } = {},
): Promise<LiveReply> {
  const live = await session.live(options)
  await live[Symbol.asyncDispose]()
  return live
}

const changed = (client: Client, id: string, body: object) => client.call('PATCH', `${ROOT}/${id}`, { body })

const HEAD =
  '`headMessageId` is a message of the conversation, the last one of the branch to read from now on'
const RESTORE = 'For 10 minutes `restore` brings it back as it was'
const FORK =
  'under new ids, of the messages from the first one down to that one, and of the runs that wrote them'

const branches: Case[] = [
  {
    id: 'pinned-first',
    rule: 'pinned ones first, then the one that was begun or written in last',
    async check(session) {
      const client = await session.owner()
      const ids: string[] = []
      for (const title of ['um', 'dois', 'três']) {
        const answer = await client.post(ROOT, { title })
        ids.push(answer.json<ConversationResponse>().conversation.id)
      }
      assert.equal((await changed(client, ids[0] ?? '', { pinned: true })).status, 200)
      const listed: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const answer = await client.get(`${ROOT}?limit=1${cursor && `&cursor=${cursor}`}`)
        const page: ConversationListResponse = answer.json()
        listed.push(...page.conversations.map(({ title, pinned }) => `${title} ${pinned}`))
        cursor = page.nextCursor
      }
      assert.deepEqual(listed, ['um true', 'três false', 'dois false'])
    },
  },
  {
    id: 'head-moves',
    rule: HEAD,
    async check(session) {
      const { client, start } = await stopped(session)
      const { conversationId, messageId, userMessageId } = start
      await stopped(session, { client, body: { conversationId } })
      const answer = await changed(client, conversationId, { headMessageId: messageId })
      assert.equal(answer.json<ConversationResponse>().conversation.headMessageId, messageId)
      const unknown = await changed(client, conversationId, { headMessageId: conversationId })
      assertRefused(unknown, 404, 'NOT_FOUND')
      assert.notEqual(userMessageId, messageId)
    },
  },
  {
    id: 'head-while-active',
    rule: 'While a run of the conversation is active, changing `headMessageId` is `409 RUN_ACTIVE`',
    async check(session) {
      await using live = await session.live()
      const { conversationId, userMessageId, runId } = live.start
      const answer = await changed(live.client, conversationId, { headMessageId: userMessageId })
      assert.equal(assertRefused(answer, 409, 'RUN_ACTIVE').runId, runId)
    },
  },
  {
    id: 'parent-null',
    rule: 'If it is `null`, the message starts the conversation anew, beside its first message',
    async check(session) {
      const { client, start } = await stopped(session)
      const { conversationId } = start
      const anew = await stopped(session, { client, body: { conversationId, parentId: null } })
      const { conversation, messages } = await readConversation(client, conversationId)
      const roots = messages.filter(({ parentId }) => parentId === null).map(({ id }) => id)
      assert.deepEqual(roots, [start.userMessageId, anew.start.userMessageId])
      assert.equal(conversation.headMessageId, anew.start.messageId)
    },
  },
]

const deleting: Case[] = [
  {
    id: 'restore',
    rule: RESTORE,
    async check(session) {
      const { client, start } = await stopped(session)
      const path = `${ROOT}/${start.conversationId}`
      const before = await readConversation(client, start.conversationId)
      await client.call('DELETE', path)
      const restored = await client.post(`${path}/restore`)
      assert.equal(restored.status, 200)
      assert.deepEqual(restored.json(), before)
      assert.deepEqual(await readConversation(client, start.conversationId), before)
    },
  },
  {
    id: 'restore-again',
    rule: 'changes nothing in a conversation that is not deleted',
    async check(session) {
      const { client, start, stored } = await session.finished()
      const answer = await client.post(`${ROOT}/${start.conversationId}/restore`)
      assert.deepEqual([answer.status, answer.json()], [200, stored])
    },
  },
  {
    id: 'deleted-everywhere',
    rule: 'From then on the conversation, its messages, runs and shares are `404` everywhere',
    async check(session) {
      const { client, start } = await stopped(session)
      const { conversationId, messageId } = start
      const path = `${ROOT}/${conversationId}`
      const { share } = (await client.post(`${path}/shares`)).json<ShareResponse>()
      await client.call('DELETE', path)
      for (const gone of [
        await client.post(`${path}/fork`, { messageId }),
        await client.post(`${path}/shares`),
        await client.get(`${path}/export?format=json`),
        await client.get(`/api/chat/shared/${share.id}`),
        await client.call('PUT', `/api/chat/messages/${messageId}/feedback`, { body: { rating: 'up' } }),
      ]) {
        assertRefused(gone, 404, 'NOT_FOUND')
      }
    },
  },
]

const forking: Case[] = [
  {
    id: 'fork',
    rule: FORK,
    async check(session) {
      const { client, start, stored } = await session.finished()
      const { conversationId, messageId, userMessageId } = start
      const answer = await client.post(`${ROOT}/${conversationId}/fork`, { messageId })
      assert.equal(answer.status, 201)
      const { conversation, messages } = answer.json<ConversationResponse>()
      assert.deepEqual(
        messages.map(({ parts }) => parts),
        stored.messages.map(({ parts }) => parts),
      )
      assert.deepEqual(
        [conversation.title, conversation.assistant, conversation.headMessageId],
        [stored.conversation.title, stored.conversation.assistant, messages[1]?.id],
      )
      const known = new Set([conversationId, messageId, userMessageId])
      for (const { id } of [conversation, ...messages]) assert.ok(!known.has(id), 'the id is new')
      assert.deepEqual(await readConversation(client, conversationId), stored)
    },
  },
  {
    id: 'fork-replays',
    rule: FORK,
    async check(session) {
      const { client, start, frames } = await session.finished()
      const { conversationId, messageId } = start
      const answer = await client.post(`${ROOT}/${conversationId}/fork`, { messageId })
      const reply = answer.json<ConversationResponse>().messages[1] as AssistantMessage
      await using replay = await client.follow(reply.runId)
      assert.equal((await replay.end()).fields.status, 'completed')
      assert.deepEqual(foldOf(replay.frames), foldOf(frames))
    },
  },
]

const feedback: Case[] = [
  {
    id: 'feedback',
    rule: 'Riacho stores it with the message, in place of earlier feedback',
    async check(session) {
      const { client, start } = await stopped(session)
      const path = `/api/chat/messages/${start.messageId}/feedback`
      for (const body of [{ rating: 'up' }, { rating: 'down', comment: 'Errou.' }]) {
        const answer = await client.call('PUT', path, { body })
        assert.equal(answer.status, 200)
        const expected = { comment: '', ...body }
        assert.deepEqual(answer.json<FeedbackResponse>(), { feedback: expected })
        const { messages } = await readConversation(client, start.conversationId)
        assert.deepEqual((messages[1] as AssistantMessage).feedback, expected)
      }
    },
  },
  {
    id: 'feedback-taken-back',
    rule: '`null` takes it back, and the answer is `{"feedback":null}`',
    async check(session) {
      const { client, start } = await stopped(session)
      const path = `/api/chat/messages/${start.messageId}/feedback`
      await client.call('PUT', path, { body: { rating: 'up' } })
      const answer = await client.call('PUT', path, { body: { rating: null } })
      assert.deepEqual(answer.json<FeedbackResponse>(), { feedback: null })
    },
  },
  {
    id: 'feedback-question',
    rule: 'A message that no assistant wrote is `404`.',
    async check(session) {
      const { client, start } = await session.finished()
      const path = `/api/chat/messages/${start.userMessageId}/feedback`
      assertRefused(await client.call('PUT', path, { body: { rating: 'up' } }), 404, 'NOT_FOUND')
    },
  },
]

export const lifeCases: Case[] = [...branches, ...deleting, ...forking, ...feedback]
