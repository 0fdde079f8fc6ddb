import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Case } from '../case.ts'
import type { Stream } from '../client.ts'
import { foldOf, textOf } from '../fold.ts'
import { readConversation, type Session } from '../session.ts'
import { assertRefused } from './expect.ts'

const SAME_RUN = "gives the same run's stream from its first event"
const OTHER_BODY = 'The same id with another body is `422 IDEMPOTENCY_MISMATCH`.'
const ATTEMPT = '`clientRunId` does for an attempt what `clientMessageId` does for a message.'

/** Sends a message with a `clientMessageId` and stops it after its first text. */
async function stoppedMessage(session: Session) {
  const body = { content: session.question, clientMessageId: randomUUID() }
  const live = await session.live({ body })
  await live[Symbol.asyncDispose]()
  return { ...live, body }
}

async function assertOneRun(streams: readonly Stream[]): Promise<void> {
  await Promise.all(streams.map(stream => stream.end()))
  assert.equal(new Set(streams.map(({ start }) => start.runId)).size, 1, 'one run')
  assert.equal(new Set(streams.map(({ frames }) => textOf(foldOf(frames)))).size, 1, 'one text')
}

async function assertOneMessage(session: Session, streams: readonly Stream[], client = session.client()) {
  const { conversationId } = streams[0]?.start ?? assert.fail()
  const { messages } = await readConversation(client, conversationId)
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['USER', 'ASSISTANT'],
  )
}

const messageCases: Case[] = [
  {
    id: 'repeat-after-end',
    rule: SAME_RUN,
    async check(session) {
      const { client, stream, body } = await stoppedMessage(session)
      await using again = await client.send(body)
      await again.end()
      assert.equal(again.start.runId, stream.start.runId)
      assert.equal(again.frames[0]?.id, 1)
      await assertOneMessage(session, [stream], client)
    },
  },
  {
    id: 'repeat-while-active',
    rule: SAME_RUN,
    async check(session) {
      const body = { content: session.question, clientMessageId: randomUUID() }
      await using live = await session.live({ body })
      await using again = await live.client.tab().send(body)
      await assertOneRun([live.stream, again])
      await assertOneMessage(session, [again], live.client)
    },
  },
  {
    id: 'repeat-at-once',
    rule: 'without a second message or upstream request',
    async check(session) {
      const client = await session.owner()
      const body = { content: session.question, clientMessageId: randomUUID() }
      const streams = await Promise.all(Array.from({ length: 5 }, () => client.tab().send(body)))
      await assertOneRun(streams)
      await assertOneMessage(session, streams, client)
    },
  },
  {
    id: 'repeat-after-close',
    rule: 'for as long as the message exists',
    async check(session) {
      const { client, start, body } = await stoppedMessage(session)
      await client.call('PATCH', `/api/chat/conversations/${start.conversationId}`, {
        body: { status: 'CLOSED' },
      })
      await using again = await client.send(body)
      assert.equal(again.start.runId, start.runId)
    },
  },
  {
    id: 'repeat-after-delete',
    rule: 'for as long as the message exists',
    async check(session) {
      const { client, start, body } = await stoppedMessage(session)
      await client.call('DELETE', `/api/chat/conversations/${start.conversationId}`)
      await using again = await session.live({ client, body })
      assert.notEqual(again.start.runId, start.runId)
    },
  },
  {
    id: 'repeat-of-other-owner',
    rule: 'the same id from the same owner',
    async check(session) {
      const body = { content: session.question, clientMessageId: randomUUID() }
      await using mine = await session.live({ body })
      await using theirs = await session.live({ body })
      assert.notEqual(mine.start.runId, theirs.start.runId)
      assert.notEqual(mine.start.conversationId, theirs.start.conversationId)
    },
  },
  {
    id: 'mismatch-content',
    rule: OTHER_BODY,
    async check(session) {
      const { client, start, body } = await stoppedMessage(session)
      const answer = await client.post('/api/chat/send', { ...body, content: 'Outra pergunta' })
      assertRefused(answer, 422, 'IDEMPOTENCY_MISMATCH')
      assert.equal((await readConversation(client, start.conversationId)).messages.length, 2)
    },
  },
  {
    id: 'mismatch-conversation',
    rule: OTHER_BODY,
    async check(session) {
      const { client, start, body } = await stoppedMessage(session)
      const { conversationId } = start
      const answer = await client.post('/api/chat/send', { ...body, conversationId })
      assertRefused(answer, 422, 'IDEMPOTENCY_MISMATCH')
    },
  },
  {
    id: 'message-keeps-client-id',
    rule: '`clientMessageId` makes the call safe to repeat',
    async check(session) {
      const { client, start, body } = await stoppedMessage(session)
      const [message] = (await readConversation(client, start.conversationId)).messages
      assert.equal(message?.role === 'USER' && message.clientMessageId, body.clientMessageId)
    },
  },
]

const runCases: Case[] = [
  {
    id: 'repeat-run-at-once',
    rule: ATTEMPT,
    async check(session) {
      const { client, start } = await stoppedMessage(session)
      const body = { userMessageId: start.userMessageId, clientRunId: randomUUID() }
      const streams = await Promise.all(Array.from({ length: 3 }, () => client.tab().run(body)))
      await assertOneRun(streams)
      assert.notEqual(streams[0]?.start.runId, start.runId)
      assert.equal((await readConversation(client, start.conversationId)).messages.length, 3)
      await using late = await client.run(body)
      await assertOneRun([...streams, late])
    },
  },
  {
    id: 'mismatch-run',
    rule: 'a known `clientMessageId` or `clientRunId` with another body',
    async check(session) {
      const { client, start } = await stoppedMessage(session)
      const other = await session.live({ client })
      await other[Symbol.asyncDispose]()
      const clientRunId = randomUUID()
      const first = await client.run({ userMessageId: start.userMessageId, clientRunId })
      await first.cut()
      const body = { userMessageId: other.start.userMessageId, clientRunId }
      assertRefused(await client.post('/api/chat/runs', body), 422, 'IDEMPOTENCY_MISMATCH')
    },
  },
]

const ACTIVE =
  'While a run of the conversation is active, another send is `409 RUN_ACTIVE` with that `runId`.'

const activeCases: Case[] = [
  {
    id: 'active-send',
    rule: ACTIVE,
    async check(session) {
      await using live = await session.live()
      const { conversationId, runId } = live.start
      const answer = await live.client.tab().post('/api/chat/send', { conversationId, content: 'E agora?' })
      assert.equal(assertRefused(answer, 409, 'RUN_ACTIVE').runId, runId)
      assert.equal((await readConversation(live.client, conversationId)).messages.length, 1)
    },
  },
  {
    id: 'active-run',
    rule: 'a run of this conversation has not ended',
    async check(session) {
      await using live = await session.live()
      const { userMessageId, runId } = live.start
      const answer = await live.client.post('/api/chat/runs', { userMessageId })
      assert.equal(assertRefused(answer, 409, 'RUN_ACTIVE').runId, runId)
    },
  },
  {
    id: 'active-elsewhere',
    rule: 'a run of this conversation has not ended',
    async check(session) {
      await using live = await session.live()
      await using other = await session.live({ client: live.client.tab() })
      assert.notEqual(other.start.conversationId, live.start.conversationId)
    },
  },
]

export const idempotencyCases: Case[] = [...messageCases, ...runCases, ...activeCases]
