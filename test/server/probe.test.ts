import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { PROBE_INTERVAL, PROBE_PATH, PROBE_TICKS } from '../../src/protocol/probe.ts'
import type { Clock, Timer } from '../../src/server/clock.ts'
import { readEnv } from '../../src/server/config/env.ts'
import { startRiacho } from '../../src/startRiacho.ts'
import { createFakeClock } from '../harness/fakeClock.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { settingsOf, startServer } from '../harness/server.ts'

/** A server whose clock stands still. */
async function startStill() {
  const folder = await temporaryFolder()
  const clock = createFakeClock()
  const ticks = new Set<Timer>()
  const watched: Clock = {
    ...clock,
    schedule(callback, delay) {
      const timer = clock.schedule(() => {
        ticks.delete(timer)
        callback()
      }, delay)
      if (delay <= PROBE_INTERVAL) ticks.add(timer)
      return timer
    },
    cancel(timer) {
      ticks.delete(timer)
      clock.cancel(timer)
    },
  }
  const env = readEnv(settingsOf({}, folder))
  const { url, close } = await startRiacho(env, { logger: silentLogger, clock: watched })
  return {
    url,
    clock,
    /** The timers of probes. Every other timer of an idle server is longer. */
    ticks,
    async [Symbol.asyncDispose]() {
      await close({ drainMs: 0 })
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function openProbe(url: string): Promise<IncomingMessage> {
  const [response] = await once(get(url + PROBE_PATH, { agent: false }), 'response')
  return response.setEncoding('utf8')
}

const tick = (place: number) => `data: ${JSON.stringify({ tick: place, at: place * PROBE_INTERVAL })}\n\n`

test('each tick of a probe is sent at its time, and the probe ends after the last', async () => {
  await using server = await startStill()
  const response = await openProbe(server.url)
  const ended = once(response, 'end')
  for (let place = 0; place < PROBE_TICKS; place++) {
    const arrived = once(response, 'data')
    await server.clock.advance(place === 0 ? 0 : PROBE_INTERVAL)
    expect(await arrived).toEqual([tick(place)])
  }
  await ended
  expect(server.ticks.size).toBe(0)
})

test('a probe stops when its reader leaves', async () => {
  await using server = await startStill()
  const response = await openProbe(server.url)
  const arrived = once(response, 'data')
  await server.clock.advance(0)
  await arrived
  expect(server.ticks.size).toBe(1)
  response.destroy()
  await expect.poll(() => server.ticks.size, { interval: 5 }).toBe(0)
})

test("a probe has no header that a run's stream has not, and the other way round", async () => {
  await using server = await startServer()
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  const probe = await openProbe(server.url)
  probe.destroy()
  const { location: _, 'set-cookie': __, 'riacho-owner': _____, date: ___, ...expected } = stream.headers
  const { date: ____, ...headers } = probe.headers
  expect(Object.keys(headers).sort()).toEqual(Object.keys(expected).sort())
})

test('an address that probes too often is refused', async () => {
  await using server = await startServer({ settings: { RATE_LIMIT_PER_MINUTE: '1' } })
  const first = await openProbe(server.url)
  first.destroy()
  const { status, body, headers } = await server.client().get(PROBE_PATH)
  expect([status, body.code]).toEqual([429, 'RATE_LIMITED'])
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
})
