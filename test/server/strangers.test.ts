import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SessionListResponse } from '../../src/protocol/responses.ts'
import type { Route } from '../../src/server/http/defineRoute.ts'
import { type TestClient, tokenHashIn } from '../harness/client.ts'
import {
  forOwners,
  type Ids,
  lasting,
  requestTo,
  SECRET_WORD,
  unknownIds,
  writeWords,
} from '../harness/everyRoute.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { SECRETS, signedCookie } from '../harness/signedCookie.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

let upstream: Upstream
let server: TestServer
let owner: TestClient
let ids: Ids
/** Proved once who the owner is. */
let revoked: string
/** A newer token took its place more than five minutes ago. */
let expired: string

beforeAll(async () => {
  upstream = await createUpstream()
  upstream.reply({ tokens: [`A resposta fala de ${SECRET_WORD}.`] })
  const clock = createShiftedClock()
  server = await startServer({ upstream, clock, settings: { ...SECRETS, TITLES: 'words' }, hasPages: true })
  const ownerId = randomUUID()
  expired = signedCookie(ownerId, SECRETS.SESSION_SECRET_OLD)
  owner = await openPage(expired)
  const other = await openPage(signedCookie(ownerId))
  revoked = other.cookie ?? ''
  await other.get('/api/chat/conversations')
  ids = await writeWords(owner)
  await owner.call('DELETE', '/api/chat/sessions')
  clock.shift(6 * 60_000)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

/** A browser whose cookie an earlier version signed. The page replaces it. */
async function openPage(cookie: string): Promise<TestClient> {
  const client = server.client()
  client.cookie = cookie
  await client.get('/')
  expect(client.cookie).not.toBe(cookie)
  return client
}

function withCookie(cookie: string): TestClient {
  const client = server.client()
  client.cookie = cookie
  return client
}

async function visitor(): Promise<TestClient> {
  const client = server.client()
  await client.get('/api/chat/conversations')
  return client
}

/** Who asks, and does not own what is asked for. */
const STRANGERS: Record<string, () => TestClient | Promise<TestClient>> = {
  'nobody yet': () => server.client(),
  'another visitor': visitor,
  'a forged token': () => withCookie(`riacho_session=${'A'.repeat(43)}`),
  'the hash of a token': () => withCookie(`riacho_session=${tokenHashIn(owner.cookie)}`),
  'the id of a session': () => withCookie(`riacho_session=${ids.session}`),
  'a cookie signed with another secret': () =>
    withCookie(signedCookie(randomUUID(), 'another secret of thirty-two characters')),
  // The time of PostgreSQL is its own.
  ...(!onPostgres && { 'an expired session': () => withCookie(expired) }),
  'a revoked session': () => withCookie(revoked),
}

async function ask(client: TestClient, route: Route, about: Ids) {
  const { method, path, body, headers } = requestTo(route, about)
  return client.call(method, path, { body, headers })
}

describe.each(forOwners.map(route => [`${route.method} ${route.path}`, route] as const))('%s', (_, route) => {
  test.each(Object.entries(STRANGERS))('%s gets exactly what there is for an unknown id', async (_, open) => {
    const unknown = unknownIds()
    const answer = await ask(await open(), route, ids)
    expect(lasting(answer, ids)).toEqual(lasting(await ask(await open(), route, unknown), unknown))
    // Nor does the answer tell what was wrong with the cookie.
    const nobody = await ask(server.client(), route, unknown)
    if (open !== visitor) expect(lasting(answer, ids)).toEqual(lasting(nobody, unknown))
    expect(answer.text).not.toContain(SECRET_WORD)
    if (route.params) expect(answer.status).toBe(404)
  })
})

test('after all of this the owner has everything', async () => {
  const { body } = await owner.get(`/api/chat/conversations/${ids.conversation}`)
  expect(body.messages).toHaveLength(2)
  expect(body.messages[1]?.feedback).toBeNull()
  expect(body.conversation.title).toContain(SECRET_WORD)
  expect((await owner.get('/api/chat/conversations')).body.conversations).toHaveLength(1)
  const { text } = await owner.get('/api/chat/sessions')
  expect((JSON.parse(text) as SessionListResponse).sessions).toMatchObject([{ isCurrent: true }])
  expect((await server.client().get(`/api/chat/shared/${ids.share}`)).text).toContain(SECRET_WORD)
})
