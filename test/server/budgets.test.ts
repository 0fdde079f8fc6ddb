import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import { finished } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startProcess, startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream } from '../upstream/upstream.ts'

const DIE = join(import.meta.dirname, '..', 'proof', 'preloads', 'dieBeforeSettling.ts')

/** A reply costs 0.002 of these. */
const REPLY = { tokens: ['Sim.'], usage: { input: 1000, output: 500 } }
const priced = {
  TITLES: 'words',
  MODEL_PRICES: 'test-model=1/2',
  PRICES_CURRENCY: 'BRL',
  OPENAI_MAX_OUTPUT_TOKENS: '1000',
}

const sums = (server: TestServer) =>
  server.rows('select scope, period, messages, tokens, micros, reserved_tokens from spending_sums')
const ofAll = (server: TestServer) => sums(server).filter(({ scope }) => scope === 'all')

test.skipIf(onPostgres)(
  'the budget of all stops everybody in words, and the next month begins anew',
  async () => {
    const clock = createShiftedClock()
    await using upstream = await createUpstream()
    upstream.reply(REPLY)
    await using server = await startServer({
      upstream,
      clock,
      settings: { ...priced, BUDGET_PER_MONTH: '0.01' },
    })
    for (let reply = 0; reply < 4; reply++) await finished(server.client())
    const client = server.client()
    const refused = await client.post('/api/chat/send', { content: 'Oi' }, { 'accept-language': 'en' })
    expect([refused.status, refused.body.code, refused.body.message]).toEqual([
      429,
      'BUDGET_REACHED',
      ERROR_MESSAGES.en.BUDGET_REACHED,
    ])
    // It tells nobody what the others used.
    expect((await client.get('/api/chat/limits')).body.limits).toEqual([])
    expect((await client.get('/metrics')).text).toContain(
      'riacho_budget_used_ratio{setting="BUDGET_PER_MONTH"} 0.8',
    )
    clock.shift((refused.body.retryAfter ?? 0) * 1000 - 5000)
    expect((await client.post('/api/chat/send', { content: 'Oi' })).status).toBe(429)
    clock.shift(5000)
    await finished(client)
    await expect.poll(() => ofAll(server).map(({ micros }) => micros)).toEqual([8000, 2000])
    expect((await client.get('/metrics')).text).toContain(
      'riacho_budget_used_ratio{setting="BUDGET_PER_MONTH"} 0.2',
    )
  },
)

test('the budget of a person is the person’s own, in money and in tokens', async () => {
  await using upstream = await createUpstream()
  upstream.reply(REPLY)
  const settings = {
    ...priced,
    BUDGET_PER_PERSON_PER_MONTH: '0.005',
    BUDGET_TOKENS_PER_PERSON_PER_MONTH: '100000',
  }
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  await finished(client)
  expect((await client.get('/api/chat/limits')).body.limits).toMatchObject([
    { kind: 'budget', limit: 0.005, used: 0.002, currency: 'BRL' },
    { kind: 'tokenBudget', limit: 100_000, used: 1500 },
  ])
  await finished(client)
  expect((await client.post('/api/chat/send', { content: 'Oi' })).body.code).toBe('BUDGET_REACHED')
  await finished(server.client())
})

test('kill -9 between the end of a reply and its settling: the next start settles it once', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  upstream.reply(REPLY)
  const settings = { ...priced, BUDGET_PER_MONTH: '1' }
  await using mortal = await startProcess({ upstream, folder, settings, nodeArgs: ['--import', DIE] })
  const client = mortal.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.closed
  await mortal.kill('SIGKILL')
  expect(mortal.rows('select status from runs')).toEqual([{ status: 'completed' }])
  expect(mortal.rows('select micros from spending_reservations').length).toBe(1)
  expect(ofAll(mortal)).toMatchObject([{ messages: 1, micros: 0 }])
  for (let start = 0; start < 2; start++) {
    await using next = await startProcess({ upstream, folder, settings })
    await expect
      .poll(() => ofAll(next))
      .toMatchObject([{ messages: 1, tokens: 1500, micros: 2000, reserved_tokens: 0 }])
    await next.kill('SIGKILL')
  }
}, 60_000)

test('a reply that a killed process was writing is settled by the next one', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const settings = { ...priced, BUDGET_TOKENS_PER_MONTH: '100000' }
  const gate = upstream.hold({ tokens: ['x'.repeat(300), 'y'] })
  const mortal = await startProcess({ upstream, folder, settings })
  await using stream = await mortal.client().send({ content: 'Oi' })
  await gate.next(1)
  await stream.untilText('xxx')
  await mortal.kill('SIGKILL')
  gate.open()
  await using next = await startProcess({ upstream, folder, settings })
  const poll = { timeout: 25_000 }
  await expect.poll(() => next.rows('select * from spending_reservations'), poll).toEqual([])
  const [sum] = ofAll(next)
  expect(sum).toMatchObject({ messages: 1, reserved_tokens: 0 })
  expect(Number(sum?.['tokens'])).toBeGreaterThan(100)
  expect(Number(sum?.['tokens'])).toBeLessThan(1000)
}, 60_000)
