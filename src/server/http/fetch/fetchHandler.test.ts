import { expect, test } from 'vitest'
import { silentLogger } from '../../../../test/harness/log.ts'
import { createCallers } from '../../access/caller.ts'
import { systemClock } from '../../clock.ts'
import type { ResponseStream } from '../answer.ts'
import { defineRoute } from '../defineRoute.ts'
import { createHeartbeats } from '../heartbeats.ts'
import { createFetchHandler } from './fetchHandler.ts'
import { OpenStreams } from './openStreams.ts'

/** A handler with streams that the test writes to. */
function holdStreams(mostWaiting: number) {
  const streams: ResponseStream[] = []
  const route = defineRoute({
    method: 'GET',
    path: '/api/held',
    access: 'anybody',
    handle: () => ({
      type: 'stream',
      async follow(stream) {
        stream.hold(undefined)
        streams.push(stream)
      },
    }),
  })
  const heartbeats = createHeartbeats(systemClock)
  const handle = createFetchHandler(
    {
      routes: [route],
      callers: createCallers([]),
      heartbeats,
      sessions: { hold: () => () => {} },
      keys: { hold: () => () => {} },
      publicUrls: [],
      corsOrigins: [],
      rateLimitPerMinute: 0,
      clock: systemClock,
      logger: silentLogger,
      createId: () => 'id',
    },
    { streams: new OpenStreams(systemClock, mostWaiting) },
  )
  return {
    heartbeats,
    async open() {
      const response = await handle(new Request('http://localhost/api/held'))
      const stream = streams.at(-1)
      if (!stream) throw new Error('no stream')
      return { response, stream }
    },
  }
}

test('when too much waits for all clients together, the one furthest behind is cut', async () => {
  const held = holdStreams(1_000_000)
  const [near, far, other] = [await held.open(), await held.open(), await held.open()]
  near.stream.write('n'.repeat(400_000))
  far.stream.write('f'.repeat(500_000))
  expect([near, far, other].map(({ stream }) => stream.isClosed)).toEqual([false, false, false])
  other.stream.write('o'.repeat(300_000))
  expect([near, far, other].map(({ stream }) => stream.isClosed)).toEqual([false, true, false])
  await expect(far.response.text()).rejects.toThrow('cut')
  near.stream.finish()
  other.stream.finish()
  expect((await near.response.text()).length).toBe(400_000)
  expect((await other.response.text()).length).toBe(300_000)
  expect(held.heartbeats.size).toBe(0)
})

test('clients that have left do not count', async () => {
  const held = holdStreams(1_000_000)
  const [gone, near] = [await held.open(), await held.open()]
  gone.stream.write('g'.repeat(900_000))
  await gone.response.body?.cancel()
  near.stream.write('n'.repeat(800_000))
  expect(near.stream.isClosed).toBe(false)
  await near.response.body?.cancel()
})
