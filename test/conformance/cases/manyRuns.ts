import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Case } from '../case.ts'
import type { Client, Frame, Stream } from '../client.ts'
import { foldOf, isText } from '../fold.ts'
import type { Session } from '../session.ts'
import { assertRefused, assertSameFrames, continued } from './expect.ts'

const MARKS = new Set<string | undefined>(['run', 'run-done', 'run-gone'])

const urlOf = (places: readonly [runId: string, seq: number][]) =>
  `/api/chat/events?${places.map(([runId, seq]) => `run=${runId}:${seq}`).join('&')}`

const followMany = (
  client: Client,
  places: readonly [runId: string, seq: number][],
  headers?: Record<string, string>,
) => client.open(urlOf(places), headers)

/** The frames of one run. */
function partOf(frames: readonly Frame[], runId: string): Frame[] {
  let speaker: string | undefined
  return frames.filter(({ event, fields }) => {
    if (event === 'run') speaker = fields.runId
    return !MARKS.has(event) && speaker === runId
  })
}

const marksOf = ({ frames }: Stream) =>
  frames.flatMap(({ event, fields }) => (MARKS.has(event) ? [`${event} ${fields.runId}`] : []))

/**
 * Follows two active replies of one owner until both have ended: each over its own stream, and both over one stream.
 */
async function followTwo(session: Session): Promise<{ many: Stream; own: readonly Stream[] }> {
  const client = await session.owner()
  await using first = await session.live({ client })
  await using second = await session.live({ client: client.tab() })
  const own = [first.stream, second.stream]
  await using many = await followMany(client, [
    [first.start.runId, 0],
    [second.start.runId, 0],
  ])
  await Promise.all(own.map(stream => stream.end()))
  assert.ok(await many.closed, 'the response ended, and was not cut')
  return { many, own }
}

const refusals: Case[] = (
  [
    ['none', ''],
    ['empty', '?run='],
    ['empty-place', `?run=${randomUUID()}:`],
    ['endless-place', `?run=${randomUUID()}:99999999999999999999`],
    ['two-places', `?run=${randomUUID()}:1:2`],
    ['no-place', `?run=${randomUUID()}`],
    ['no-number', `?run=${randomUUID()}:x`],
    ['negative', `?run=${randomUUID()}:-1`],
    ['no-id', '?run=x:1'],
    ['unknown-field', `?run=${randomUUID()}:1&before=1`],
    ['too-many', `?${Array.from({ length: 51 }, () => `run=${randomUUID()}:0`).join('&')}`],
    ['twice', `?${'&run=0f4d6b8e-5a7c-4b7e-9f0e-2f6f1b1c9d3a:1'.repeat(2)}`],
  ] as const
).map(([id, query]) => ({
  id: `many-refuses-${id}`,
  rule: 'This call follows 1 to 50 runs, each named once, each after its own event `seq`.',
  async check(session) {
    assertRefused(await (await session.owner()).get(`/api/chat/events${query}`), 400, 'INVALID_REQUEST')
  },
}))

export const manyRunsCases: Case[] = [
  {
    id: 'many-headers',
    rule: "It answers as a run's stream does, header for header, and begins with a comment",
    async check(session) {
      const { client, headers, start } = await session.finished()
      await using many = await followMany(client, [[start.runId, 0]], { 'accept-encoding': 'gzip, br' })
      for (const name of ['content-type', 'cache-control', 'x-accel-buffering', 'x-content-type-options']) {
        assert.equal(many.headers[name], headers[name], name)
      }
      assert.equal(many.headers['content-encoding'], undefined)
      await many.closed
      assert.ok(many.raw.startsWith(':'), 'the first byte comes with the headers')
    },
  },
  {
    id: 'many-same-frames',
    rule: 'The frames of a run are byte for byte those of its own stream, in its order',
    async check(session) {
      const { many, own } = await followTwo(session)
      for (const { frames, start } of own) {
        const part = partOf(many.frames, start.runId)
        assert.deepEqual(foldOf(continued([], part)), foldOf(frames))
        if (part[0]?.event === 'run-start') assertSameFrames(part, frames)
      }
    },
  },
  {
    id: 'many-named',
    rule: 'If the next frames belong to another run than the last ones, a `run` comes first',
    async check(session) {
      const { many, own } = await followTwo(session)
      assert.equal(many.frames[0]?.event, 'run')
      const runIds = own.map(({ start }) => start.runId)
      assert.deepEqual(new Set(marksOf(many)), new Set(runIds.map(runId => `run ${runId}`)))
      for (const { fields, event } of many.frames.filter(frame => frame.event === 'run-start')) {
        assert.ok(partOf(many.frames, fields.runId ?? '').some(frame => frame.event === event))
      }
      assert.ok(own.every(({ start }) => partOf(many.frames, start.runId).some(isText)))
    },
  },
  {
    id: 'many-no-ids',
    rule: 'A frame that is about a run, and is not an event of it, has no `id`',
    async check(session) {
      const { many } = await followTwo(session)
      for (const { event, id } of many.frames) assert.equal(Number.isNaN(id), MARKS.has(event), `${event}`)
    },
  },
  {
    id: 'many-after',
    rule: 'each after its own event `seq`',
    async check(session) {
      const { client, start, frames } = await session.finished()
      await using many = await followMany(client, [[start.runId, frames.length - 2]])
      await many.closed
      assertSameFrames(partOf(many.frames, start.runId), frames.slice(-2))
    },
  },
  {
    id: 'many-last-event-id',
    rule: 'This call ignores `Last-Event-ID`.',
    async check(session) {
      const { client, start, frames } = await session.finished()
      const headers = { 'last-event-id': String(frames.length) }
      await using many = await followMany(client, [[start.runId, frames.length - 2]], headers)
      await many.closed
      assertSameFrames(partOf(many.frames, start.runId), frames.slice(-2))
    },
  },
  {
    id: 'many-done',
    rule: 'that run has ended and `seq` is its last event: no more of it will follow',
    async check(session) {
      const { client, start, frames } = await session.finished()
      await using many = await followMany(client, [[start.runId, frames.length]])
      assert.ok(await many.closed, 'the response ended, and was not cut')
      assert.deepEqual(marksOf(many), [`run-done ${start.runId}`])
      assert.equal(many.frames.length, 1)
    },
  },
  {
    id: 'many-gone',
    rule: "there is no such run: it is unknown, deleted, or another owner's",
    async check(session) {
      const { start } = await session.finished()
      const unknown = randomUUID()
      await using many = await followMany(await session.owner(), [
        [start.runId, 0],
        [unknown, 0],
      ])
      assert.ok(await many.closed, 'the response ended, and was not cut')
      assert.deepEqual(marksOf(many).sort(), [`run-gone ${start.runId}`, `run-gone ${unknown}`].sort())
      assert.equal(many.frames.length, 2)
    },
  },
  {
    id: 'many-gone-alone',
    rule: 'If one run is gone, the other runs still come.',
    async check(session) {
      const { client, start, frames } = await session.finished()
      await using many = await followMany(client, [
        [randomUUID(), 0],
        [start.runId, frames.length - 1],
      ])
      await many.closed
      assertSameFrames(partOf(many.frames, start.runId), frames.slice(-1))
    },
  },
  {
    id: 'many-ends',
    rule: 'The stream ends when every run in it has ended, is done or gone.',
    async check(session) {
      await using live = await session.live()
      const { runId } = live.start
      await using many = await followMany(live.client, [
        [randomUUID(), 0],
        [runId, 0],
      ])
      await many.until(isText)
      await live.stream.end()
      assert.ok(await many.closed, 'the response ended, and was not cut')
      assert.equal(many.frames.at(-1)?.event, 'run-end')
    },
  },
  ...refusals,
]
