import assert from 'node:assert/strict'
import type { RunEnd, Timing } from '../../../src/protocol/events.ts'
import type { Case } from '../case.ts'
import { foldOf, isText, storedParts } from '../fold.ts'
import { type Reply, readConversation } from '../session.ts'
import { assertConsecutive, assertSameFrames, UUID } from './expect.ts'

/** The headers of every stream of events. */
const HEADERS: [id: string, name: string, value: string][] = [
  ['content-type', 'content-type', 'text/event-stream; charset=utf-8'],
  ['cache-control', 'cache-control', 'no-store, no-transform'],
  ['accel-buffering', 'x-accel-buffering', 'no'],
  ['nosniff', 'x-content-type-options', 'nosniff'],
]

const headerCases: Case[] = HEADERS.flatMap(([id, name, value]) => [
  {
    id: `send-${id}`,
    rule: `${name}: ${value}`,
    async check(session) {
      assert.equal((await session.finished()).headers[name], value)
    },
  },
  {
    id: `resume-${id}`,
    rule: `${name}: ${value}`,
    async check(session) {
      const { client, start } = await session.finished()
      await using stream = await client.follow(start.runId)
      assert.equal(stream.headers[name], value)
    },
  },
])

/** What one finished reply shows. */
const REPLY: [id: string, rule: string, check: (reply: Reply) => void][] = [
  [
    'location',
    'The response has `Location: /api/chat/runs/<runId>/events`.',
    ({ headers, start }) => assert.equal(headers.location, `/api/chat/runs/${start.runId}/events`),
  ],
  [
    'run-start-first',
    'always `seq` 1',
    ({ frames }) => {
      assert.equal(frames[0]?.event, 'run-start')
      assert.equal(frames[0]?.id, 1)
      assert.equal(frames.filter(({ event }) => event === 'run-start').length, 1)
    },
  ],
  [
    'run-start-fields',
    '`runId, conversationId, userMessageId, messageId, model, assistant`',
    ({ start: { runId, conversationId, userMessageId, messageId, model, assistant } }) => {
      const ids = [runId, conversationId, userMessageId, messageId]
      for (const id of ids) assert.match(id, UUID)
      assert.equal(new Set(ids).size, ids.length)
      assert.ok(model && assistant, 'the model and the assistant are named')
    },
  ],
  [
    'ids-consecutive',
    'One frame an event; `id:` is its `seq`.',
    ({ frames }) => {
      assert.ok(frames.length > 2)
      assertConsecutive(frames)
    },
  ],
  [
    'run-end-last',
    'Every run ends exactly once, and its last event is `run-end`.',
    ({ frames, endedWell }) => {
      assert.equal(frames.at(-1)?.event, 'run-end')
      assert.equal(frames.filter(({ event }) => event === 'run-end').length, 1)
      assert.ok(endedWell, 'the response ended, and was not cut')
    },
  ],
  [
    'run-end-status',
    '`stopped` (somebody asked), `failed` (with a `code`)',
    ({ frames }) => assert.equal(frames.at(-1)?.fields.status, 'completed'),
  ],
  [
    'run-end-timing',
    'from the start of the run to its first text or refusal',
    ({ frames }) => {
      const { timing } = JSON.parse(frames.at(-1)?.data ?? '{}') as { timing?: Timing }
      assert.ok(timing, 'the end has a timing')
      const { firstTokenMs, reasoningMs, totalMs } = timing
      assert.ok(Number.isFinite(firstTokenMs), 'the first text has its time')
      for (const part of [firstTokenMs, reasoningMs]) {
        assert.ok(part === null || (part >= 0 && part <= totalMs), `${part} of ${totalMs} ms`)
      }
    },
  ],
  [
    'timing-is-kept',
    'They are kept with the message.',
    ({ frames, stored, start }) => {
      const { timing, cost = null, historyFrom = null } = JSON.parse(frames.at(-1)?.data ?? '{}') as RunEnd
      const message = stored.messages.find(({ id }) => id === start.messageId)
      assert.ok(message?.role === 'ASSISTANT', 'the reply is stored')
      assert.deepEqual([message.timing, message.cost, message.historyFrom], [timing, cost, historyFrom])
    },
  ],
  [
    'text-content',
    'text to append. One event may hold several tokens',
    ({ frames }) => {
      const texts = frames.filter(isText)
      assert.ok(texts.length > 0, 'the reply has text')
      for (const { fields } of texts) assert.equal(typeof fields.content, 'string')
    },
  ],
  [
    'text-in-pieces',
    'stores the user message, starts a run, and streams it from its first event',
    ({ frames }) => assert.ok(frames.filter(isText).length > 1, 'the text came in more than one event'),
  ],
  [
    'data-is-json',
    'JSON in and out, UTF-8',
    ({ frames, raw }) => {
      for (const { data } of frames) assert.equal(typeof JSON.parse(data), 'object')
      assert.ok(!raw.includes('\uFFFD'), 'no character was broken')
    },
  ],
  [
    'part-ids',
    'Every part of a message has an `id`',
    ({ stored }) => {
      assert.ok(stored.messages.length > 1)
      for (const { parts } of stored.messages) {
        const places = parts.map((_, index) => String(index + 1))
        assert.deepEqual(
          parts.map(({ id }) => id),
          places,
        )
      }
    },
  ],
  [
    'fold-is-message',
    '**A message is the fold of its events**',
    ({ frames, stored, start }) => {
      const parts = foldOf(frames)
      assert.ok(parts.length > 0)
      assert.deepEqual(storedParts(stored, start.messageId), parts)
    },
  ],
]

const replyCases: Case[] = REPLY.map(([id, rule, check]) => ({
  id,
  rule,
  check: async session => check(await session.finished()),
}))

/** The grammar of the example in PROTOCOL.md, for every frame and comment. */
const FRAME = /^(?:(?:id: \d+\n(?:event: [\w-]+\n)?|event: run-wait\n)data: .+|: ?)$/

export const streamCases: Case[] = [
  ...headerCases,
  ...replyCases,
  {
    id: 'frame-grammar',
    rule: 'Frames of text carry no `event:`.',
    async check(session) {
      const { raw } = await session.finished()
      assert.ok(raw.endsWith('\n\n'), 'the last frame is whole')
      for (const frame of raw.slice(0, -2).split('\n\n')) assert.match(frame, FRAME)
    },
  },
  {
    id: 'not-compressed',
    rule: 'Streams are never compressed.',
    async check(session) {
      const { client, start } = await session.finished()
      const answer = await client.get(`/api/chat/runs/${start.runId}/events`, {
        'accept-encoding': 'gzip, deflate, br, zstd',
      })
      assert.equal(answer.headers['content-encoding'], undefined)
      assert.ok(answer.text.startsWith('id: 1\n'))
    },
  },
  {
    id: 'live',
    rule: 'is the run under way, with everything a reader would have seen up to its `seq`',
    async check(session) {
      await using live = await session.live()
      const { activeRun } = await readConversation(live.client, live.start.conversationId)
      assert.equal(activeRun?.runId, live.start.runId, 'text is shown while the run is under way')
    },
  },
  {
    id: 'stored-before-shown',
    rule: 'An event is stored before any reader gets it.',
    async check(session) {
      await using live = await session.live()
      for (let looks = 0; looks < 10; looks++) {
        const shown = live.stream.lastId
        const { activeRun } = await readConversation(live.client, live.start.conversationId)
        if (!activeRun) break
        assert.ok(activeRun.seq >= shown, `event ${shown} was shown, ${activeRun.seq} is stored`)
        await live.stream.until(({ id }) => id > shown)
      }
    },
  },
  {
    id: 'leaving-stops-nothing',
    rule: 'A reader that leaves stops nothing; only `stop` stops.',
    async check(session) {
      const client = await session.owner()
      const stream = await client.send({ content: session.question })
      await stream.until(isText)
      await stream.cut()
      await using rest = await client.follow(stream.start.runId, { lastEventId: stream.lastId })
      assert.equal((await rest.end()).fields.status, 'completed')
    },
  },
  {
    id: 'two-readers',
    rule: 'one HTTP response that follows a run',
    async check(session) {
      const client = await session.owner()
      await using first = await client.send({ content: session.question })
      await using second = await client.tab().follow(first.start.runId)
      await Promise.all([first.end(), second.end()])
      assert.deepEqual(foldOf(second.frames), foldOf(first.frames))
      if (second.frames[0]?.event === 'run-start') assertSameFrames(second.frames, first.frames)
    },
  },
  {
    id: 'another-run',
    rule: 'the same for another run of a stored user message',
    async check(session) {
      await using live = await session.live()
      const { userMessageId, runId, conversationId } = live.start
      await live.client.post(`/api/chat/runs/${runId}/stop`)
      await using again = await live.client.run({ userMessageId })
      assert.notEqual(again.start.runId, runId)
      assert.equal(again.start.userMessageId, userMessageId)
      assert.equal(again.headers.location, `/api/chat/runs/${again.start.runId}/events`)
      await again.end()
      const { messages } = await readConversation(live.client, conversationId)
      const replies = messages.filter(({ role }) => role === 'ASSISTANT')
      assert.deepEqual(
        replies.map(({ parentId }) => parentId),
        [userMessageId, userMessageId],
      )
    },
  },
]
