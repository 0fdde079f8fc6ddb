import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Case } from '../case.ts'
import { foldOf, nextId, storedParts } from '../fold.ts'
import { readConversation, type Session } from '../session.ts'
import { assertRefused, assertSameFrames } from './expect.ts'

/** Stops a reply after its first text. Returns what is stored of it. */
async function stoppedReply(session: Session) {
  const { client, start, ...live } = await session.live()
  await live[Symbol.asyncDispose]()
  const parts = storedParts(await readConversation(client, start.conversationId), start.messageId) ?? []
  const body = { userMessageId: start.userMessageId, continueMessageId: start.messageId }
  return { client, start, parts, body }
}

const BEGINS =
  'it begins with these parts; if that one broke off, the last of them is a `break`; always `seq` 2'

export const continuingCases: Case[] = [
  {
    id: 'continue-begins',
    rule: BEGINS,
    async check(session) {
      const { client, start, parts, body } = await stoppedReply(session)
      await using stream = await client.run(body)
      const { id: seq, fields } = await stream.until(({ event }) => event === 'run-continue')
      assert.equal(seq, 2)
      assert.equal(fields.messageId, start.messageId)
      assert.deepEqual(fields.parts?.slice(0, -1), parts)
      const id = nextId(parts)
      assert.deepEqual(fields.parts?.at(-1), { id, type: 'break', status: 'stopped', code: null })
    },
  },
  {
    id: 'continue-is-stored',
    rule: '`run-continue` gives it its first parts',
    async check(session) {
      const { client, start, parts, body } = await stoppedReply(session)
      await using stream = await client.run(body)
      await stream.end()
      const { conversationId, messageId } = stream.start
      assert.notEqual(messageId, start.messageId)
      const stored = await readConversation(client, conversationId)
      assert.deepEqual(storedParts(stored, messageId), foldOf(stream.frames))
      assert.deepEqual(storedParts(stored, start.messageId), parts, 'the earlier reply stays as it was')
    },
  },
  {
    id: 'continue-resumed',
    rule: 'continues after event `n`',
    async check(session) {
      const { client, body } = await stoppedReply(session)
      await using stream = await client.run(body)
      await stream.end()
      await using rest = await client.follow(stream.start.runId, { lastEventId: 1 })
      await rest.end()
      if (rest.frames[0]?.event === 'snapshot') assert.deepEqual(foldOf(rest.frames), foldOf(stream.frames))
      else assertSameFrames(rest.frames, stream.frames.slice(1))
    },
  },
  {
    id: 'continue-completed',
    rule: 'a reply to that message which did not complete',
    async check(session) {
      const { client, start } = await session.finished()
      const body = { userMessageId: start.userMessageId, continueMessageId: start.messageId }
      assertRefused(await client.post('/api/chat/runs', body), 400, 'INVALID_REQUEST')
    },
  },
  {
    id: 'continue-unknown',
    rule: "unknown, deleted, or another owner's",
    async check(session) {
      const { client, body } = await stoppedReply(session)
      const answer = await client.post('/api/chat/runs', { ...body, continueMessageId: randomUUID() })
      assertRefused(answer, 404, 'NOT_FOUND')
    },
  },
  {
    id: 'mismatch-continue',
    rule: 'a known `clientMessageId` or `clientRunId` with another body',
    async check(session) {
      const { client, start, body } = await stoppedReply(session)
      const clientRunId = randomUUID()
      await using first = await client.run({ ...body, clientRunId })
      await first.cut()
      const other = { userMessageId: start.userMessageId, clientRunId }
      assertRefused(await client.post('/api/chat/runs', other), 422, 'IDEMPOTENCY_MISMATCH')
    },
  },
]
