import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { SessionListResponse } from '../../src/protocol/responses.ts'
import { ADAPTERS } from '../harness/adapters.ts'
import { type Answer, finished, readersOf, TestClient, tokenHashIn } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { SECRETS, signedCookie } from '../harness/signedCookie.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { createUpstream } from '../upstream/upstream.ts'

/** One owner in two browsers, whose cookies an earlier version signed with two secrets. */
function twoBrowsers({ url }: { url: string }): [TestClient, TestClient] {
  const ownerId = randomUUID()
  const [one, other] = [new TestClient(url), new TestClient(url)]
  one.cookie = signedCookie(ownerId)
  other.cookie = signedCookie(ownerId, SECRETS.SESSION_SECRET_OLD)
  return [one, other]
}

async function sessionsOf(client: TestClient): Promise<SessionListResponse['sessions']> {
  const { status, text } = await client.get('/api/chat/sessions')
  expect(status).toBe(200)
  return (JSON.parse(text) as SessionListResponse).sessions
}

const revoke = (client: TestClient, id = '') => client.call('DELETE', `/api/chat/sessions${id && `/${id}`}`)

/** Everything that an answer says, except what is specific to this one request. */
function plain({ status, headers, text }: Answer) {
  const { date: _, 'set-cookie': setCookie, ...kept } = headers
  const body = text === '' ? '' : { ...JSON.parse(text), requestId: '' }
  return { status, kept, body, setCookie: String(setCookie).replace(/=[\w-]{43};/, '=…;') }
}

test('a session is listed with its browser, and says which one asks', async () => {
  await using server = await startServer({ settings: SECRETS })
  const [one, other] = twoBrowsers(server)
  await one.get('/api/chat/conversations', { 'user-agent': 'Firefox' })
  await other.get('/api/chat/conversations', { 'user-agent': 'Safari' })
  const listed = await sessionsOf(one)
  const found = listed.map(({ device, isCurrent }) => ({ device, isCurrent }))
  expect(found).toContainEqual({ device: 'Firefox', isCurrent: true })
  expect(found).toContainEqual({ device: 'Safari', isCurrent: false })
  expect(Object.keys(listed[0] ?? {}).sort()).toEqual(['createdAt', 'device', 'id', 'isCurrent', 'usedAt'])
  expect(await sessionsOf(server.client())).toMatchObject([{ isCurrent: true }])
})

test('a revoked session is a stranger from then on, whatever it asks', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['Oi'] })
  await using server = await startServer({ upstream, settings: SECRETS })
  const [one, other] = twoBrowsers(server)
  const { conversationId, runId } = await finished(one)
  const path = `/api/chat/conversations/${conversationId}`
  expect((await other.get(path)).status).toBe(200)
  const [thief] = (await sessionsOf(one)).filter(({ isCurrent }) => !isCurrent)
  expect((await revoke(one, thief?.id)).status).toBe(204)
  const revoked = other.cookie
  for (const [method, asked] of [
    ['GET', path],
    ['PATCH', path],
    ['DELETE', path],
    ['GET', `/api/chat/runs/${runId}/events`],
    ['POST', `/api/chat/runs/${runId}/stop`],
    ['GET', '/api/chat/conversations'],
    ['DELETE', '/api/chat/sessions'],
    ['GET', '/'],
  ] as const) {
    const [client, stranger] = [server.client(), server.client()]
    client.cookie = revoked
    const call = method === 'PATCH' ? { body: { title: 'Meu' } } : {}
    expect(plain(await client.call(method, asked, call))).toEqual(
      plain(await stranger.call(method, asked, call)),
    )
  }
  expect((await one.get(path)).body.messages).toHaveLength(2)
  expect(await sessionsOf(one)).toMatchObject([{ isCurrent: true }])
})

test('forged, ended and revoked tokens get what a stranger gets', async () => {
  await using server = await startServer({ settings: SECRETS })
  const [one, other] = twoBrowsers(server)
  for (const client of [one, other]) await client.get('/api/chat/conversations')
  await revoke(one)
  const stranger = plain(await server.client().get('/api/chat/conversations'))
  for (const cookie of [
    other.cookie,
    `riacho_session=${'A'.repeat(43)}`,
    `riacho_session=${tokenHashIn(one.cookie)}`,
    'riacho_session=',
    signedCookie(randomUUID(), 'another secret of thirty-two characters'),
  ]) {
    const client = server.client()
    client.cookie = cookie
    expect(plain(await client.get('/api/chat/conversations'))).toEqual(stranger)
  }
})

test("another owner's session is as unknown as one that does not exist", async () => {
  await using server = await startServer()
  const [owner, other] = [server.client(), server.client()]
  const [session] = await sessionsOf(owner)
  await sessionsOf(other)
  const [foreign, unknown] = [await revoke(other, session?.id), await revoke(other, randomUUID())]
  expect([foreign.status, foreign.body.code]).toEqual([404, 'NOT_FOUND'])
  expect(plain(foreign)).toEqual(plain(unknown))
  expect(await sessionsOf(owner)).toMatchObject([{ id: session?.id }])
})

test('a person whom a host vouches for has no session', async () => {
  const settings = { HOST_TOKEN_SECRET: SECRET, HOST_TOKEN_AUDIENCE: AUDIENCE }
  await using server = await startServer({ settings })
  const authorization = `Bearer ${await signWithSecret(claims())}`
  const person = server.client()
  expect((await person.get('/api/chat/sessions', { authorization })).body).toEqual({ sessions: [] })
  const call = { headers: { authorization } }
  expect((await person.call('DELETE', `/api/chat/sessions/${randomUUID()}`, call)).status).toBe(404)
  expect((await person.call('DELETE', '/api/chat/sessions', call)).status).toBe(204)
})

test('signing out here leaves the cookie, and the next request is somebody new', async () => {
  await using server = await startServer()
  const client = server.client()
  const [session] = await sessionsOf(client)
  const { status, headers } = await revoke(client, session?.id)
  expect([status, headers['set-cookie']]).toEqual([204, undefined])
  expect((await client.get('/api/chat/conversations')).headers['riacho-owner']).toBe('new')
})

test('all others are signed out, and nobody is by a request that proves nobody', async () => {
  await using server = await startServer({ settings: SECRETS })
  const [one, other] = twoBrowsers(server)
  for (const client of [one, other]) await client.get('/api/chat/conversations')
  const nobody = await revoke(server.client())
  expect([nobody.status, nobody.headers['set-cookie']]).toEqual([204, undefined])
  expect(await sessionsOf(one)).toHaveLength(2)
  expect((await revoke(one)).status).toBe(204)
  expect(await sessionsOf(one)).toMatchObject([{ isCurrent: true }])
  expect((await other.get('/api/chat/conversations')).headers['riacho-owner']).toBe('new')
})

test.each(Object.entries(ADAPTERS))(
  'the streams of a revoked session end without an end of the run, and the run goes on: %s',
  async (_, serve) => {
    await using upstream = await createUpstream()
    const gate = upstream.hold({ tokens: ['Um', ' rio', ' corre'] })
    await using server = await serve({ upstream, settings: SECRETS })
    const [one, other] = twoBrowsers(server)
    await using stream = await one.send({ content: 'Oi' })
    const { runId, conversationId } = stream.start
    await using followed = await other.follow(runId)
    await using many = await other.followMany([{ runId, seq: 0 }])
    await gate.next()
    for (const reader of [stream, followed, many]) await reader.untilText('Um')
    expect((await revoke(one)).status).toBe(204)
    await Promise.all([followed.closed, many.closed])
    for (const reader of [followed, many]) expect(reader.raw).not.toContain('run-end')
    await using again = await other.follow(runId)
    expect(again.status).toBe(404)
    gate.open()
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    expect((await one.get(`/api/chat/conversations/${conversationId}`)).body.messages).toHaveLength(2)
    await expect.poll(() => readersOf(one)).toBe(0)
  },
)

/** The time of PostgreSQL is its own. */
test.skipIf(onPostgres)(
  'a session that nobody uses goes after 30 days if its owner has nothing',
  async () => {
    const clock = createShiftedClock()
    await using server = await startServer({ clock })
    const [keeps, empty] = [server.client(), server.client()]
    await keeps.post('/api/chat/conversations', {})
    await empty.get('/api/chat/conversations')
    clock.shift(31 * 24 * 60 * 60_000)
    await expect
      .poll(() => server.rows('select token_hash as hash from sessions'))
      .toEqual([{ hash: tokenHashIn(keeps.cookie) }])
  },
)

test('an erasure ends every session of its owner, and leaves nothing of their browsers', async () => {
  await using server = await startServer({ settings: SECRETS })
  const [one, other] = twoBrowsers(server)
  for (const client of [one, other])
    await client.post('/api/chat/conversations', {}, { 'user-agent': 'Firefox' })
  const [cookie, hash] = [other.cookie, tokenHashIn(other.cookie)]
  expect((await one.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect((await other.get('/api/chat/conversations')).headers['riacho-owner']).toBe('new')
  const late = server.client()
  late.cookie = cookie
  const refused = await late.post('/api/chat/conversations', {})
  expect([refused.status, refused.headers['set-cookie']]).toEqual([404, undefined])
  expect(server.rows('select device, is_kept from sessions where token_hash = ?', hash)).toEqual([
    { device: '', is_kept: 0 },
  ])
})

test('a visitor who came with a signed cookie keeps the conversations, also after an upgrade and a page', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['Oi'] })
  await using folder = await temporaryFolder()
  const ownerId = randomUUID()
  const client = await (async () => {
    await using server = await startServer({ upstream, settings: SECRETS, folder })
    const before = server.client()
    before.cookie = signedCookie(ownerId)
    await finished(before)
    return before
  })()
  await using server = await startServer({ upstream, settings: SECRETS, folder, hasPages: true })
  const later = server.client()
  later.cookie = client.cookie
  const page = await later.get('/')
  expect(page.headers['set-cookie']?.[0]).toMatch(/^riacho_session=[\w-]{43};/)
  expect(later.cookie).not.toContain('.')
  expect((await later.get('/api/chat/conversations')).body.conversations).toHaveLength(1)
  expect(server.rows('select distinct owner_id from sessions')).toEqual([{ owner_id: ownerId }])
})
