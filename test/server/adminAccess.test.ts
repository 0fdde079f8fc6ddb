import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADAPTERS } from '../harness/adapters.ts'
import { administrator, operate, signedUp } from '../harness/administrator.ts'
import { type Answer, TestClient } from '../harness/client.ts'
import { forAdministrators, lasting, requestTo, unknownIds } from '../harness/everyRoute.ts'
import { account } from '../harness/person.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const HOST = { HOST_TOKEN_SECRET: SECRET, HOST_TOKEN_AUDIENCE: AUDIENCE }
const APP = 'https://app.example'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

let upstream: Upstream
let server: TestServer
let admin: TestClient

beforeAll(async () => {
  upstream = await createUpstream()
  const settings = { TITLES: 'words', CORS_ORIGINS: APP, API_KEYS: 'true', ADMIN_READS: 'true', ...HOST }
  server = await startServer({ upstream, settings, hasPages: true })
  admin = await administrator(server)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

type Asker = (method: string, path: string, body?: unknown) => Promise<Answer>

const by =
  (client: TestClient, headers: Record<string, string> = {}): Asker =>
  (method, path, body) =>
    client.call(method, path, { headers, body })

const bearer = (token: string) => by(server.client(), { authorization: `Bearer ${token}` })

async function visitor(): Promise<TestClient> {
  const client = server.client()
  await client.get('/api/chat/conversations')
  return client
}

let members = 0
const newEmail = () => `member${++members}@example.com`

async function demoted(): Promise<TestClient> {
  const email = newEmail()
  const client = await administrator(server, email)
  const { people } = JSON.parse((await admin.get(`/api/admin/people?email=${email}`)).text)
  await admin.call('PATCH', `/api/admin/accounts/${people[0].account.id}`, { body: { role: 'member' } })
  return client
}

async function disabled(): Promise<TestClient> {
  const email = newEmail()
  const client = await administrator(server, email)
  await operate(server, operator => operator.disable(email))
  return client
}

async function signedOut(): Promise<TestClient> {
  const client = await administrator(server, newEmail())
  const before = client.tab()
  await account.signOut(client)
  return before
}

async function keyOf(client: TestClient): Promise<string> {
  const { text } = await client.post('/api/chat/keys', { name: 'CI', scope: 'write' })
  return /rk_[\w-]+/.exec(text)?.[0] ?? expect.fail(text)
}

/** Everybody who is no administrator. */
const STRANGERS: Record<string, () => Asker | Promise<Asker>> = {
  'nobody yet': () => by(server.client()),
  'a visitor': async () => by(await visitor()),
  'a member': async () => by(await signedUp(server, newEmail())),
  'an administrator that was': async () => by(await demoted()),
  'a disabled administrator': async () => by(await disabled()),
  'an administrator who signed out': async () => by(await signedOut()),
  'a forged token': () => by(Object.assign(server.client(), { cookie: `riacho_session=${'A'.repeat(43)}` })),
  'an API key of an administrator': async () => bearer(await keyOf(admin)),
  'a person of a host': async () => bearer(await signWithSecret(claims())),
  'a person of a host with the cookie of an administrator': async () =>
    by(admin.tab(), { authorization: `Bearer ${await signWithSecret(claims())}` }),
  'a wrong token of a host': () => bearer('x'),
  'the page of another origin': () => by(server.client(), { origin: APP, authorization: 'Bearer x' }),
}

/** The same path, but for one letter. */
const unknown = (path: string) => path.replace('/admin', '/admim')

/** An answer without what differs each time, and without the limit of the path. */
const seen = (answer: Answer) => {
  const { date: _, etag: __, ...headers } = answer.headers
  const length = headers['content-length']
  return { ...lasting(answer, unknownIds()), headers: { ...headers, 'content-length': length } }
}

describe.each(Object.entries(STRANGERS))('%s', (_, open) => {
  test('gets exactly the answer of an unknown path on each path of administrators, by every method', async () => {
    const ask = await open()
    for (const route of forAdministrators) {
      const { path, body } = requestTo(route, unknownIds())
      for (const method of METHODS)
        for (const sent of ['POST', 'PUT', 'PATCH'].includes(method)
          ? [body, undefined, '{', {}]
          : [undefined]) {
          const answer = await ask(method, path, sent)
          expect(seen(answer), `${method} ${path}`).toEqual(seen(await ask(method, unknown(path), sent)))
          expect(answer.status).toBe(404)
        }
    }
  })

  test.each(['/admin', '/admin/people', '/admin/nothing'])(
    'gets the page of an unknown path at %s',
    async path => {
      const ask = await open()
      for (const method of METHODS) {
        const answer = await ask(method, path)
        expect(seen(answer), method).toEqual(seen(await ask(method, unknown(path))))
        expect(answer.status).toBe(404)
      }
    },
  )
})

test('a preflight of a named origin tells nothing of these paths', async () => {
  const headers = { origin: APP, 'access-control-request-method': 'GET' }
  const answer = await server.client().call('OPTIONS', '/api/admin/people', { headers })
  expect(answer.status).toBe(404)
  expect(answer.headers['access-control-allow-methods']).toBeUndefined()
})

test('whoever asked too often is told as little', async () => {
  await using strict = await startServer({
    upstream,
    settings: { TITLES: 'words', RATE_LIMIT_PER_MINUTE: '1' },
  })
  const client = strict.client()
  const statuses = await Promise.all(
    Array.from({ length: 12 }, () =>
      client.post('/api/admin/providers/openai/test', { model: 'test-model' }),
    ),
  )
  expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([404]))
})

test('an administrator gets in with the cookie of the session', async () => {
  expect((await admin.get('/api/admin/overview')).status).toBe(200)
  expect((await admin.call('HEAD', '/api/admin/overview')).status).toBe(200)
  expect((await admin.get('/api/admin/nothing')).status).toBe(404)
})

test('where tokens are required, nobody gets in', async () => {
  await using closed = await startServer({ upstream, settings: { ...HOST, HOST_TOKEN_REQUIRED: 'true' } })
  for (const path of ['/api/admin/overview', '/api/admim/overview'])
    expect((await closed.client().get(path)).status).toBe(404)
})

test.each(Object.entries(ADAPTERS))('by the adapter %s these paths are unknown too', async (_, serve) => {
  await using served = await serve({ upstream, settings: {} })
  for (const route of forAdministrators) {
    const { path, body } = requestTo(route, unknownIds())
    for (const method of METHODS.filter(each => each !== 'HEAD')) {
      const client = new TestClient(served.url)
      const call = method === 'GET' || method === 'OPTIONS' ? {} : { body }
      const answer = await client.call(method, path, call)
      expect(seen(answer), `${method} ${path}`).toEqual(seen(await client.call(method, unknown(path), call)))
      expect(answer.status).toBe(404)
    }
  }
})

test('an id that nobody has is 404 for administrators too', async () => {
  const answer = await admin.call('PATCH', `/api/admin/accounts/${randomUUID()}`, {
    body: { isDisabled: true },
  })
  expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND'])
})
