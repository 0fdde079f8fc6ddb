import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRiacho } from '../../src/riacho.ts'
import type { Route } from '../../src/server/http/defineRoute.ts'
import { ADAPTERS, type ServedRiacho } from '../harness/adapters.ts'
import { finished, TestClient } from '../harness/client.ts'
import {
  forOwners,
  type Ids,
  lasting,
  ROUTES,
  requestTo,
  SECRET_WORD,
  unknownIds,
  writeWords,
} from '../harness/everyRoute.ts'
import { serveHandler } from '../harness/fetchServer.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { AUDIENCE, claims, startTokenHost, type TokenHost, unsigned } from '../harness/tokenHost.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

let host: TokenHost
let upstream: Upstream

beforeAll(async () => {
  host = await startTokenHost()
  upstream = await createUpstream()
  upstream.reply({ tokens: [`A resposta fala de ${SECRET_WORD}.`] })
})

afterAll(async () => {
  await host[Symbol.asyncDispose]()
  await upstream.close()
})

const tokenSettings = (others: Record<string, string> = {}) => ({
  HOST_TOKEN_JWKS_URL: host.jwksUrl,
  HOST_TOKEN_AUDIENCE: AUDIENCE,
  TITLES: 'words',
  RATE_LIMIT_PER_MINUTE: '0',
  ...others,
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const writeAsAna = async (url: string) => writeWords(new TestClient(url), bearer(await host.sign(claims())))

describe.each(Object.entries(ADAPTERS))('%s', (_, adapter) => {
  const serve = (settings: Record<string, string>) => adapter({ upstream, settings })
  let open: ServedRiacho
  let closed: ServedRiacho
  let ids: { open: Ids; closed: Ids }

  beforeAll(async () => {
    open = await serve(tokenSettings())
    closed = await serve(tokenSettings({ HOST_TOKEN_REQUIRED: 'true' }))
    ids = { open: await writeAsAna(open.url), closed: await writeAsAna(closed.url) }
  })

  afterAll(async () => {
    await open[Symbol.asyncDispose]()
    await closed[Symbol.asyncDispose]()
  })

  /** The answer of a new client. */
  async function ask(url: string, route: Route, about: Ids, headers: Record<string, string> = {}) {
    const { headers: own, ...request } = requestTo(route, about)
    const { method, path, body } = request
    return new TestClient(url).call(method, path, { headers: { ...own, ...headers }, body })
  }

  const wrong: [name: string, token: () => string | Promise<string>][] = [
    ['an expired token', () => host.sign(claims({ exp: Math.floor(Date.now() / 1000) - 31 }))],
    ['a forged token', () => host.forge(claims())],
    ['a token for another audience', () => host.sign(claims({ aud: 'another' }))],
    ['a token that nothing signs', () => unsigned(claims())],
    ['a token signed with the public key', () => host.confuse(claims())],
    ['a token for nobody', () => host.sign(claims({ sub: undefined }))],
    ['no token behind Bearer', () => ''],
  ]

  describe.each(forOwners.map(route => [`${route.method} ${route.path}`, route] as const))(
    '%s',
    (_, route) => {
      test.each(wrong)('with %s is 401, says nothing more, and no cookie helps', async (_, token) => {
        const visitor = new TestClient(open.url)
        await visitor.get('/api/chat/conversations')
        for (const cookie of ['', visitor.cookie ?? '']) {
          const answer = await ask(open.url, route, ids.open, { ...bearer(await token()), cookie })
          expect(answer.status).toBe(401)
          expect(answer.body).toEqual({
            success: false,
            code: 'UNAUTHENTICATED',
            message: expect.any(String),
            requestId: expect.any(String),
          })
          expect(answer.headers['www-authenticate']).toBe('Bearer')
          expect(answer.headers['set-cookie']).toBeUndefined()
        }
      })

      test('with a wrong token is 401, whatever else is wrong, and so is no token where one is required', async () => {
        const { method, path } = requestTo(route, ids.open)
        const worse = path.replace(/\?.*/, '').replace(/\/[^/]*\d[^/]*/, '/x')
        const wrongBodies = route.body ? [undefined, {}, { x: 1 }, '{', 'x'.repeat(1_100_000)] : [undefined]
        for (const body of wrongBodies)
          for (const [url, headers] of [
            [open.url, bearer(await host.forge(claims()))],
            [closed.url, {}],
          ] as const) {
            const answer = await new TestClient(url).call(method, `${worse}?x=1`, { headers, body })
            expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHENTICATED'])
          }
      })

      test('with the token of another person is as for an unknown id', async () => {
        const bia = async () => bearer(await host.sign(claims({ sub: randomUUID() })))
        const unknown = unknownIds()
        const answer = await ask(open.url, route, ids.open, await bia())
        const expected = await ask(open.url, route, unknown, await bia())
        expect(lasting(answer, ids.open)).toEqual(lasting(expected, unknown))
        expect(answer.text).not.toContain(SECRET_WORD)
        expect(answer.headers['set-cookie']).toBeUndefined()
        if (route.params) expect(answer.status).toBe(404)
      })

      test('without a token is a visitor, and 401 where tokens are required', async () => {
        const unknown = unknownIds()
        const visitor = await ask(open.url, route, ids.open)
        expect(lasting(visitor, ids.open)).toEqual(lasting(await ask(open.url, route, unknown), unknown))
        expect(visitor.text).not.toContain(SECRET_WORD)
        const refused = await ask(closed.url, route, ids.closed)
        expect([refused.status, refused.body.code]).toEqual([401, 'UNAUTHENTICATED'])
        expect(refused.headers['set-cookie']).toBeUndefined()
      })
    },
  )

  test('after all of this Ana has what she had', async () => {
    for (const [url, { conversation, share }] of [
      [open.url, ids.open],
      [closed.url, ids.closed],
    ] as const) {
      const ana = bearer(await host.sign(claims()))
      const client = new TestClient(url)
      const { body } = await client.get(`/api/chat/conversations/${conversation}`, ana)
      expect(body.messages).toHaveLength(2)
      expect(body.messages[1]?.feedback).toBeNull()
      expect(body.conversation.title).toContain(SECRET_WORD)
      expect((await client.get(`/api/chat/shared/${share}`)).text).toContain(SECRET_WORD)
      expect((await client.get('/api/chat/conversations', ana)).body.conversations).toHaveLength(1)
      expect(client.cookie).toBeUndefined()
    }
  })

  test('what is for anybody needs no token, also where tokens are required', async () => {
    // There are no servers at which people sign in.
    const open = ROUTES.filter(({ path }) => !path.endsWith('/tool-servers/client'))
    for (const route of open.filter(({ access }) => access === 'anybody' || access === 'guest')) {
      const answer = await ask(closed.url, route, ids.closed)
      expect([answer.status, answer.headers['set-cookie']], route.path).toEqual([200, undefined])
    }
  })
})

test('a stream goes on when its token ends, and connecting again needs a new one', async () => {
  const clock = createShiftedClock()
  await using server = await startServer({ upstream, clock, settings: tokenSettings() })
  const gate = upstream.hold({ tokens: ['Um', ' dois'] })
  const client = server.client()
  const ana = bearer(await host.sign(claims()))
  await using live = await client.send({ content: 'Conte' }, ana)
  await gate.next()
  await live.untilText('Um')
  clock.setTimeOfDay(331_000)
  const path = `/api/chat/runs/${live.start.runId}/events`
  expect((await client.get(path, ana)).status).toBe(401)
  gate.open()
  expect((await live.end()).status).toBe('completed')
  const renewed = bearer(await host.sign(claims({}, clock.now())))
  expect((await client.get(path, renewed)).text).toContain('event: run-end')
})

test('a person has the same data by token, by the owner of the app, and from its code', async () => {
  await using folder = await temporaryFolder()
  const riacho = createRiacho({
    database: `file:${join(folder.path, 'riacho.db')}`,
    openai: { baseUrl: upstream.url, apiKey: 'key', model: 'test-model' },
    owner: request => request.headers.get('x-user') ?? undefined,
    settings: tokenSettings(),
    logger: silentLogger,
  })
  await using server = await serveHandler(riacho.handler)
  const client = new TestClient(server.url)
  const ana = bearer(await host.sign(claims()))
  const { body } = await client.post('/api/chat/conversations', { title: 'De Ana' }, ana)
  const { id } = body.conversation
  expect((await riacho.conversations.read({ owner: 'ana', id })).conversation.title).toBe('De Ana')
  expect((await client.get(`/api/chat/conversations/${id}`, { 'x-user': 'ana' })).status).toBe(200)
  // A bearer that is wrong does not become whom the app would name.
  const both = { 'x-user': 'ana', ...bearer(await host.forge(claims())) }
  expect((await client.get(`/api/chat/conversations/${id}`, both)).status).toBe(401)
  await riacho.close()
})

test('erasing everything by token takes no cookie away, and the person may begin again', async () => {
  await using server = await startServer({ upstream, settings: tokenSettings() })
  const ana = bearer(await host.sign(claims()))
  const client = server.client()
  await using live = await client.send({ content: 'Oi' }, ana)
  await live.end()
  const erased = await client.call('DELETE', '/api/chat/owner', { headers: ana })
  expect([erased.status, erased.headers['set-cookie']]).toEqual([204, undefined])
  expect((await client.get('/api/chat/conversations', ana)).body.conversations).toEqual([])
  expect((await client.post('/api/chat/conversations', {}, ana)).status).toBe(201)
})

test('without settings for tokens a bearer says nothing, because a proxy may have put it there', async () => {
  await using server = await startServer({ upstream })
  const client = server.client()
  const { conversationId } = await finished(client)
  const answer = await client.get(`/api/chat/conversations/${conversationId}`, bearer('of-a-proxy'))
  expect(answer.status).toBe(200)
})
