import assert from 'node:assert/strict'
import type { Case } from '../case.ts'

const PATH = '/api/chat/probe'
const TICKS = 8
const INTERVAL = 150

export const probeCases: Case[] = [
  {
    id: 'probe-headers',
    rule: "It answers as a run's stream does, header for header",
    async check(session) {
      const { client, headers } = await session.finished()
      await using probe = await client.open(PATH, { 'accept-encoding': 'gzip, deflate, br, zstd' })
      for (const name of ['content-type', 'cache-control', 'x-accel-buffering', 'x-content-type-options']) {
        assert.equal(probe.headers[name], headers[name], name)
      }
      assert.equal(probe.headers['content-encoding'], undefined)
    },
  },
  {
    id: 'probe-ticks',
    rule: 'sends eight frames 150 ms apart',
    async check(session) {
      await using probe = await session.client().open(PATH)
      await probe.until(() => true)
      assert.ok(probe.frames.length < TICKS, 'the first tick comes before the last one')
      assert.ok(await probe.closed, 'the response ended, and was not cut')
      const ticks = probe.frames.map(({ data }) => JSON.parse(data) as { tick: number; at: number })
      assert.deepEqual(
        ticks.map(({ tick }) => tick),
        Array.from({ length: TICKS }, (_, tick) => tick),
      )
      for (const { tick, at } of ticks) assert.ok(at >= (tick * INTERVAL) / 2, `tick ${tick} at ${at} ms`)
      assert.ok(Number(ticks[0]?.at) < INTERVAL / 2, 'the times count from the first tick')
    },
  },
  {
    id: 'probe-no-ids',
    rule: 'belongs to no owner, sets no cookie, and has no `id`s',
    async check(session) {
      await using probe = await session.client().open(PATH)
      await probe.closed
      assert.equal(probe.headers['set-cookie'], undefined)
      assert.ok(!/^(id|event):/m.test(probe.raw))
    },
  },
]
