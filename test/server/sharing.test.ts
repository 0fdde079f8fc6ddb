import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operate, signedUp } from '../harness/administrator.ts'
import { type Answer, finished, type TestClient } from '../harness/client.ts'
import { lasting, unknownIds } from '../harness/everyRoute.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { account } from '../harness/person.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const COMMON = {
  TITLES: 'words',
  API_KEYS: 'true',
  HOST_TOKEN_SECRET: SECRET,
  HOST_TOKEN_AUDIENCE: AUDIENCE,
}

let upstream: Upstream

beforeAll(async () => {
  upstream = await createUpstream()
})

afterAll(() => upstream.close())

async function share(client: TestClient, headers: Record<string, string> = {}): Promise<Answer> {
  await using live = await client.send({ content: 'Oi' }, headers)
  await live.end()
  return client.post(`/api/chat/conversations/${live.start.conversationId}/shares`, undefined, headers)
}

async function keyOf(client: TestClient): Promise<Record<string, string>> {
  const { text } = await client.post('/api/chat/keys', { name: 'CI', scope: 'write' })
  return { authorization: `Bearer ${/rk_[\w-]+/.exec(text)?.[0]}` }
}

const bearer = async () => ({ authorization: `Bearer ${await signWithSecret(claims())}` })
const seen = (answer: Answer, id: string) => lasting(answer, { ...unknownIds(), share: id })

/** Whoever is not signed in reads what there is at an address that nobody has. */
async function expectUnknown(server: TestServer, id: string, readers: Record<string, () => Promise<Answer>>) {
  const unknown = 'A'.repeat(24)
  const expected = seen(await server.client().get(`/api/chat/shared/${unknown}`), unknown)
  expect(expected.status).toBe(404)
  for (const [who, read] of Object.entries(readers)) expect(seen(await read(), id), who).toEqual(expected)
}

describe('with SHARING=signed-in', () => {
  let server: TestServer
  let ana: TestClient
  let id: string

  beforeAll(async () => {
    server = await startServer({ upstream, settings: { ...COMMON, SHARING: 'signed-in' } })
    ana = await signedUp(server, 'ana@example.com')
    const made = await share(ana)
    expect(made.status).toBe(201)
    id = made.body.share.id
  })

  afterAll(() => server[Symbol.asyncDispose]())

  test('whoever is signed in makes links and reads those of others', async () => {
    const bia = await signedUp(server, 'bia@example.com')
    for (const [client, headers] of [
      [ana, {}],
      [bia, {}],
      [server.client(), await keyOf(bia)],
      [server.client(), await bearer()],
    ] as const) {
      expect((await client.get(`/api/chat/shared/${id}`, headers)).status).toBe(200)
      expect((await client.get('/api/chat/shares', headers)).body).toMatchObject({
        sharing: 'signed-in',
        mayShare: true,
      })
    }
    expect((await share(server.client(), await keyOf(ana))).status).toBe(201)
    expect((await share(server.client(), await bearer())).status).toBe(201)
  })

  test('a visitor makes none, and is told why', async () => {
    const visitor = server.client()
    const refused = await share(visitor)
    expect([refused.status, refused.body.code]).toEqual([403, 'SHARING_NOT_ALLOWED'])
    expect((await share(server.client(), await keyOf(visitor))).status).toBe(403)
    expect((await visitor.get('/api/chat/shares')).body).toMatchObject({ shares: [], mayShare: false })
  })

  test('to everybody else a link is one that there is not', async () => {
    const path = `/api/chat/shared/${id}`
    const visitor = server.client()
    await finished(visitor)
    const disabled = await signedUp(server, 'caio@example.com')
    await operate(server, operator => operator.disable('caio@example.com'))
    await expect.poll(async () => (await account.read(disabled)).body.account).toBeNull()
    const left = await signedUp(server, 'dora@example.com')
    const before = left.tab()
    await account.signOut(left)
    const key = await keyOf(visitor)
    await expectUnknown(server, id, {
      nobody: () => server.client().get(path),
      'a visitor': () => visitor.get(path),
      'a key of a visitor': () => server.client().get(path, key),
      'a wrong token': () => server.client().get(path, { authorization: 'Bearer x' }),
      'a disabled account': () => disabled.get(path),
      'who signed out': () => before.get(path),
    })
  })
})

test('with SHARING=off nobody makes a link or reads one, and old ones can be revoked', async () => {
  await using folder = await temporaryFolder()
  const before = await startServer({ upstream, folder, settings: COMMON })
  const client = await signedUp(before, 'ana@example.com')
  const { id } = (await share(client)).body.share
  expect((await before.client().get(`/api/chat/shared/${id}`)).status).toBe(200)
  await before[Symbol.asyncDispose]()
  await using server = await startServer({ upstream, folder, settings: { ...COMMON, SHARING: 'off' } })
  const ana = server.client()
  await account.signIn(ana, 'ana@example.com')
  const refused = await share(ana)
  expect([refused.status, refused.body.code]).toEqual([403, 'SHARING_NOT_ALLOWED'])
  await expectUnknown(server, id, {
    'its owner': () => ana.get(`/api/chat/shared/${id}`),
    nobody: () => server.client().get(`/api/chat/shared/${id}`),
  })
  const listed = await ana.get('/api/chat/shares')
  expect(listed.body).toMatchObject({ shares: [{ id }], sharing: 'off', mayShare: false })
  expect((await ana.call('DELETE', `/api/chat/shares/${id}`)).status).toBe(204)
})
