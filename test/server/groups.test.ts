import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  AdminGroup,
  AdminGroupsResponse,
  AuditResponse,
} from '../../src/protocol/admin/adminResponses.ts'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import { LOCALES } from '../../src/protocol/locale.ts'
import { administrator, signedUp } from '../harness/administrator.ts'
import { finished, type TestClient } from '../harness/client.ts'
import { groupCalls } from '../harness/groups.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

/** A reply costs 0.002. */
const REPLY = { tokens: ['Sim.'], usage: { input: 1000, output: 500 } }
const SETTINGS = {
  TITLES: 'words',
  // Many people sign up.
  TRUST_PROXY: 'true',
  MODEL_PRICES: 'test-model=1/2',
  PRICES_CURRENCY: 'BRL',
  OPENAI_MAX_OUTPUT_TOKENS: '1000',
}

let upstream: Upstream
let server: TestServer
let admin: TestClient
let groups: ReturnType<typeof groupCalls>

beforeAll(async () => {
  upstream = await createUpstream()
  upstream.reply(REPLY)
  server = await startServer({ upstream, settings: SETTINGS })
  admin = await administrator(server)
  groups = groupCalls(admin)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

let made = 0
const newEmail = () => `member${++made}@example.com`

/** Somebody in this group, or in none. */
async function member(groupId: string | null): Promise<TestClient> {
  const email = newEmail()
  const client = await signedUp(server, email)
  await groups.put(email, groupId)
  return client
}

const limitsOf = async (client: TestClient) => (await client.get('/api/chat/limits')).body.limits
const ask = (client: TestClient, headers: Record<string, string> = {}) =>
  client.post('/api/chat/send', { content: 'Oi' }, headers)
const list = async () => JSON.parse((await admin.get('/api/admin/groups')).text) as AdminGroupsResponse
const groupNamed = async (name: string) =>
  (await list()).groups.find(group => group.name === name) ?? expect.fail(name)
const lines = async (limit: number) =>
  (JSON.parse((await admin.get(`/api/admin/audit?limit=${limit}`)).text) as AuditResponse).lines

const NOTHING_SET: AdminGroup['limits'] = {
  runsAtOnce: null,
  messagesPerDay: null,
  tokensPerDay: null,
  personBudget: null,
  personTokenBudget: null,
  budget: null,
  tokenBudget: null,
}

test('a group is made, renamed, changed and deleted, each time with a line of the audit', async () => {
  const group = await groups.make('Vendas', { messagesPerDay: 10, budget: 12.34 })
  expect(group).toEqual({
    id: expect.any(String),
    name: 'Vendas',
    members: 0,
    limits: { ...NOTHING_SET, messagesPerDay: 10, budget: 12.34 },
    used: { amount: 0, tokens: 0 },
    reserved: { amount: 0, tokens: 0 },
    problems: [],
  })
  const person = await member(group.id)
  const changed = await groups.change(group.id, { name: 'Vendas 2', limits: { budget: null, runsAtOnce: 3 } })
  expect(JSON.parse(changed.text).group).toEqual({
    ...group,
    name: 'Vendas 2',
    members: 1,
    limits: { ...NOTHING_SET, messagesPerDay: 10, runsAtOnce: 3 },
  })
  expect(await list()).toMatchObject({ currency: 'BRL', resetsAt: expect.any(Number) })
  expect(await limitsOf(person)).toMatchObject([
    { kind: 'runs', limit: 3 },
    { kind: 'messages', limit: 10 },
  ])
  expect((await groups.remove(group.id)).status).toBe(204)
  expect(await limitsOf(person)).toEqual([])
  expect(server.rows('select group_id from accounts where group_id is not null')).toEqual([])
  expect((await lines(4)).map(({ action, subject, detail }) => [action, subject, detail])).toEqual([
    ['group-delete', 'Vendas 2', null],
    ['group-change', 'Vendas', 'Vendas 2, runsAtOnce=3, budget=none'],
    ['account-group', expect.any(String), 'Vendas'],
    ['group-make', 'Vendas', 'messagesPerDay=10, budget=12.34'],
  ])
})

test('a limit of a group takes the place of that of everybody, and counts from the next message on', async () => {
  await using own = await startServer({
    upstream,
    settings: { ...SETTINGS, LIMIT_MESSAGES_PER_DAY: '2, accounts=3, administrators=none' },
  })
  const boss = await administrator(own)
  const calls = groupCalls(boss)
  const [ana, visitor] = [await signedUp(own, 'ana@example.com'), own.client()]
  expect(await limitsOf(boss)).toEqual([])
  expect(await limitsOf(ana)).toMatchObject([{ kind: 'messages', limit: 3 }])
  expect(await limitsOf(visitor)).toMatchObject([{ kind: 'messages', limit: 2 }])
  for (let message = 0; message < 2; message++) await finished(visitor)
  expect((await ask(visitor)).body.code).toBe('LIMIT_REACHED')
  for (let message = 0; message < 4; message++) await finished(boss)
  await finished(ana)
  const group = await calls.make('Um', { messagesPerDay: 1 })
  await calls.put('ana@example.com', group.id)
  expect((await ask(ana)).body.code).toBe('LIMIT_REACHED')
  await calls.change(group.id, { limits: { messagesPerDay: 5 } })
  await finished(ana)
  await calls.put('ana@example.com', null)
  expect(await limitsOf(ana)).toMatchObject([{ kind: 'messages', limit: 3, used: 2 }])
  const told = JSON.parse((await boss.get('/api/admin/limits')).text).limits
  expect(told.map(({ bounds, limit }: Record<string, unknown>) => [bounds, limit])).toEqual([
    ['person', 2],
    ['account', 3],
    ['admin', null],
  ])
})

test('24 people of one group at once reserve no more than its budget, and what they used is counted', async () => {
  const budget = 20_000
  const group = await groups.make('Muitos', { tokenBudget: budget })
  const people = await Promise.all(Array.from({ length: 24 }, () => member(group.id)))
  const gates = people.map(() => upstream.hold({ ...REPLY, usage: { input: 100, output: 50 } }))
  const streams = await Promise.all(people.map(client => client.send({ content: 'Oi' })))
  const running = streams.filter(({ status }) => status === 200)
  const scope = `group:${group.id}`
  const sum = () =>
    server.rows('select messages, tokens, reserved_tokens from spending_sums where scope = ?', scope)
  const [{ tokens: one = 0 } = {}] = server.rows(
    'select tokens from spending_reservations where group_id = ?',
    group.id,
  )
  expect(running.length).toBe(Math.floor(budget / Number(one)))
  expect(running.length).toBeLessThan(24)
  expect(sum()).toEqual([
    { messages: running.length, tokens: 0, reserved_tokens: Number(one) * running.length },
  ])
  for (const refused of streams.filter(({ status }) => status !== 200)) expect(refused.status).toBe(429)
  // Others are not bounded by it.
  const stranger = await member(null)
  const extra = upstream.hold(REPLY)
  await using other = await stranger.send({ content: 'Oi' })
  expect(other.status).toBe(200)
  for (const gate of [...gates, extra]) gate.open()
  for (const stream of running) await stream.end()
  await other.end()
  await expect
    .poll(sum, { timeout: 10_000 })
    .toEqual([{ messages: running.length, tokens: 150 * running.length, reserved_tokens: 0 }])
  expect(await groupNamed('Muitos')).toMatchObject({
    members: 24,
    used: { tokens: 150 * running.length },
    reserved: { tokens: 0 },
  })
  // What was held for those who were refused.
  await upstream.forget()
  upstream.reply(REPLY)
}, 120_000)

test('what is left of the budget of a group is told to its people, and its end stops them in words', async () => {
  const group = await groups.make('Pouco', { budget: 0.01 })
  const [ana, bia] = [await member(group.id), await member(group.id)]
  for (let reply = 0; reply < 2; reply++) await finished(ana)
  for (let reply = 0; reply < 2; reply++) await finished(bia)
  // Both see what both used.
  const said = { kind: 'groupBudget', limit: 0.01, used: 0.008, currency: 'BRL' }
  expect(await limitsOf(ana)).toMatchObject([said])
  expect(await limitsOf(bia)).toMatchObject([said])
  for (const locale of LOCALES) {
    const refused = await ask(bia, { 'accept-language': locale })
    expect([refused.status, refused.body.code, refused.body.message]).toEqual([
      429,
      'GROUP_BUDGET_REACHED',
      ERROR_MESSAGES[locale].GROUP_BUDGET_REACHED,
    ])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  }
  // A larger budget lets them go on, and who leaves the group is no longer bound by it.
  await groups.change(group.id, { limits: { budget: 0.02 } })
  await finished(ana)
  expect(await groupNamed('Pouco')).toMatchObject({ used: { amount: 0.01, tokens: 7500 } })
})

test('who leaves a group while a reply is written settles what the group pays', async () => {
  const group = await groups.make('Saída', { tokenBudget: 10_000 })
  const email = newEmail()
  const client = await signedUp(server, email)
  await groups.put(email, group.id)
  const gate = upstream.hold(REPLY)
  await using stream = await client.send({ content: 'Oi' })
  await groups.put(email, null)
  gate.open()
  await stream.end()
  await expect
    .poll(async () => await groupNamed('Saída'))
    .toMatchObject({ used: { tokens: 1500 }, reserved: { tokens: 0 } })
})

test('a limit that lets no reply begin, and a name that is taken, are refused', async () => {
  const small = await admin.post('/api/admin/groups', {
    name: 'x',
    limits: { tokenBudget: 999, budget: 0.0001 },
  })
  expect([small.status, small.body.issues]).toEqual([
    400,
    [expect.stringMatching(/^tokenBudget: less/), expect.stringMatching(/^budget: less/)],
  ])
  const group = await groups.make('Um nome', {})
  await groups.make('Outro nome', {})
  const taken = await admin.post('/api/admin/groups', { name: ' Um nome ' })
  expect([taken.status, taken.body.code]).toEqual([409, 'GROUP_NAME_TAKEN'])
  const renamed = await groups.change(group.id, { name: 'Outro nome' })
  expect([renamed.status, renamed.body.code]).toEqual([409, 'GROUP_NAME_TAKEN'])
  const wrong = await groups.change(group.id, { limits: { personBudget: 0.000_001 } })
  expect(wrong.status).toBe(400)
  expect((await groupNamed('Um nome')).limits).toEqual(NOTHING_SET)
})

test('a group that is not there is 404', async () => {
  const id = '00000000-0000-4000-8000-000000000000'
  const email = newEmail()
  await signedUp(server, email)
  expect((await groups.change(id, { name: 'x' })).status).toBe(404)
  expect((await groups.remove(id)).status).toBe(404)
  expect((await groups.put(email, id)).status).toBe(404)
})

const AT = '/api/admin/groups/00000000-0000-4000-8000-000000000000'

const REFUSALS: [method: string, path: string, body?: unknown][] = [
  ['POST', '/api/admin/groups', {}],
  ['POST', '/api/admin/groups', { name: ' ' }],
  ['POST', '/api/admin/groups', { name: 'x'.repeat(101) }],
  ['POST', '/api/admin/groups', { name: 'x', color: 'red' }],
  ['POST', '/api/admin/groups', { name: 'x', limits: { runsAtOnce: 0 } }],
  ['POST', '/api/admin/groups', { name: 'x', limits: { runsAtOnce: 1.5 } }],
  ['POST', '/api/admin/groups', { name: 'x', limits: { budget: -1 } }],
  ['POST', '/api/admin/groups', { name: 'x', limits: { budget: 0.000_000_1 } }],
  ['POST', '/api/admin/groups', { name: 'x', limits: { budget: 1e12 } }],
  ['POST', '/api/admin/groups', { name: 'x', limits: { size: 1 } }],
  ['PATCH', AT, {}],
  ['PATCH', AT, { name: '' }],
  ['PATCH', '/api/admin/groups/x', { name: 'x' }],
  ['DELETE', '/api/admin/groups/x'],
  ['PATCH', '/api/admin/accounts/00000000-0000-4000-8000-000000000000', { groupId: 'x' }],
]

test.each(REFUSALS)('%s %s is refused: %j', async (method, path, body) => {
  const answer = await admin.call(method, path, { body })
  expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST'])
})
