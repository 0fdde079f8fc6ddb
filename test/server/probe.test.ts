import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { PROBE_INTERVAL, PROBE_PATH, PROBE_TICKS } from '../../src/protocol/probe.ts'
import { readEnv } from '../../src/server/config/env.ts'
import { startRiacho } from '../../src/startRiacho.ts'
import { createFakeClock } from '../harness/fakeClock.ts'
import { settingsOf, startServer, temporaryFolder } from '../harness/server.ts'

/** A server whose clock stands still. */
async function startStill() {
  const folder = await temporaryFolder()
  const clock = createFakeClock()
  const env = readEnv(settingsOf({}, folder))
  const { url, close } = await startRiacho(env, { logger: pino({ level: 'silent' }), clock })
  // Each upkeep of the start sets its next timer when it is over: erasing, forgetting events, rewriting, watching clients.
  await expect.poll(() => clock.pending, { interval: 5 }).toBe(4)
  return {
    url,
    clock,
    /** Timers that are set while nobody asks for anything. */
    idle: clock.pending,
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
  expect(server.clock.pending).toBe(server.idle)
})

test('a probe stops when its reader leaves', async () => {
  await using server = await startStill()
  const response = await openProbe(server.url)
  const arrived = once(response, 'data')
  await server.clock.advance(0)
  await arrived
  expect(server.clock.pending).toBe(server.idle + 1)
  response.destroy()
  await expect.poll(() => server.clock.pending, { interval: 5 }).toBe(server.idle)
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
