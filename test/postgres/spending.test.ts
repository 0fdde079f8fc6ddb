import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RiachoError } from '../../src/protocol/errors.ts'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { createEstimates } from '../../src/server/spending/estimates.ts'
import { dayOf, nextDay } from '../../src/server/spending/periods.ts'
import { createSpending } from '../../src/server/spending/spending.ts'
import { finished, TestClient, type TestStream } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { type PostgresServer, reachable, startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const HOUR = 3_600_000
const TITLES = 'words'
/** How many processes start at once. */
const AT_ONCE = 4

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres(['max_connections=500'])
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** Real processes on one empty database. */
async function openProcesses(upstream: Upstream, limits: Record<string, string>, count = 3) {
  const folder = await temporaryFolder()
  const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES, ...limits }
  const start = async () =>
    startProcess({ upstream, folder, settings: count > 3 ? settings : await reachable(settings) })
  // One after the other, because the first one makes the tables.
  const nodes = [await start()]
  while (nodes.length < count)
    nodes.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - nodes.length) }, start))))
  return {
    nodes,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const accepted = (streams: readonly TestStream[]) => streams.filter(({ status }) => status === 200)

const sumOfAll = (node: TestServer) =>
  node.rows(`select messages, tokens, reserved_tokens from spending_sums where scope = 'all'`)

const ofRuns = (node: TestServer) =>
  node.rows(`select run_id, tokens from spending_reservations`).map(({ tokens }) => Number(tokens))

test('24 people at three nodes at once reserve no more than one budget, and what they used is counted', async () => {
  const budget = 20_000
  await using upstream = await createUpstream()
  await using world = await openProcesses(upstream, {
    BUDGET_TOKENS_PER_MONTH: String(budget),
    OPENAI_MAX_OUTPUT_TOKENS: '1000',
  })
  const [first] = world.nodes
  if (!first) throw new Error('no node')
  const people = world.nodes.flatMap(node => Array.from({ length: 8 }, () => node.client()))
  await Promise.all(people.map(client => client.get('/api/chat/conversations')))
  const reply = { tokens: ['Sim.'], usage: { input: 100, output: 50 } }
  const gates = people.map(() => upstream.hold(reply))
  const streams = await Promise.all(people.map(client => client.send({ content: 'Oi' })))
  const running = accepted(streams)
  const reserved = ofRuns(first)
  const [one = 0] = reserved
  expect(running.length).toBe(Math.floor(budget / one))
  expect(running.length).toBeLessThan(24)
  expect(sumOfAll(first)).toEqual([
    { messages: running.length, tokens: 0, reserved_tokens: one * running.length },
  ])
  const refused = streams.find(({ status }) => status !== 200)
  expect(refused?.status).toBe(429)
  for (const gate of gates) gate.open()
  for (const stream of running) await stream.end()
  await expect
    .poll(() => sumOfAll(first), { timeout: 10_000 })
    .toEqual([{ messages: running.length, tokens: 150 * running.length, reserved_tokens: 0 }])
  expect(ofRuns(first)).toEqual([])
}, 120_000)

/** Holds whoever comes until `count` have come. */
function createBarrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = count
  return () => {
    left -= 1
    if (left === 0) resolve()
    return promise
  }
}

test('24 processes that a barrier lets go at one budget reserve no more than it, twice', async () => {
  const budget = 20_000
  await using upstream = await createUpstream()
  const limits = { BUDGET_TOKENS_PER_MONTH: String(budget), OPENAI_MAX_OUTPUT_TOKENS: '1000' }
  await using world = await openProcesses(upstream, limits, 24)
  const [first] = world.nodes
  if (!first) throw new Error('no node')
  const people = world.nodes.map(node => node.client())
  for (const client of people) await client.get('/api/chat/conversations')
  let used = 0
  for (const round of [1, 2]) {
    const gates = people.map(() => upstream.hold({ tokens: ['Sim.'], usage: { input: 100, output: 900 } }))
    // Each process has all of its request but the last byte when the barrier lets them go.
    const beforeLastByte = createBarrier(people.length)
    const streams = await Promise.all(
      people.map(client => client.send({ content: 'Oi' }, {}, { beforeLastByte })),
    )
    const running = accepted(streams)
    const reserved = ofRuns(first)
    const [one = 0] = reserved
    expect(new Set(reserved)).toEqual(new Set([one]))
    expect([round, running.length]).toEqual([round, Math.floor((budget - used) / one)])
    expect([round, running.length < people.length]).toEqual([round, true])
    const refused = streams.filter(stream => !running.includes(stream))
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]))
    for (const gate of gates) gate.open()
    for (const stream of running) expect(await stream.end()).toMatchObject({ status: 'completed' })
    used += 1000 * running.length
    await expect
      .poll(() => sumOfAll(first), { timeout: 20_000 })
      .toEqual([{ messages: used / 1000, tokens: used, reserved_tokens: 0 }])
    await upstream.forget()
  }
  expect(used).toBeLessThanOrEqual(budget)
  // Starting that many processes takes a while.
}, 300_000)

test('100 sends of one owner at three nodes at once, of which 5 may run: 5 run', async () => {
  await using upstream = await createUpstream()
  await using world = await openProcesses(upstream, { LIMIT_RUNS_AT_ONCE: '5' })
  const [first] = world.nodes
  if (!first) throw new Error('no node')
  const client = first.client()
  await client.get('/api/chat/conversations')
  const clients = world.nodes.map(node => {
    const here = new TestClient(node.url)
    here.cookie = client.cookie
    return here
  })
  const gates = Array.from({ length: 5 }, () => upstream.hold({ tokens: ['Sim.'] }))
  const sends = Array.from({ length: 100 }, (_, index) => clients[index % 3]?.send({ content: 'Oi' }))
  const streams = (await Promise.all(sends)).flatMap(stream => stream ?? [])
  expect(accepted(streams).length).toBe(5)
  expect(first.rows("select count(*) n from runs where status = 'active'")).toEqual([{ n: 5 }])
  for (const gate of gates) gate.open()
  for (const stream of accepted(streams)) expect(await stream.end()).toMatchObject({ status: 'completed' })
}, 120_000)

test('two nodes whose clocks are a day apart count in the same day', async () => {
  await using upstream = await createUpstream()
  const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES, LIMIT_MESSAGES_PER_DAY: '2' }
  const ahead = createShiftedClock()
  ahead.setTimeOfDay(26 * HOUR)
  await using one = await startServer({ upstream, settings: await reachable(settings) })
  await using two = await startServer({ upstream, settings: await reachable(settings), clock: ahead })
  const here = one.client()
  await finished(here)
  const there = two.client()
  there.cookie = here.cookie
  await finished(there)
  for (const client of [here, there]) {
    const refused = await client.post('/api/chat/send', { content: 'Oi' })
    expect([refused.status, refused.body.code]).toEqual([429, 'LIMIT_REACHED'])
  }
  const [{ today } = {}] = one.rows(`select to_char(now() at time zone 'utc', 'YYYY-MM-DD') as today`)
  expect(one.rows('select period, messages from spending_sums')).toEqual([{ period: today, messages: 2 }])
  const [limits, others] = await Promise.all([here, there].map(client => client.get('/api/chat/limits')))
  expect(others?.body).toEqual(limits?.body)
})

test('at the turn of a day two nodes give each day its messages, and no more', async () => {
  const url = await postgres.createDatabase()
  // One after the other, because the first one makes the tables.
  const nodes = [await openPostgres(url), await openPostgres(url)]
  const midnight = nextDay(Date.now())
  const begun = performance.now()
  /** The time of both, which have half a second left. */
  const steadyTime = () => Math.round(midnight - 500 + performance.now() - begun)
  const estimates = createEstimates({ costOf: () => undefined })
  const request = { model: 'any', instructions: '', history: [], locale: 'en' } as const
  let accepted = 0
  const ask = async (node: number) => {
    const database = nodes[node]
    if (!database) throw new Error('no node')
    const limits = { messagesPerDay: 10 }
    const options = { limits, database, estimates, currency: 'USD', steadyTime, logger: silentLogger }
    const { reserve } = createSpending(options)
    while (steadyTime() < midnight + 500) {
      const run = { runId: randomUUID(), ownerId: 'ana', request }
      const asked = database.writeFor('ana', 'process', queries => reserve(queries, run))
      const code = await asked.then(
        () => undefined,
        (error: RiachoError) => error.code,
      )
      if (code === undefined) accepted += 1
      else expect(code).toBe('LIMIT_REACHED')
    }
  }
  await Promise.all([ask(0), ask(1)])
  const days = [dayOf(midnight - 1), dayOf(midnight)]
  const first = nodes[0]?.queries.selectFrom('spending_sums').select(['period', 'messages']).orderBy('period')
  expect(await first?.execute()).toEqual(days.map(period => ({ period, messages: 10 })))
  expect(accepted).toBe(20)
  for (const node of nodes) await node.close()
})
