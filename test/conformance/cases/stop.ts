import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { StopResponse } from '../../../src/protocol/responses.ts'
import type { Case } from '../case.ts'
import type { Client } from '../client.ts'
import { foldOf, storedParts } from '../fold.ts'
import { readConversation } from '../session.ts'
import { assertRefused } from './expect.ts'

const stop = (client: Client, runId: string) => client.post(`/api/chat/runs/${runId}/stop`)

export const stopCases: Case[] = [
  {
    id: 'stop-answer',
    rule: '`200` with the final `status` (`stopped`, or how the run had ended before) and `lastSeq`',
    async check(session) {
      await using live = await session.live()
      const answer = await stop(live.client, live.start.runId)
      const end = await live.stream.end()
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.json<StopResponse>(), { status: 'stopped', lastSeq: end.id })
    },
  },
  {
    id: 'stop-ends-streams',
    rule: '`stopped` (somebody asked)',
    async check(session) {
      await using live = await session.live()
      await using other = await live.client.tab().follow(live.start.runId)
      await stop(live.client, live.start.runId)
      for (const stream of [live.stream, other]) {
        assert.equal((await stream.end()).fields.status, 'stopped')
        assert.ok(await stream.closed, 'the response ended, and was not cut')
      }
    },
  },
  {
    id: 'stop-keeps-text',
    rule: 'In every case the text so far is stored.',
    async check(session) {
      await using live = await session.live()
      const { conversationId, runId, messageId } = live.start
      await stop(live.client, runId)
      const stored = await readConversation(live.client, conversationId)
      await live.stream.end()
      const parts = foldOf(live.stream.frames)
      assert.ok(parts.length > 0)
      assert.deepEqual(storedParts(stored, messageId), parts)
    },
  },
  {
    id: 'stop-is-stored',
    rule: 'The answer comes once the run has ended and its text is stored',
    async check(session) {
      await using live = await session.live()
      const { conversationId, runId, messageId } = live.start
      await stop(live.client, runId)
      const { activeRun, messages } = await readConversation(live.client, conversationId)
      const reply = messages.find(({ id }) => id === messageId)
      assert.equal(activeRun, null)
      assert.equal(reply?.role === 'ASSISTANT' && reply.status, 'stopped')
    },
  },
  {
    id: 'stop-again',
    rule: 'Any client of the owner may stop a run, as often as it likes.',
    async check(session) {
      await using live = await session.live()
      const together = await Promise.all([1, 2, 3].map(() => stop(live.client.tab(), live.start.runId)))
      const later = await stop(live.client, live.start.runId)
      assert.equal(new Set([...together, later].map(({ status, text }) => `${status} ${text}`)).size, 1)
    },
  },
  {
    id: 'stop-from-another-client',
    rule: 'Any client of the owner may stop a run, as often as it likes.',
    async check(session) {
      await using live = await session.live()
      await live.stream.cut()
      const answer = await stop(live.client.tab(), live.start.runId)
      assert.equal(answer.json<StopResponse>().status, 'stopped')
    },
  },
  {
    id: 'stop-after-end',
    rule: 'or how the run had ended before',
    async check(session) {
      const { client, start, frames } = await session.finished()
      const answer = await stop(client, start.runId)
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.json<StopResponse>(), { status: 'completed', lastSeq: frames.length })
    },
  },
  {
    id: 'stop-unknown',
    rule: "unknown, deleted, or another owner's",
    async check(session) {
      assertRefused(await stop(await session.owner(), randomUUID()), 404, 'NOT_FOUND')
    },
  },
  {
    id: 'stop-frees-conversation',
    rule: 'a run of this conversation has not ended',
    async check(session) {
      await using live = await session.live()
      const { conversationId, runId } = live.start
      await stop(live.client, runId)
      await using next = await session.live({ client: live.client, body: { conversationId } })
      assert.equal(next.start.conversationId, conversationId)
    },
  },
  {
    id: 'stop-resumed',
    rule: 'nothing will follow',
    async check(session) {
      await using live = await session.live()
      const { lastSeq } = (await stop(live.client, live.start.runId)).json<StopResponse>()
      const path = `/api/chat/runs/${live.start.runId}/events?after=${lastSeq}`
      assert.equal((await live.client.get(path)).status, 204)
    },
  },
]
