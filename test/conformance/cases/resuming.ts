import assert from 'node:assert/strict'
import { type Case, Skip } from '../case.ts'
import type { Stream } from '../client.ts'
import { foldOf, storedParts, textOf } from '../fold.ts'
import { type Reply, readConversation, type Session } from '../session.ts'
import { assertRefused, assertSameFrames, continued } from './expect.ts'

/** Bytes of missing events that every server counts as many. */
const LARGE_GAP = 6000

/** Reads a finished reply after each of its events except the last. Checks that the result is always the same. */
async function resumeEverywhere(
  session: Session,
  follow: (reply: Reply, after: number) => Promise<Stream>,
): Promise<void> {
  const reply = await session.finished()
  for (let after = 0; after < reply.frames.length; after++) {
    if (after === reply.frames.length - 1) continue
    await using rest = await follow(reply, after)
    await rest.end()
    const seen = reply.frames.slice(0, after)
    assert.deepEqual(foldOf(continued(seen, rest.frames)), foldOf(reply.frames), `after ${after}`)
    if (rest.frames[0]?.event !== 'snapshot') assertSameFrames(rest.frames, reply.frames.slice(after))
  }
}

const wrongPlaces: Case[] = (
  [
    ['after-not-a-number', '?after=x', undefined],
    ['after-negative', '?after=-1', undefined],
    ['after-fraction', '?after=1.5', undefined],
    ['unknown-query-field', '?before=1', undefined],
    ['header-not-a-number', '', 'x'],
    ['header-negative', '', '-1'],
  ] as const
).map(([id, query, header]) => ({
  id: `resume-${id}`,
  rule: 'not JSON, a missing, empty, unknown or wrong field',
  async check(session) {
    const { client, start } = await session.finished()
    const answer = await client.get(
      `/api/chat/runs/${start.runId}/events${query}`,
      header === undefined ? {} : { 'last-event-id': header },
    )
    assertRefused(answer, 400, 'INVALID_REQUEST')
  },
}))

const nothingFollows: Case[] = (['header', 'query'] as const).map(way => ({
  id: `no-content-${way}`,
  rule: '`204` when the run has ended and `n` is its last event: nothing will follow.',
  async check(session) {
    const { client, start, frames } = await session.finished()
    const last = frames.length
    const path = `/api/chat/runs/${start.runId}/events`
    const answer =
      way === 'header'
        ? await client.get(path, { 'last-event-id': String(last) })
        : await client.get(`${path}?after=${last}`)
    assert.equal(answer.status, 204)
    assert.equal(answer.text, '')
  },
}))

const SNAPSHOT_RULE = "when `n` is greater than the log's last `seq`"

const snapshots: Case[] = [
  {
    id: 'snapshot-beyond-end',
    rule: SNAPSHOT_RULE,
    async check(session) {
      const { client, start, frames } = await session.finished()
      await using stream = await client.follow(start.runId, { lastEventId: frames.length + 1000 })
      await stream.end()
      assert.deepEqual(
        stream.frames.map(({ event }) => event),
        ['snapshot', 'run-end'],
      )
      assert.equal(stream.frames[0]?.id, frames.length - 1)
      assert.deepEqual(foldOf(stream.frames), foldOf(frames))
    },
  },
  {
    id: 'snapshot-beyond-live',
    rule: SNAPSHOT_RULE,
    async check(session) {
      const client = await session.owner()
      await using stream = await client.send({ content: session.question })
      await using ahead = await client.follow(stream.start.runId, { lastEventId: 1_000_000 })
      await Promise.all([stream.end(), ahead.end()])
      assert.equal(ahead.frames[0]?.event, 'snapshot')
      assert.deepEqual(foldOf(continued([], ahead.frames)), foldOf(stream.frames))
    },
  },
  {
    id: 'snapshot-fields',
    rule: 'the fields of `run-start`, and `parts`',
    async check(session) {
      const { client, start, stored } = await session.finished()
      await using stream = await client.follow(start.runId, { after: Number.MAX_SAFE_INTEGER })
      const { parts, ...fields } = (await stream.until(({ event }) => event === 'snapshot')).fields
      assert.deepEqual(fields, start)
      assert.deepEqual(parts, storedParts(stored, start.messageId))
    },
  },
  {
    id: 'snapshot-large-gap',
    rule: 'when the missing events would take more bytes than the text',
    async check(session) {
      const { client, start, frames, raw } = await session.finishedLong()
      const parts = foldOf(frames)
      if (raw.length < LARGE_GAP || raw.length < 2 * textOf(parts).length)
        throw new Skip('the reply was too short')
      await using stream = await client.follow(start.runId, { after: 0 })
      await stream.end()
      assert.ok(stream.raw.length < raw.length, `${stream.raw.length} bytes in place of ${raw.length}`)
      assert.equal(stream.frames[0]?.event, 'snapshot')
      assert.deepEqual(foldOf(continued([], stream.frames)), parts)
    },
  },
]

const live: Case[] = [
  {
    id: 'resume-live-everywhere',
    rule: 'continues after event `n`',
    async check(session) {
      const client = await session.owner()
      await using stream = await client.send({ content: session.question })
      const readers: { after: number; rest: Stream }[] = []
      for (let after = 1; ; after++) {
        const frame = await stream.until(({ id }) => id === after)
        if (frame.event === 'run-end') break
        readers.push({ after, rest: await client.tab().follow(stream.start.runId, { lastEventId: after }) })
      }
      for (const { after, rest } of readers) {
        await rest.end()
        const all = continued(stream.frames.slice(0, after), rest.frames)
        assert.deepEqual(foldOf(all), foldOf(stream.frames), `after ${after}`)
        assert.ok(rest.frames.every(({ id, event }) => id > after || event === 'snapshot'))
      }
    },
  },
  {
    id: 'resume-again-and-again',
    rule: 'connect again after the last `id` applied',
    async check(session) {
      const client = await session.owner()
      const first = await client.send({ content: session.question })
      await first.cut()
      let seen = first.frames.slice(0, 1)
      while (seen.at(-1)?.event !== 'run-end') {
        const last = seen.at(-1)?.id ?? 0
        await using next = await client.follow(first.start.runId, { lastEventId: last })
        await next.until(({ id, event }) => id > last || event === 'snapshot')
        seen = continued(seen, [...next.frames])
      }
      const stored = await readConversation(client, first.start.conversationId)
      assert.deepEqual(foldOf(seen), storedParts(stored, first.start.messageId))
    },
  },
  {
    id: 'resume-page',
    rule: 'a page that loads follows it with `?after=<seq>` and needs no other call',
    async check(session) {
      await using writing = await session.live()
      const page = writing.client.tab()
      const { activeRun } = await readConversation(page, writing.start.conversationId)
      assert.ok(activeRun, 'the run is under way')
      await using rest = await page.follow(activeRun.runId, { after: activeRun.seq })
      await Promise.all([rest.end(), writing.stream.end()])
      const shown = { id: activeRun.seq, event: 'snapshot', data: '', fields: { parts: activeRun.parts } }
      assert.deepEqual(foldOf(continued([shown], rest.frames)), foldOf(writing.stream.frames))
    },
  },
]

export const resumingCases: Case[] = [
  {
    id: 'resume-after-header',
    rule: 'continues after event `n`',
    check: session =>
      resumeEverywhere(session, ({ client, start }, after) =>
        client.follow(start.runId, { lastEventId: after }),
      ),
  },
  {
    id: 'resume-after-query',
    rule: 'continues after event `n`',
    check: session =>
      resumeEverywhere(session, ({ client, start }, after) => client.follow(start.runId, { after })),
  },
  {
    id: 'resume-header-wins',
    rule: '(or `?after=n`; the header wins)',
    async check(session) {
      const { client, start, frames } = await session.finished()
      const last = frames.length - 1
      await using stream = await client.follow(start.runId, { lastEventId: last - 1, after: 1 })
      await stream.end()
      assertSameFrames(stream.frames, frames.slice(-2))
    },
  },
  {
    id: 'resume-from-nowhere',
    rule: 'the same stream, after `Last-Event-ID` or `?after=n`',
    async check(session) {
      const { client, start, frames } = await session.finished()
      await using stream = await client.follow(start.runId)
      await stream.end()
      assert.deepEqual(foldOf(continued([], stream.frames)), foldOf(frames))
    },
  },
  {
    id: 'resume-before-end',
    rule: 'the events after `n`, or a `snapshot` and what follows it',
    async check(session) {
      const { client, start, frames } = await session.finished()
      await using stream = await client.follow(start.runId, { after: frames.length - 1 })
      await stream.end()
      assertSameFrames(stream.frames, frames.slice(-1))
    },
  },
  ...wrongPlaces,
  ...nothingFollows,
  ...snapshots,
  ...live,
]
