import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import { LOCALES } from '../../src/protocol/locale.ts'
import { finished, type TestClient } from '../harness/client.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream } from '../upstream/upstream.ts'

const DAY = 86_400_000
const TITLES = 'words'

const refused = async (client: TestClient, headers: Record<string, string> = {}) => {
  const { status, body, headers: got } = await client.post('/api/chat/send', { content: 'Oi' }, headers)
  return { status, code: body.code, message: body.message, retryAfter: Number(got['retry-after']) }
}

const limitsOf = async (client: TestClient) => (await client.get('/api/chat/limits')).body.limits

/** What the owners have used. */
const sumsOfOwners = (server: TestServer) =>
  server.rows(`select * from spending_sums where scope <> 'all' order by period`)

const reservations = (server: TestServer) => server.rows('select run_id from spending_reservations')

/** The sums of every scope reserve nothing, because no run is active. */
async function settled(server: TestServer): Promise<void> {
  await expect.poll(() => reservations(server)).toEqual([])
  expect(
    server.rows('select * from spending_sums where reserved_tokens <> 0 or reserved_micros <> 0'),
  ).toEqual([])
}

test('without limits nothing is stored, and the list is empty', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: { TITLES } })
  const client = server.client()
  await finished(client)
  expect(await limitsOf(client)).toEqual([])
  expect(server.rows('select * from spending_sums')).toEqual([])
})

test('messages of a day: the next one is refused in words, a repeat is not counted, and other owners go on', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: { TITLES, LIMIT_MESSAGES_PER_DAY: '3' } })
  const client = server.client()
  const message = { content: 'Oi', clientMessageId: randomUUID() }
  const { userMessageId } = await finished(client, message)
  await finished(client, message)
  await finished(client)
  await using again = await client.retry({ userMessageId })
  await again.end()
  await finished(client, message)
  expect(await limitsOf(client)).toMatchObject([{ kind: 'messages', limit: 3, used: 3 }])
  for (const locale of LOCALES) {
    const answer = await refused(client, { 'accept-language': locale })
    expect(answer).toMatchObject({
      status: 429,
      code: 'LIMIT_REACHED',
      message: ERROR_MESSAGES[locale].LIMIT_REACHED,
    })
    const toMidnight = (DAY - (Date.now() % DAY)) / 1000
    expect(Math.abs(answer.retryAfter - toMidnight)).toBeLessThan(60)
  }
  const rerun = await client.post('/api/chat/runs', { userMessageId })
  expect([rerun.status, rerun.body.code]).toEqual([429, 'LIMIT_REACHED'])
  expect(server.rows('select count(*) n from runs')).toEqual([{ n: 3 }])
  expect(upstream.requests.length).toBe(3)
  await finished(server.client())
})

test.skipIf(onPostgres)('the next day begins anew, and a day that is long over is forgotten', async () => {
  const clock = createShiftedClock()
  await using upstream = await createUpstream()
  const settings = { TITLES, LIMIT_MESSAGES_PER_DAY: '1' }
  await using server = await startServer({ upstream, settings, clock })
  const client = server.client()
  await finished(client)
  const [limit] = await limitsOf(client)
  expect((await refused(client)).code).toBe('LIMIT_REACHED')
  clock.shift((limit?.resetsAt ?? 0) - clock.now() + 1)
  await finished(client)
  expect(await limitsOf(client)).toMatchObject([{ used: 1, resetsAt: (limit?.resetsAt ?? 0) + DAY }])
  clock.shift(2 * DAY)
  await expect.poll(() => sumsOfOwners(server)).toEqual([])
})

test('100 sends at once of one owner, of which 5 may run: 5 run, and the others fit once these have ended', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: { TITLES, LIMIT_RUNS_AT_ONCE: '5' } })
  const client = server.client()
  await client.get('/api/chat/conversations')
  const gates = Array.from({ length: 5 }, () => upstream.hold({ tokens: ['Sim.'] }))
  const streams = await Promise.all(Array.from({ length: 100 }, () => client.send({ content: 'Oi' })))
  const running = streams.filter(({ status }) => status === 200)
  expect(running.length).toBe(5)
  expect(server.rows("select count(*) n from runs where status = 'active'")).toEqual([{ n: 5 }])
  expect(await limitsOf(client)).toEqual([{ kind: 'runs', limit: 5, used: 5, resetsAt: null }])
  const answer = await refused(client)
  expect([answer.status, answer.code, answer.retryAfter]).toEqual([429, 'TOO_MANY_RUNS', 5])
  for (const gate of gates) gate.open()
  for (const stream of running) expect(await stream.end()).toMatchObject({ status: 'completed' })
  await finished(client)
})

test('tokens of a day: what the provider counted is used, and what a reply may use must be left', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['Sim.'], usage: { input: 300, output: 400 } })
  const settings = { TITLES, LIMIT_TOKENS_PER_DAY: '4800', OPENAI_MAX_OUTPUT_TOKENS: '1000' }
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  for (const used of [700, 1400, 2100]) {
    await finished(client)
    expect(await limitsOf(client)).toMatchObject([{ kind: 'tokens', limit: 4800, used }])
  }
  await settled(server)
  upstream.hold()
  await using held = await client.send({ content: 'Oi' })
  // Two would fit one after the other, and not at once.
  expect((await refused(client)).code).toBe('TOO_MANY_RUNS')
  await client.post(`/api/chat/runs/${held.start.runId}/stop`)
  await finished(client, { content: 'Oi' })
  await settled(server)
  expect((await refused(client)).code).toBe('LIMIT_REACHED')
  await settled(server)
})

test('a run counts what it used: estimated if the provider counted nothing, nothing if it was never answered', async () => {
  await using upstream = await createUpstream({ apis: ['chat'] })
  const settings = { TITLES, LIMIT_TOKENS_PER_DAY: '1000000', OPENAI_API: 'chat', MAX_ATTEMPTS: '1' }
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  const used = async () => (await limitsOf(client))[0]?.used ?? 0
  upstream.reply({ tokens: ['x'.repeat(3000)], ending: 'eof' })
  await finished(client)
  const estimated = await used()
  expect(estimated).toBeGreaterThan(1000)
  expect(estimated).toBeLessThan(2500)
  const input = estimated - 1000

  upstream.reply('unauthorized')
  await finished(client)
  expect(await used()).toBe(estimated)

  const gate = upstream.hold({ tokens: ['y'.repeat(300), 'z'] })
  await using stopped = await client.send({ content: 'Oi' })
  await gate.next(1)
  await stopped.untilText('y')
  await client.post(`/api/chat/runs/${stopped.start.runId}/stop`)
  expect(await stopped.end()).toMatchObject({ status: 'stopped' })
  expect(await used()).toBe(estimated + input + 100)
  gate.open()
  await settled(server)
})

test('a message that is longer than allowed is refused, and one of the allowed length is not', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: { TITLES, MAX_MESSAGE_LENGTH: '10' } })
  const client = server.client()
  await finished(client, { content: 'áé', attachments: [{ name: 'long name.txt', text: '12345678' }] })
  const long = { content: 'Oi', attachments: [{ name: 'a', text: '123456789' }] }
  const answer = await client.post('/api/chat/send', long)
  expect([answer.status, answer.body.code]).toEqual([413, 'TOO_LARGE'])
})

test('whoever is erased leaves nothing of the limits behind, and the sums of all stay', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['Sim.'], usage: { input: 300, output: 400 } })
  const settings = {
    TITLES,
    LIMIT_TOKENS_PER_DAY: '100000',
    BUDGET_TOKENS_PER_PERSON_PER_MONTH: '100000',
    BUDGET_TOKENS_PER_MONTH: '100000',
  }
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  await finished(client)
  await settled(server)
  expect(sumsOfOwners(server)).toMatchObject([{ tokens: 700 }, { tokens: 700 }])
  const gate = upstream.hold({ tokens: ['Sim.'], usage: { input: 300, output: 400 } })
  await using stream = await client.send({ content: 'Oi' })
  await gate.next(1)
  await stream.untilText('Sim')
  expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
  gate.open()
  await settled(server)
  const left = server.rows('select scope, messages, tokens from spending_sums')
  expect(left).toMatchObject([{ scope: 'all', messages: 2 }])
  expect(Number(left[0]?.['tokens'])).toBeGreaterThan(700)
})
