import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRiacho } from '../../src/riacho.ts'
import { createRoutes } from '../../src/server/http/routes/routes.ts'
import { ADAPTERS, type ServedRiacho } from '../harness/adapters.ts'
import { TestClient } from '../harness/client.ts'
import { silentLogger } from '../harness/log.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const APP = 'https://app.example'
const SETTINGS = {
  HOST_TOKEN_SECRET: SECRET,
  HOST_TOKEN_AUDIENCE: AUDIENCE,
  CORS_ORIGINS: `${APP}, https://other.example:8443`,
  TITLES: 'words',
}
/** Headers that a browser sets when a page of another site calls. */
const FROM_APP = { origin: APP, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
const preflight = (method: string, headers: Record<string, string> = FROM_APP) => ({
  ...headers,
  'access-control-request-method': method,
  'access-control-request-headers': 'authorization,content-type',
})
const CORS = /^access-control-/

let upstream: Upstream

beforeAll(async () => {
  upstream = await createUpstream()
})

afterAll(() => upstream.close())

describe.each(Object.entries(ADAPTERS))('%s', (_, serve) => {
  let server: ServedRiacho
  let ana: { authorization: string }

  beforeAll(async () => {
    server = await serve({ upstream, settings: SETTINGS })
    ana = { authorization: `Bearer ${await signWithSecret(claims())}` }
  })

  afterAll(() => server[Symbol.asyncDispose]())

  const client = () => new TestClient(server.url)
  const corsOf = ({ headers }: { headers: object }) => Object.keys(headers).filter(name => CORS.test(name))

  test('a browser that asks before a call hears which calls a page of a named origin may make', async () => {
    for (const { method, path, access } of createRoutes({} as Parameters<typeof createRoutes>[0])) {
      if (!path.startsWith('/api/') || access === 'admin') continue
      const known = path.replaceAll(/:\w+/g, 'x')
      const answer = await client().call('OPTIONS', known, { headers: preflight(method) })
      expect(answer.status, known).toBe(204)
      expect(answer.headers, known).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-headers': 'authorization, content-type, last-event-id, upload-offset',
        'access-control-max-age': '7200',
        vary: 'Origin',
      })
      expect(answer.headers['access-control-allow-methods']?.split(', ')).toContain(method)
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
    }
  })

  test('for any other origin, path or question there is no such answer', async () => {
    const path = '/api/chat/send'
    for (const origin of ['https://evil.example', 'null', `${APP}.evil.example`, 'http://app.example', ''])
      for (const [method, at] of [
        ['OPTIONS', path],
        ['GET', '/api/chat/assistants'],
      ] as const) {
        const headers = preflight('POST', { ...FROM_APP, origin })
        const answer = await client().call(method, at, { headers })
        expect([answer.status, corsOf(answer)], origin).toEqual([method === 'GET' ? 200 : 405, []])
        expect(answer.headers['vary']).toBe('Origin')
      }
    for (const unknown of ['/api/nothing', '/metrics']) {
      const answer = await client().call('OPTIONS', unknown, { headers: preflight('GET') })
      expect(answer.status, unknown).toBeGreaterThanOrEqual(404)
    }
    expect(corsOf(await client().get('/metrics', { origin: APP }))).toEqual([])
    const noQuestion = await client().call('OPTIONS', path, { headers: FROM_APP })
    expect([noQuestion.status, noQuestion.headers['allow']]).toEqual([405, 'POST'])
  })

  test('a call with a bearer is taken, and the page may read answers, streams and refusals', async () => {
    upstream.replyOnce({ tokens: ['Olá'] })
    await using live = await client().send({ content: 'Oi' }, { ...FROM_APP, ...ana })
    await live.end()
    const path = `/api/chat/conversations/${live.start.conversationId}`
    const answers = [
      live,
      await client().get(path, { ...FROM_APP, ...ana }),
      await client().call('PATCH', path, { headers: { ...FROM_APP, ...ana }, body: { title: 'Saudação' } }),
      await client().get('/api/chat/conversations/x', { ...FROM_APP, ...ana }),
      await client().get(`${path}/export?format=json`, { ...FROM_APP, ...ana }),
      await client().get('/api/nothing', { ...FROM_APP, ...ana }),
      await client().get('/api/chat/conversations/%ff', { ...FROM_APP, ...ana }),
      await client().get(`/api/chat/conversations/${'x'.repeat(5000)}`, { ...FROM_APP, ...ana }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400, 200, 404, 400, 400])
    for (const { headers } of answers)
      expect(headers).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-expose-headers':
          'content-disposition, location, retry-after, upload-offset, x-accel-buffering',
        vary: 'Origin',
      })
    for (const answer of answers)
      expect(corsOf(answer).filter(name => /credentials|methods/.test(name))).toEqual([])
  })

  test('without a bearer a cookie counts for nothing there, also for reading', async () => {
    const visitor = client()
    const { body } = await visitor.post('/api/chat/conversations', { title: 'Minha' })
    expect(visitor.cookie).toContain('riacho_session')
    const path = `/api/chat/conversations/${body.conversation.id}`
    const calls = [
      await visitor.get(path, FROM_APP),
      await visitor.get(path, { origin: APP }),
      await visitor.get(path, { ...FROM_APP, 'sec-fetch-site': 'same-site' }),
      await visitor.call('DELETE', path, { headers: FROM_APP }),
      await visitor.call('DELETE', '/api/chat/owner', { headers: FROM_APP }),
      await visitor.get('/api/chat/assistants', { ...FROM_APP, authorization: 'Basic YTpi' }),
    ]
    for (const answer of calls) {
      expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHENTICATED'])
      expect(answer.headers['set-cookie']).toBeUndefined()
      expect(answer.headers['access-control-allow-origin']).toBe(APP)
    }
    // A bearer beside the cookie decides alone.
    expect((await visitor.get(path, { ...FROM_APP, ...ana })).status).toBe(404)
    expect((await visitor.get(path)).status).toBe(200)
  })

  test('a write from an origin that is not named is refused, with a bearer too', async () => {
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', ...ana }
    const answer = await client().post('/api/chat/conversations', {}, foreign)
    expect([answer.status, answer.body.code, corsOf(answer)]).toEqual([403, 'FORBIDDEN', []])
  })

  test('the origin counts before the path, and the path before who asks', async () => {
    const foreign = { origin: 'https://evil.example' }
    const calls = [
      await client().call('POST', '/api/nothing', { headers: foreign }),
      await client().call('PUT', '/api/chat/send', { headers: foreign }),
      await client().call('PROPFIND', '/api/chat/send', { headers: foreign }),
      await client().call('PROPFIND', '/api/chat/send', { headers: { authorization: 'Bearer x' } }),
      await client().call('POST', '/api/nothing', { headers: { authorization: 'Bearer x' } }),
    ]
    expect(calls.map(({ status }) => status)).toEqual([403, 403, 403, 405, 404])
    expect(calls[3]?.headers['allow']).toBe('POST')
  })
})

test('while a mounted Riacho cannot open, a page of a named origin may read that too', async () => {
  const riacho = createRiacho({
    database: 'file:/dev/null/riacho.db',
    basePath: '/app',
    settings: SETTINGS,
    logger: silentLogger,
  })
  const ask = (method: string, headers: Record<string, string>) =>
    riacho.handler(new Request('http://localhost/app/api/chat/send', { method, headers }))
  const asked = await ask('OPTIONS', preflight('POST'))
  expect([asked.status, asked.headers.get('access-control-allow-methods')]).toEqual([
    204,
    expect.stringContaining('POST'),
  ])
  const refused = await ask('POST', { ...FROM_APP, authorization: 'Bearer x' })
  expect(refused.status).toBe(503)
  for (const { headers } of [asked, refused])
    expect([headers.get('vary'), headers.get('access-control-allow-origin')]).toEqual(['Origin', APP])
  const other = await ask('POST', { origin: 'https://evil.example' })
  expect([other.headers.get('vary'), other.headers.get('access-control-allow-origin')]).toEqual([
    'Origin',
    null,
  ])
  await riacho.close()
})

test("the server's own origin may be in the list, and its pages keep their cookies", async () => {
  const own = 'https://chat.example'
  const settings = { ...SETTINGS, CORS_ORIGINS: own, PUBLIC_URL: own }
  for (const serve of Object.values(ADAPTERS)) {
    await using server = await serve({ upstream, settings })
    const visitor = new TestClient(server.url)
    const fromOwn: Record<string, string>[] = [
      { origin: own, 'sec-fetch-site': 'same-origin' },
      { origin: own },
    ]
    for (const headers of fromOwn)
      expect((await visitor.post('/api/chat/conversations', {}, headers)).status).toBe(201)
  }
})
