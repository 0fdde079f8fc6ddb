import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiKeyListResponse } from '../../src/protocol/responses.ts'
import { hashOf } from '../../src/server/access/sessionToken.ts'
import { setDisabled } from '../../src/server/database/accounts/accounts.ts'
import type { Route } from '../../src/server/http/defineRoute.ts'
import { ADAPTERS, type ServedRiacho } from '../harness/adapters.ts'
import { beside } from '../harness/administrator.ts'
import { makeKey } from '../harness/apiKey.ts'
import { type Answer, finished, TestClient } from '../harness/client.ts'
import { forEverybody } from '../harness/everyRoute.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { account } from '../harness/person.ts'
import { startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const HOST = { HOST_TOKEN_SECRET: SECRET, HOST_TOKEN_AUDIENCE: AUDIENCE }
const KEYS = { API_KEYS: 'true', TITLES: 'words', RATE_LIMIT_PER_MINUTE: '0' }
const DAY = 24 * 60 * 60_000

let upstream: Upstream

beforeAll(async () => {
  upstream = await createUpstream()
  upstream.reply({ tokens: ['Oi'] })
})

afterAll(() => upstream.close())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const forged = () => `rk_${randomBytes(32).toString('base64url')}`
const codeOf = ({ status, body }: Answer) => [status, body?.code]

async function keysOf(owner: TestClient): Promise<ApiKeyListResponse> {
  const { status, text } = await owner.get('/api/chat/keys')
  expect(status).toBe(200)
  return JSON.parse(text) as ApiKeyListResponse
}

const revoke = (owner: TestClient, id: string) => owner.call('DELETE', `/api/chat/keys/${id}`)

/** Everything that an answer says, except what is specific to this one request. */
function plain({ status, headers, text }: Answer) {
  const { date: _, ...kept } = headers
  return { status, kept, body: text === '' ? '' : { ...JSON.parse(text), requestId: '' } }
}

/** A request to a route, about ids that belong to nobody. */
const askRoute = (client: TestClient, { method, path }: Route, headers: Record<string, string>) =>
  client.call(method, path.replace(/:\w+/g, randomUUID()), { headers })

describe.each(Object.entries(ADAPTERS))('%s', (_, adapter) => {
  let server: ServedRiacho
  let owner: TestClient
  const program = () => new TestClient(server.url)

  beforeAll(async () => {
    server = await adapter({ upstream, settings: { ...KEYS, ...HOST } })
    owner = new TestClient(server.url)
  })

  afterAll(() => server[Symbol.asyncDispose]())

  test('a key acts for its owner, and neither needs nor gets a cookie', async () => {
    const { conversationId } = await finished(owner)
    const { headers } = await makeKey(owner)
    const client = program()
    const read = await client.get(`/api/chat/conversations/${conversationId}`, headers)
    expect([read.status, read.headers['set-cookie'], read.headers['riacho-owner']]).toEqual([
      200,
      undefined,
      undefined,
    ])
    await using live = await client.send({ content: 'Do script', conversationId }, headers)
    expect((await live.end()).status).toBe('completed')
    const { body } = await owner.get(`/api/chat/conversations/${conversationId}`)
    expect(body.messages).toHaveLength(4)
  })

  test('the key decides, whatever cookie comes with it', async () => {
    const other = new TestClient(server.url)
    const { conversationId } = await finished(other)
    const { headers } = await makeKey(owner)
    const { status } = await other.get(`/api/chat/conversations/${conversationId}`, headers)
    expect(status).toBe(404)
    expect((await other.get('/api/chat/conversations', bearer(forged()))).status).toBe(401)
  })

  const closed = ['GET', 'POST', 'DELETE'].map(method => `${method} /api/chat/keys`)
  test('no key is good for sessions, keys, accounts, or the erasure of its owner', async () => {
    const { headers } = await makeKey(owner)
    const refused = forEverybody.filter(({ access, keyScope }) => access !== 'anybody' && !keyScope)
    const ofAccounts = refused.filter(({ path }) => path.startsWith('/api/chat/account'))
    expect(refused.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      [
        'DELETE /api/chat/owner',
        'DELETE /api/chat/conversations/:id/read-notice',
        'DELETE /api/chat/sessions',
        'POST /api/chat/runs/:runId/questions/:questionId/sign-in',
        'GET /api/chat/tool-servers',
        'GET /api/chat/tool-servers/callback',
        'DELETE /api/chat/tool-servers/:name/sign-in',
        'DELETE /api/chat/sessions/:sessionId',
        'GET /api/chat/sessions',
        'GET /api/chat/retention',
        'PUT /api/chat/retention',
        ...ofAccounts.map(({ method, path }) => `${method} ${path}`),
        ...closed.map(route => route.replace('DELETE /api/chat/keys', 'DELETE /api/chat/keys/:keyId')),
      ].sort(),
    )
    expect(ofAccounts.length).toBeGreaterThan(10)
    for (const route of refused) {
      const answer = await askRoute(program(), route, headers)
      expect(codeOf(answer), route.path).toEqual([403, 'KEY_NOT_ALLOWED'])
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
    expect((await keysOf(owner)).keys.length).toBeGreaterThan(0)
  })

  test('a key for reading is good for every read, and for no write', async () => {
    const [read, write] = [await makeKey(owner, { scope: 'read' }), await makeKey(owner)]
    for (const route of forEverybody.filter(({ keyScope }) => keyScope)) {
      const isRead = route.method === 'GET'
      const [byRead, byWrite] = [
        await askRoute(program(), route, read.headers),
        await askRoute(program(), route, write.headers),
      ]
      expect(codeOf(byRead)[1] === 'KEY_NOT_ALLOWED', route.path).toBe(!isRead)
      expect([401, 403], route.path).not.toContain(byWrite.status)
    }
  })

  test('a forged, revoked or ended key gets what a wrong host token gets, on every route', async () => {
    const made = await makeKey(owner)
    expect((await program().get('/api/chat/conversations', made.headers)).status).toBe(200)
    expect((await revoke(owner, made.key.id)).status).toBe(204)
    const wrong = [made.secret, forged(), 'rk_', 'rk_x', `${made.secret}x`, hashOf(made.secret)]
    for (const route of forEverybody.filter(({ access }) => access !== 'anybody' && access !== 'guest')) {
      const expected = plain(await askRoute(program(), route, bearer('no.host.token')))
      expect(expected.status, route.path).toBe(401)
      for (const token of wrong)
        expect(plain(await askRoute(program(), route, bearer(token))), route.path).toEqual(expected)
    }
  })

  test('host tokens are taken beside keys, and whom a host vouches for makes none', async () => {
    const ana = bearer(await signWithSecret(claims()))
    const client = program()
    expect((await client.get('/api/chat/conversations', ana)).status).toBe(200)
    expect((await client.get('/api/chat/keys', ana)).body).toEqual({ keys: [], most: 0 })
    const made = await client.post('/api/chat/keys', { name: 'x', scope: 'read' }, ana)
    expect(codeOf(made)).toEqual([409, 'TOO_MANY_KEYS'])
  })

  test('a stream that a key opened ends when the key is revoked, and the run goes on', async () => {
    const gate = upstream.hold({ tokens: ['Um', ' dois'] })
    const { key, headers } = await makeKey(owner)
    await using live = await program().send({ content: 'Conte' }, headers)
    await using many = await owner.follow(live.start.runId)
    await gate.next()
    await live.untilText('Um')
    await revoke(owner, key.id)
    await live.closed
    expect(live.raw).not.toContain('run-end')
    gate.open()
    expect((await many.end()).status).toBe('completed')
    const path = `/api/chat/runs/${live.start.runId}/events`
    expect((await program().get(path, headers)).status).toBe(401)
  })
})

test('the secret is told once, and only its hash is stored', async () => {
  await using server = await startServer({ settings: KEYS })
  const owner = server.client()
  const { key, secret } = await makeKey(owner, { name: ' Relatório ', scope: 'read', days: 7 })
  expect(secret).toMatch(/^rk_[\w-]{43}$/)
  const listed = await keysOf(owner)
  expect(listed).toEqual({ keys: [key], most: 20 })
  expect(key).toMatchObject({ name: 'Relatório', scope: 'read', usedAt: null })
  expect(key.expiresAt - key.createdAt).toBe(7 * DAY)
  const [row] = server.rows('select * from api_keys')
  expect(row?.['token_hash']).toBe(hashOf(secret))
  expect(JSON.stringify(row)).not.toContain(secret.slice(3))
})

test('the first use of a key is stored, and shown to its owner', async () => {
  await using server = await startServer({ settings: KEYS })
  const owner = server.client()
  const { headers, key } = await makeKey(owner)
  await server.client().get('/api/chat/conversations', headers)
  await expect.poll(async () => (await keysOf(owner)).keys[0]?.usedAt).toBeGreaterThanOrEqual(key.createdAt)
})

// On PostgreSQL the time is that of the database, which no test can move.
test.skipIf(onPostgres)('a key ends by itself', async () => {
  const clock = createShiftedClock()
  await using server = await startServer({ settings: KEYS, clock })
  const owner = server.client()
  const { headers } = await makeKey(owner, { days: 1 })
  const status = async () => (await server.client().get('/api/chat/conversations', headers)).status
  clock.shift(DAY - 60_000)
  expect(await status()).toBe(200)
  clock.shift(60_000)
  expect(await status()).toBe(401)
  expect((await keysOf(owner)).keys).toEqual([])
})

test('an owner has 20 keys at most, also if 30 requests come at once, and may replace one', async () => {
  await using server = await startServer({ settings: KEYS })
  const owner = server.client()
  await keysOf(owner)
  const make = () => owner.tab().post('/api/chat/keys', { name: 'x', scope: 'read' })
  const made = await Promise.all(Array.from({ length: 30 }, make))
  expect(made.filter(({ status }) => status === 201)).toHaveLength(20)
  expect(made.filter(answer => codeOf(answer)[1] === 'TOO_MANY_KEYS')).toHaveLength(10)
  const { keys } = await keysOf(owner)
  await revoke(owner, keys[0]?.id ?? '')
  expect((await make()).status).toBe(201)
  expect((await makeKey(server.client())).key.name).toBe('Relatório')
})

test("another owner's key is as unknown as one that does not exist", async () => {
  await using server = await startServer({ settings: KEYS })
  const [owner, other] = [server.client(), server.client()]
  const { key } = await makeKey(owner)
  expect((await keysOf(other)).keys).toEqual([])
  const [foreign, unknown] = [await revoke(other, key.id), await revoke(other, randomUUID())]
  expect(codeOf(foreign)).toEqual([404, 'NOT_FOUND'])
  expect(plain(foreign)).toEqual(plain(unknown))
  expect((await keysOf(owner)).keys).toEqual([key])
})

test('an erasure ends the keys of the owner, and leaves none of their names', async () => {
  await using server = await startServer({ upstream, settings: KEYS })
  const [owner, other] = [server.client(), server.client()]
  const { headers } = await makeKey(owner, { name: 'Minha planilha' })
  const kept = await makeKey(other)
  const { cookie } = owner
  const client = server.client()
  expect((await client.get('/api/chat/conversations', headers)).status).toBe(200)
  expect((await owner.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect((await client.get('/api/chat/conversations', headers)).status).toBe(401)
  expect((await client.post('/api/chat/conversations', {}, headers)).status).toBe(401)
  // The browser may have sent it before it got the answer of the erasure.
  owner.cookie = cookie
  expect(codeOf(await owner.post('/api/chat/keys', { name: 'x', scope: 'read' }))).toEqual([404, 'NOT_FOUND'])
  expect((await client.get('/api/chat/conversations', kept.headers)).status).toBe(200)
  const names = server.rows('select name from api_keys order by name').map(({ name }) => name)
  expect(names).toEqual(['', 'Relatório'])
})

test('where keys are off, none can be made or used, and one that was made can be revoked', async () => {
  await using server = await startServer({ settings: { ...KEYS, API_KEYS: 'false' } })
  const owner = server.client()
  expect(await keysOf(owner)).toEqual({ keys: [], most: 0 })
  const made = await owner.post('/api/chat/keys', { name: 'x', scope: 'read' })
  expect(codeOf(made)).toEqual([409, 'TOO_MANY_KEYS'])
  const answer = await server.client().get('/api/chat/conversations', bearer(forged()))
  expect([answer.status, answer.headers['riacho-owner']]).toEqual([200, 'new'])
})

test('the requests of a key count for its owner', async () => {
  await using server = await startServer({ upstream, settings: { ...KEYS, LIMIT_MESSAGES_PER_DAY: '1' } })
  const owner = server.client()
  const { headers } = await makeKey(owner)
  await finished(owner)
  const client = server.client()
  const answer = await client.post('/api/chat/send', { content: 'Mais uma' }, headers)
  expect(codeOf(answer)).toEqual([429, 'LIMIT_REACHED'])
  const limits = await client.get('/api/chat/limits', headers)
  expect(limits.body).toMatchObject({ limits: [{ kind: 'messages', used: 1 }] })
})

test('the script of docs/api-keys.md writes a whole reply, over connections that are cut in the middle of an event', async () => {
  await using server = await startServer({ upstream, settings: KEYS })
  await using folder = await temporaryFolder()
  const owner = server.client()
  const { secret } = await makeKey(owner)
  const tokens = Array.from({ length: 60 }, (_, index) => ` palavra${index}`)
  upstream.replyOnce({ tokens, delayMs: 5 })
  await using proxy = await createFaultProxy(Number(new URL(server.url).port), { cutAfter: 2500 })
  const [, script = ''] = /```sh\n([\s\S]*?)```/.exec(readFileSync('docs/api-keys.md', 'utf8')) ?? []
  const env = { ...process.env, RIACHO_URL: proxy.url, RIACHO_KEY: secret }
  const child = spawn('sh', ['-c', script], { cwd: folder.path, env, stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  const text = [...readFileSync(join(folder.path, 'reply.txt'), 'utf8').matchAll(/^data: ({"content".*})$/gm)]
    .map(([, data]) => JSON.parse(data ?? '').content)
    .join('')
  expect(text).toBe(tokens.join(''))
  expect(proxy.connections.length).toBeGreaterThan(1)
})

test('a page of a named origin may call with a key', async () => {
  const origin = 'https://painel.example'
  await using server = await startServer({ settings: { ...KEYS, ...HOST, CORS_ORIGINS: origin } })
  const { headers } = await makeKey(server.client())
  const client = server.client()
  const answer = await client.post('/api/chat/conversations', {}, { ...headers, origin })
  expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([201, origin])
  const other = await client.post(
    '/api/chat/conversations',
    {},
    { ...headers, origin: 'https://outra.example' },
  )
  expect(codeOf(other)).toEqual([403, 'FORBIDDEN'])
})

test('rows of ended keys go after a week', async () => {
  const clock = createShiftedClock()
  await using server = await startServer({ settings: KEYS, clock })
  const owner = server.client()
  const { key } = await makeKey(owner)
  await revoke(owner, key.id)
  await makeKey(owner)
  const ageAll = `update api_keys set revoked_at = revoked_at - ${8 * DAY} where revoked_at is not null`
  if (onPostgres) server.rows(ageAll)
  clock.shift(8 * DAY)
  await expect.poll(() => server.rows('select id from api_keys')).toHaveLength(1)
})

test('where only accounts may come in, the key of a visitor is as a wrong one, and that of an account is good', async () => {
  await using folder = await temporaryFolder()
  const of: Record<string, Record<string, string>> = {}
  let cookie: string | undefined
  {
    await using server = await startServer({ folder, settings: KEYS })
    const [visitor, person] = [server.client(), server.client()]
    expect((await account.signUp(person, { email: 'ana@example.com' })).status).toBe(201)
    cookie = person.cookie
    of['visitor'] = (await makeKey(visitor)).headers
    of['person'] = (await makeKey(person)).headers
  }
  await using server = await startServer({ folder, settings: { ...KEYS, ACCESS: 'invite' } })
  const ask = (headers = {}) => server.client().get('/api/chat/conversations', headers)
  expect(plain(await ask(of['visitor']))).toEqual(plain(await ask(bearer(forged()))))
  expect((await ask(of['person'])).status).toBe(200)
  const person = server.client()
  person.cookie = cookie
  expect((await keysOf(person)).keys).toHaveLength(1)
})

test('the keys of a visitor end when the visitor signs in to another account', async () => {
  await using server = await startServer({ upstream, settings: KEYS })
  const [person, visitor] = [server.client(), server.client()]
  await account.signUp(person, { email: 'ana@example.com' })
  const { headers } = await makeKey(visitor)
  expect((await server.client().get('/api/chat/conversations', headers)).status).toBe(200)
  expect((await account.signIn(visitor, 'ana@example.com')).status).toBe(200)
  await expect
    .poll(async () => (await server.client().get('/api/chat/conversations', headers)).status)
    .toBe(401)
  expect((await keysOf(visitor)).keys).toEqual([])
})

test('whoever was let in before an account was disabled makes no key afterwards', async () => {
  await using server = await startServer({ settings: KEYS })
  const person = server.client()
  await account.signUp(person, { email: 'ana@example.com' })
  const { id, owner_id: ownerId } = server.rows('select id, owner_id from accounts')[0] ?? {}
  await beside(server, async database => {
    await database.writeFor(String(ownerId), 'power', queries =>
      setDisabled(queries, { id: String(id), at: Date.now() }),
    )
  })
  // The session was not revoked, as if the request had been under way.
  expect(codeOf(await person.post('/api/chat/keys', { name: 'x', scope: 'read' }))).toEqual([
    404,
    'NOT_FOUND',
  ])
  expect(server.rows('select id from api_keys')).toEqual([])
})
