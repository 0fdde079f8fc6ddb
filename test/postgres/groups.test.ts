import { afterAll, beforeAll, expect, test } from 'vitest'
import { administrator, signedUp } from '../harness/administrator.ts'
import { finished, type TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { groupCalls } from '../harness/groups.ts'
import { type PostgresServer, reachable, startPostgres } from '../harness/postgres.ts'
import { startProcess, type TestServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** Three real processes on one empty database. */
async function openProcesses(upstream: Upstream) {
  const folder = await temporaryFolder()
  const settings = {
    DATABASE_URL: await postgres.createDatabase(),
    TITLES: 'words',
    TRUST_PROXY: 'true',
    OPENAI_MAX_OUTPUT_TOKENS: '1000',
  }
  // One after the other, because the first one makes the tables.
  const nodes: Awaited<ReturnType<typeof startProcess>>[] = []
  for (let node = 0; node < 3; node++)
    nodes.push(await startProcess({ upstream, folder, settings: await reachable(settings) }))
  const [first] = nodes
  if (!first) throw new Error('no node')
  return {
    first,
    nodes,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** The same browser at another node. */
function at(node: TestServer, client: TestClient): TestClient {
  const there = node.client()
  there.cookie = client.cookie
  return there
}

test('24 people of one group at three nodes at once reserve no more than its budget, and what they used is counted', async () => {
  const budget = 20_000
  await using upstream = await createUpstream()
  await using world = await openProcesses(upstream)
  const { first } = world
  const groups = groupCalls(await administrator(first))
  const { id } = await groups.make('Vendas', { tokenBudget: budget })
  const people: TestClient[] = []
  for (let person = 0; person < 24; person++) {
    const email = `person${person}@example.com`
    const client = await signedUp(first, email)
    await groups.put(email, id)
    people.push(at(world.nodes[person % 3] ?? first, client))
  }
  const gates = people.map(() => upstream.hold({ tokens: ['Sim.'], usage: { input: 100, output: 50 } }))
  const streams = await Promise.all(people.map(client => client.send({ content: 'Oi' })))
  const running = streams.filter(({ status }) => status === 200)
  const sum = () =>
    first.rows(`select messages, tokens, reserved_tokens from spending_sums where scope = 'group:${id}'`)
  const [{ tokens: one = 0 } = {}] = first.rows('select tokens from spending_reservations')
  expect(running.length).toBe(Math.floor(budget / Number(one)))
  expect(running.length).toBeLessThan(24)
  expect(sum()).toEqual([
    { messages: running.length, tokens: 0, reserved_tokens: Number(one) * running.length },
  ])
  for (const gate of gates) gate.open()
  for (const stream of running) await stream.end()
  await expect
    .poll(sum, { timeout: 10_000 })
    .toEqual([{ messages: running.length, tokens: 150 * running.length, reserved_tokens: 0 }])
}, 120_000)

test('what one node changes about a group counts for the next message at another one', async () => {
  await using upstream = await createUpstream()
  await using world = await openProcesses(upstream)
  const [first, second] = world.nodes
  if (!first || !second) throw new Error('no node')
  const groups = groupCalls(await administrator(first))
  const person = at(second, await signedUp(first, 'ana@example.com'))
  await finished(person)
  const { id } = await groups.make('Um', { messagesPerDay: 1 })
  await groups.put('ana@example.com', id)
  await finished(person)
  const refused = await person.post('/api/chat/send', { content: 'Oi' })
  expect([refused.status, refused.body.code]).toEqual([429, 'LIMIT_REACHED'])
  await groups.change(id, { limits: { messagesPerDay: 2 } })
  await finished(person)
  expect((await person.post('/api/chat/send', { content: 'Oi' })).body.code).toBe('LIMIT_REACHED')
  await groups.remove(id)
  await finished(person)
}, 120_000)
