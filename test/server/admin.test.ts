import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type {
  AdminAssistantResponse,
  AdminOverviewResponse,
  AdminPeopleResponse,
  AuditResponse,
} from '../../src/protocol/admin/adminResponses.ts'
import { administrator, beside, operate, signedUp } from '../harness/administrator.ts'
import { finished, type TestClient } from '../harness/client.ts'
import { forAdministrators } from '../harness/everyRoute.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { groupCalls } from '../harness/groups.ts'
import { account, PASSWORD } from '../harness/person.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const ASSISTANT = `---
name: Riacho
---
Responda em português.
`

let upstream: Upstream
let folder: TestFolder
let server: TestServer
let admin: TestClient

beforeAll(async () => {
  upstream = await createUpstream()
  folder = await temporaryFolder()
  await writeFile(join(folder.path, 'riacho.md'), ASSISTANT)
  server = await startServer({
    upstream,
    settings: {
      TITLES: 'words',
      ADMIN_READS: 'true',
      ASSISTANTS_DIR: folder.path,
      MODEL_PRICES: 'test-model=1/2',
      BUDGET_PER_MONTH: '100',
      LIMIT_MESSAGES_PER_DAY: '1000',
    },
  })
  admin = await administrator(server)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
  await upstream.close()
})

const read = async <T>(path: string): Promise<T> => {
  const answer = await admin.get(path)
  expect(answer.status, answer.text).toBe(200)
  return JSON.parse(answer.text) as T
}
const peopleNamed = (email: string) => read<AdminPeopleResponse>(`/api/admin/people?email=${email}`)
const lastLine = async () => (await read<AuditResponse>('/api/admin/audit?limit=1')).lines[0]

async function accountIdOf(email: string): Promise<string> {
  return (await peopleNamed(email)).people[0]?.account?.id ?? ''
}

const change = async (email: string, body: object) =>
  admin.call('PATCH', `/api/admin/accounts/${await accountIdOf(email)}`, { body })

test('an overview counts each run once, and keeps what an erased owner used', async () => {
  const before = await read<AdminOverviewResponse>('/api/admin/overview?days=7')
  upstream.replyOnce({ tokens: ['Um', ' dois'], usage: { input: 30, output: 50 } })
  const client = server.client()
  await finished(client)
  upstream.replyOnce({ status: 401, body: '{"error":{"message":"no"}}' })
  await finished(client)
  const after = await read<AdminOverviewResponse>('/api/admin/overview?days=7')
  expect(after.runs.completed - before.runs.completed).toBe(1)
  expect(after.runs.failed - before.runs.failed).toBe(1)
  expect(after.failures).toContainEqual({ code: 'UPSTREAM_AUTH', runs: 1 })
  expect(after.tokens.input - before.tokens.input).toBe(30)
  expect(after.tokens.output - before.tokens.output).toBe(50)
  expect(after.cost.amount - before.cost.amount).toBeCloseTo((30 + 2 * 50) / 1_000_000, 9)
  expect(after.firstToken?.p50).toBeGreaterThan(0)
  expect(after.days).toHaveLength(7)
  expect(after.active).toEqual({ runs: 0, readers: 0 })
  expect(after.nodes).toHaveLength(onPostgres ? 1 : 0)
  if (onPostgres) expect(after.nodes[0]).toMatchObject({ isThis: true, address: null, activeRuns: 0 })
  await client.call('DELETE', '/api/chat/owner')
  const erased = await read<AdminOverviewResponse>('/api/admin/overview?days=7')
  expect(erased.runs).toEqual(after.runs)
  expect(server.rows('select * from ended_runs')).toEqual([])
})

test('of an erased owner no figure has the id, also if the runs were not counted yet', async () => {
  const client = server.client()
  await finished(client)
  const [row] = server.rows('select owner_id from ended_runs')
  expect(row?.['owner_id']).toEqual(expect.any(String))
  await client.call('DELETE', '/api/chat/owner')
  const id = String(row?.['owner_id'])
  expect(server.rows('select * from ended_runs where owner_id = ?', id)).toEqual([])
  await read('/api/admin/overview')
  expect(server.rows('select * from owner_months where owner_id = ?', id)).toEqual([])
})

test('people are listed page by page, each once, and by the beginning of an address', async () => {
  upstream.reply({ tokens: ['Oi'], usage: { input: 3, output: 4 } })
  const person = await signedUp(server, 'page1@example.com')
  await signedUp(server, 'page2@example.com')
  await finished(person)
  await finished(server.client())
  const all = await read<AdminPeopleResponse>('/api/admin/people')
  const found: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: AdminPeopleResponse = await read(
      `/api/admin/people?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    found.push(...page.people.map(({ ownerId }) => ownerId))
    cursor = page.nextCursor
  }
  expect(found).toEqual(all.people.map(({ ownerId }) => ownerId))
  expect(found).toEqual([...new Set(found)].toSorted().toReversed())
  const named = await peopleNamed('page')
  expect(named.people.map(each => each.account?.email)).toEqual(['page1@example.com', 'page2@example.com'])
  const first = await read<AdminPeopleResponse>('/api/admin/people?email=page&limit=1')
  const second: AdminPeopleResponse = await read(
    `/api/admin/people?email=page&limit=1&cursor=${first.nextCursor}`,
  )
  expect(second.people[0]?.account?.email).toBe('page2@example.com')
  expect(second.nextCursor).toBeNull()
  expect(named.people[0]).toMatchObject({
    kind: 'account',
    conversations: 1,
    tokens: 7,
    cost: { amount: 0.000011, currency: 'USD' },
    seenAt: expect.any(Number),
  })
  expect(all.people.filter(({ kind }) => kind === 'visitor').length).toBeGreaterThan(0)
})

test('what a visitor used goes to the account that the visitor signs in to', async () => {
  const email = 'moved@example.com'
  const person = await signedUp(server, email)
  upstream.reply({ tokens: ['Oi'], usage: { input: 10, output: 20 } })
  await finished(person)
  const visitor = server.client()
  await finished(visitor)
  await read('/api/admin/overview')
  await finished(visitor)
  expect((await account.signIn(visitor, email)).status).toBe(200)
  await expect
    .poll(async () => (await peopleNamed(email)).people[0], { timeout: 20_000 })
    .toMatchObject({ conversations: 3, tokens: 90 })
}, 30_000)

test('a disabled account is signed out at once and cannot sign in, until it is enabled', async () => {
  const email = 'disabled@example.com'
  const person = await signedUp(server, email)
  const { conversationId } = await finished(person)
  expect((await change(email, { isDisabled: true })).status).toBe(200)
  expect(await lastLine()).toMatchObject({
    action: 'account-disable',
    subjectEmail: email,
    actor: { email: 'admin@example.com' },
  })
  expect((await person.get(`/api/chat/conversations/${conversationId}`)).status).toBe(404)
  expect((await account.signIn(server.client(), email, PASSWORD)).status).toBe(401)
  expect((await change(email, { isDisabled: false })).status).toBe(200)
  expect((await lastLine())?.action).toBe('account-enable')
  expect((await account.signIn(server.client(), email, PASSWORD)).status).toBe(200)
})

test('a role is given and taken, and the last administrator keeps it', async () => {
  const email = 'role@example.com'
  const person = await signedUp(server, email)
  expect((await person.get('/api/admin/overview')).status).toBe(404)
  await change(email, { role: 'admin' })
  expect(await lastLine()).toMatchObject({ action: 'account-role', detail: 'member admin' })
  expect((await person.get('/api/admin/overview')).status).toBe(200)
  await change(email, { role: 'member' })
  expect((await person.get('/api/admin/overview')).status).toBe(404)
  const before = await lastLine()
  for (const body of [{ role: 'member' }, { isDisabled: true }]) {
    const answer = await change('admin@example.com', body)
    expect([answer.status, answer.body.code]).toEqual([409, 'LAST_ADMIN'])
  }
  expect(await lastLine()).toEqual(before)
  expect((await admin.get('/api/admin/overview')).status).toBe(200)
})

test('of two administrators who take the role from each other at once, one stays', async () => {
  const [one, other] = [
    await administrator(server, 'one@example.com'),
    await administrator(server, 'two@example.com'),
  ]
  await change('admin@example.com', { role: 'member' })
  const [oneId, otherId] = await operate(server, async operator => {
    const accounts = await operator.list()
    return ['one@example.com', 'two@example.com'].map(
      email => accounts.find(each => each.email === email)?.id,
    )
  })
  const demote = (by: TestClient, id: string | undefined) =>
    by.call('PATCH', `/api/admin/accounts/${id}`, { body: { role: 'member' } })
  await Promise.all([demote(one, otherId), demote(other, oneId)])
  expect(server.rows(`select email from accounts where role = 'admin'`)).toHaveLength(1)
  await operate(server, operator => operator.makeAdmin('admin@example.com'))
  for (const email of ['one@example.com', 'two@example.com']) await change(email, { role: 'member' })
})

test('an owner is signed out everywhere, and the sessions of others stay', async () => {
  const email = 'everywhere@example.com'
  const [person, other] = [await signedUp(server, email), server.client()]
  await account.signIn(other, email)
  const [found] = (await peopleNamed(email)).people
  const answer = await admin.call('DELETE', `/api/admin/people/${found?.ownerId}/sessions`)
  expect(answer.status).toBe(204)
  expect((await account.read(person)).body.account).toBeNull()
  expect((await account.read(other)).body.account).toBeNull()
  expect(await lastLine()).toMatchObject({
    action: 'sessions-revoke',
    subject: found?.ownerId,
    subjectEmail: email,
  })
  expect((await admin.get('/api/admin/overview')).status).toBe(200)
})

test('what the operator does by a command is in the audit, and no line can be changed', async () => {
  const email = 'operated@example.com'
  await signedUp(server, email)
  await operate(server, async operator => {
    await operator.invite('nobody@example.com')
    await operator.reset(email)
    await operator.disable(email)
    await operator.enable(email)
  })
  const { lines } = await read<AuditResponse>('/api/admin/audit?limit=4')
  expect(lines.map(({ action, actor, subjectEmail }) => [action, actor, subjectEmail])).toEqual([
    ['account-enable', null, email],
    ['account-disable', null, email],
    ['account-reset', null, email],
    ['account-invite', null, 'nobody@example.com'],
  ])
  // The address is looked up: no line has it.
  expect(JSON.stringify(server.rows('select * from audit'))).not.toContain('nobody@example.com')
  await beside(server, async ({ queries, write }) => {
    const before = await queries.selectFrom('audit').selectAll().execute()
    await expect(write('process', tx => tx.deleteFrom('audit').execute())).rejects.toThrow()
    await expect(write('process', tx => tx.updateTable('audit').set({ at: 0 }).execute())).rejects.toThrow()
    expect(await queries.selectFrom('audit').selectAll().execute()).toEqual(before)
  })
  const first = await read<AuditResponse>('/api/admin/audit?limit=1')
  const second = await read<AuditResponse>(`/api/admin/audit?limit=1&cursor=${first.nextCursor}`)
  expect(second.lines).toEqual([lines[1]])
})

test('limits are told with what all owners use', async () => {
  expect(await read('/api/admin/limits')).toEqual({
    limits: [
      {
        setting: 'LIMIT_MESSAGES_PER_DAY',
        bounds: 'person',
        limit: 1000,
        used: null,
        reserved: null,
        resetsAt: null,
      },
      {
        setting: 'BUDGET_PER_MONTH',
        bounds: 'all',
        limit: 100,
        used: expect.any(Number),
        reserved: 0,
        resetsAt: expect.any(Number),
        currency: 'USD',
      },
    ],
  })
})

const AT = '/api/admin/assistants/riacho'

test('an assistant is read, checked and saved, and counts from the next reply on', async () => {
  const file = await read<AdminAssistantResponse>(AT)
  expect(file).toEqual({ id: 'riacho', text: ASSISTANT, version: expect.any(String) })
  const wrong = '---\nname: Riacho\nmodel: a b\nheight: 3\n---\nOi'
  const checked = await admin.post(`${AT}/check`, { text: wrong })
  expect(JSON.parse(checked.text).problems).toEqual([
    'riacho.md:3: model: expected the name of a model',
    'riacho.md:4: height: not a field of an assistant',
  ])
  // What the limits need is checked as at the start.
  const unpriced = await admin.post(`${AT}/check`, {
    text: ASSISTANT.replace('name: Riacho', 'name: Riacho\nmodel: other'),
  })
  expect(JSON.parse(unpriced.text).problems).toEqual([expect.stringContaining('BUDGET_PER_MONTH')])
  const refused = await admin.call('PUT', AT, { body: { text: wrong, version: file.version } })
  expect([refused.status, refused.body.issues?.length]).toEqual([400, 2])
  expect(await readFile(join(folder.path, 'riacho.md'), 'utf8')).toBe(ASSISTANT)

  const gate = upstream.hold({ tokens: ['Um', ' dois'] })
  const client = server.client()
  await using running = await client.send({ content: 'Conte' })
  await gate.next()
  await running.untilText('Um')
  const text = ASSISTANT.replace('Responda em português.', 'Responda em versos.').replace('Riacho', 'Foz')
  const saved = await admin.call('PUT', AT, { body: { text, version: file.version } })
  expect(saved.status, saved.text).toBe(200)
  expect(await lastLine()).toMatchObject({ action: 'assistant-save', subject: 'riacho' })
  expect(await readFile(join(folder.path, 'riacho.md'), 'utf8')).toBe(text)
  gate.open()
  expect((await running.end()).status).toBe('completed')
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain('português')
  expect((await client.get('/api/chat/assistants')).body.assistants[0]?.name).toBe('Foz')
  upstream.reply({ tokens: ['Oi'] })
  await finished(client)
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain('versos')

  const late = await admin.call('PUT', AT, { body: { text: ASSISTANT, version: file.version } })
  expect([late.status, late.body.code]).toEqual([409, 'ASSISTANT_CHANGED'])
  const unknowing = await admin.call('PUT', AT, { body: { text: ASSISTANT } })
  expect([unknowing.status, unknowing.body.code]).toEqual([409, 'ASSISTANT_CHANGED'])
})

test('files that were changed on the server count once they are read again, and wrong ones change nothing', async () => {
  const list = async () => JSON.parse((await admin.get('/api/admin/assistants')).text)
  await writeFile(join(folder.path, 'foz.md'), ASSISTANT.replace('Riacho', 'Nascente'))
  expect((await list()).assistants).toHaveLength(1)
  const reloaded = await admin.post('/api/admin/assistant-reload')
  expect(JSON.parse(reloaded.text)).toEqual(await list())
  expect((await list()).assistants.map(({ id }: { id: string }) => id)).toEqual(['foz', 'riacho'])
  expect(await lastLine()).toMatchObject({ action: 'assistants-reload', subject: 'foz riacho' })
  await writeFile(join(folder.path, 'foz.md'), 'no front matter')
  const wrong = await admin.post('/api/admin/assistant-reload')
  expect([wrong.status, wrong.body.issues?.[0]]).toEqual([
    400,
    expect.stringMatching(/^foz\.md:1: no front matter/),
  ])
  expect(wrong.text).not.toContain(folder.path)
  expect((await list()).assistants).toHaveLength(2)
  await writeFile(join(folder.path, 'foz.md'), ASSISTANT)
  await admin.post('/api/admin/assistant-reload')
})

test('a new assistant is a new file', async () => {
  const answer = await admin.call('PUT', '/api/admin/assistants/novo', { body: { text: ASSISTANT } })
  expect(answer.status).toBe(200)
  expect(await readFile(join(folder.path, 'novo.md'), 'utf8')).toBe(ASSISTANT)
})

test('a provider is tested with one small reply, and no answer has its key', async () => {
  const test = () => admin.post('/api/admin/providers/openai/test', { model: 'test-model' })
  upstream.replyOnce({ tokens: ['ok'] })
  expect(JSON.parse((await test()).text)).toEqual({ code: null, took: expect.any(Number) })
  upstream.replyOnce({ status: 401, body: '{"error":{"message":"Incorrect API key provided: sk-test"}}' })
  const refused = await test()
  expect(JSON.parse(refused.text).code).toBe('UPSTREAM_AUTH')
  const state = await admin.get('/api/admin/providers')
  expect(JSON.parse(state.text).providers).toMatchObject([{ id: 'openai', models: ['test-model'] }])
  for (const { text } of [refused, state]) expect(text).not.toContain('sk-test')
  for (const [id, model] of [
    ['other', 'test-model'],
    ['openai', 'other'],
  ])
    expect((await admin.post(`/api/admin/providers/${id}/test`, { model })).status).toBe(404)
})

const REFUSALS: [method: string, path: string, body?: unknown][] = [
  ['GET', '/api/admin/overview?days=2'],
  ['GET', '/api/admin/overview?x=1'],
  ['GET', '/api/admin/people?limit=1000'],
  ['GET', '/api/admin/people?email='],
  ['GET', '/api/admin/people?name=x'],
  ['GET', '/api/admin/audit?limit=0'],
  ['GET', '/api/admin/audit?cursor=abc'],
  ['PATCH', '/api/admin/accounts/x', { isDisabled: true }],
  ['PATCH', '/api/admin/accounts/00000000-0000-4000-8000-000000000000', {}],
  ['PATCH', '/api/admin/accounts/00000000-0000-4000-8000-000000000000', { role: 'owner' }],
  ['DELETE', `/api/admin/people/${'x'.repeat(301)}/sessions`],
  ['GET', '/api/admin/assistants/A_B'],
  ['GET', '/api/admin/assistants/..%2F..%2Fetc'],
  ['POST', `${AT}/check`, {}],
  ['PUT', AT, { text: '' }],
  ['PUT', AT, { text: ASSISTANT, version: '' }],
  ['POST', '/api/admin/providers/openai/test', {}],
  ['POST', `/api/admin/providers/${'x'.repeat(65)}/test`, { model: 'x' }],
]

test.each(REFUSALS)('%s %s is refused', async (method, path, body) => {
  const answer = await admin.call(method, path, { body })
  expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST'])
})

test('an assistant whose file is gone is 404', async () => {
  expect((await admin.get('/api/admin/assistants/nobody')).status).toBe(404)
})

test('answers have exactly the fields that their schemas say', async () => {
  const { version } = await read<AdminAssistantResponse>(AT)
  const group = await groupCalls(admin).make('Vendas', { budget: 1 })
  await admin.post('/api/admin/invitations', { email: 'convidada@example.com' })
  const { conversationId } = await finished(server.client())
  const calls: Record<string, [method: string, path: string, body?: object]> = {
    adminOverview: ['GET', '/api/admin/overview'],
    adminPeople: ['GET', '/api/admin/people'],
    adminChangeAccount: [
      'PATCH',
      `/api/admin/accounts/${await accountIdOf('admin@example.com')}`,
      { isDisabled: false },
    ],
    adminLimits: ['GET', '/api/admin/limits'],
    adminAudit: ['GET', '/api/admin/audit'],
    adminAssistants: ['GET', '/api/admin/assistants'],
    adminReadAssistant: ['GET', AT],
    adminCheckAssistant: ['POST', `${AT}/check`, { text: ASSISTANT }],
    adminSaveAssistant: ['PUT', AT, { text: ASSISTANT, version }],
    adminReloadAssistants: ['POST', '/api/admin/assistant-reload'],
    adminProviders: ['GET', '/api/admin/providers'],
    adminToolServers: ['GET', '/api/admin/tool-servers'],
    adminGroups: ['GET', '/api/admin/groups'],
    adminInvitations: ['GET', '/api/admin/invitations'],
    adminChangeGroup: ['PATCH', `/api/admin/groups/${group.id}`, { limits: { runsAtOnce: 2 } }],
    adminReadConversation: ['POST', `/api/admin/conversations/${conversationId}/read`],
    adminTestProvider: ['POST', '/api/admin/providers/openai/test', { model: 'test-model' }],
  }
  for (const { docs } of forAdministrators) {
    const schema = docs?.answers[200]
    if (!docs || !(schema instanceof z.ZodType)) continue
    const [method, path, body] = calls[docs.operation] ?? expect.fail(docs.operation)
    const answer = await admin.call(method, path, { body })
    const given = JSON.parse(answer.text)
    expect(schema.parse(given), docs.operation).toEqual(given)
  }
})
