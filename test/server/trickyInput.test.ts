import { randomUUID } from 'node:crypto'
import { type Logger, pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { readEnv } from '../../src/server/config/env.ts'
import { startRiacho } from '../../src/startRiacho.ts'
import { ADAPTERS, type ServedRiacho } from '../harness/adapters.ts'
import { TestClient } from '../harness/client.ts'
import { forEverybody, requestTo, unknownIds, writeWords } from '../harness/everyRoute.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { mount } from '../harness/mountedApp.ts'
import { account } from '../harness/person.ts'
import { settingsOf, startServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

/** A good value for each name that a query can have. A cursor is good only if the server made it. */
const VALUES: Record<string, string> = {
  after: '1',
  archived: 'true',
  format: 'json',
  limit: '5',
  query: 'x',
  run: `${randomUUID()}:0`,
  search: 'x',
}

let upstream: Upstream

beforeAll(async () => {
  upstream = await createUpstream()
})

afterAll(() => upstream.close())

describe.each(Object.entries(ADAPTERS))('%s', (_, serve) => {
  let server: ServedRiacho
  const client = () => new TestClient(server.url)

  beforeAll(async () => {
    server = await serve({ upstream, settings: {} })
  })

  afterAll(() => server[Symbol.asyncDispose]())

  test('refuses a query that gives a name two values', async () => {
    for (const route of forEverybody) {
      const names = Object.keys((route.query as z.ZodObject | undefined)?.shape ?? {})
      for (const name of names) {
        const [path = ''] = requestTo(route, unknownIds()).path.split('?')
        const needed = names.includes('query') && name !== 'query' ? ['query=x'] : []
        const given = `${name}=${VALUES[name] ?? 'x'}`
        const ask = (...pairs: string[]) =>
          client().call(route.method, `${path}?${[...needed, ...pairs].join('&')}`)
        const twice = await ask(given, given)
        expect([twice.status, twice.body.code], `${path} ${name}`).toEqual([400, 'INVALID_REQUEST'])
        if (VALUES[name]) expect((await ask(given)).status, `${path} ${name}`).not.toBe(400)
      }
    }
  })

  test('decodes what stands in an address once', async () => {
    const asker = client()
    for (const title of ['%41', 'A']) await asker.post('/api/chat/conversations', { title })
    const found = await asker.get('/api/chat/conversations?search=%2541')
    expect(found.body.conversations.map(({ title }) => title)).toEqual(['%41'])
    expect((await asker.get(`/api/chat/runs/%25${randomUUID()}/events`)).status).toBe(400)
  })

  test.each([
    '{"content":"x","__proto__":{"isTricked":true}}',
    '{"content":"x","constructor":{"prototype":{"isTricked":true}}}',
    '{"content":"x","attachments":[{"name":"a","text":"b","__proto__":{"isTricked":true}}]}',
    '{"content":"x","attachments":[{"name":"a","text":"b","constructor":{"prototype":{"isTricked":true}}}]}',
  ])('refuses %s, and no object gets a field of it', async body => {
    const { status } = await client().call('POST', '/api/chat/send', { body })
    expect(status).toBe(400)
    expect({}).not.toHaveProperty('isTricked')
  })
})

test.each([64, 256])('a password of %i characters is taken, and counts whole', async length => {
  await using server = await startServer({ upstream })
  const letters = Array.from({ length: length / 2 }, (_, index) => `ã${((index * 7) % 36).toString(36)}`)
  const password = letters.join('')
  const email = 'ana@example.com'
  expect((await account.signUp(server.client(), { email, password })).status).toBe(201)
  const signIn = async (given: string) => (await account.signIn(server.client(), email, given)).status
  expect(await signIn(password)).toBe(200)
  expect(await signIn(password.slice(0, -1))).toBe(401)
  expect(await signIn(password.toUpperCase())).toBe(401)
})

test('no GET changes anything that an owner has', async () => {
  await using server = await startServer({ upstream, settings: { TITLES: 'words' } })
  const owner = server.client()
  const ids = await writeWords(owner)
  const stored = () =>
    ['conversations', 'messages', 'runs', 'shares'].map(table =>
      server.rows(`select * from ${table} order by id`),
    )
  const before = stored()
  for (const route of forEverybody) {
    const { method, path } = requestTo(route, ids)
    if (method !== 'GET') continue
    const answer = await owner.get(path)
    // No issuer is known here, and a visitor has no passkeys.
    const isRefused = /\/issuers\/|\/passkeys$|\/tool-servers\/c/.test(path)
    expect(answer.status, path).toBeLessThan(isRefused ? 500 : 300)
  }
  expect(stored()).toEqual(before)
  expect(before.flat().length).toBeGreaterThan(4)
})

test('text from elsewhere makes no line of its own in the log', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: line => void lines.push(line) })
  await using app = await mount({ logger, settings: { TITLES: 'words', MAX_ATTEMPTS: '1' } })
  const message = 'no\r\n{"level":30,"msg":"forged"}\n\u2028\u001b[2K'
  app.upstream.reply({ status: 400, body: { error: { message } } })
  await using stream = await app.client().send({ content: 'Oi' })
  await stream.end()
  const told = lines.filter(line => line.includes('forged'))
  expect(told).toHaveLength(1)
  for (const line of lines) {
    expect(line.slice(0, -1)).not.toMatch(/\p{Cc}/u)
    expect(JSON.parse(line).msg).not.toBe('forged')
  }
})

test.each([
  ['a server of its own', startLogging],
  ['a handler in an app', mountLogging],
])('a refused request leaves a line in the log of %s, and nothing of what it brought', async (_, start) => {
  const lines: string[] = []
  await using served = await start(pino({ level: 'info' }, { write: line => void lines.push(line) }))
  const client = new TestClient(served.url)
  const headers = { origin: 'https://evil.example' }
  const body = { content: 'jabuticaba' }
  const answers = [
    await client.call('POST', '/api/chat/send', { body, headers }),
    await client.post('/api/chat/send', { ...body, extra: 'jabuticaba' }),
    await client.get(`/api/chat/conversations/${randomUUID()}`),
  ]
  const told = lines.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'a request was refused')
  expect(told).toEqual(
    answers.map(({ body }) =>
      expect.objectContaining({ level: 30, code: body.code, reqId: body.requestId, leftOut: 0 }),
    ),
  )
  expect(told.map(({ code }) => code)).toEqual(['FORBIDDEN', 'INVALID_REQUEST', 'NOT_FOUND'])
  expect(lines.join('')).not.toMatch(/jabuticaba|evil/)
})

async function startLogging(logger: Logger) {
  const folder = await temporaryFolder()
  const riacho = await startRiacho(readEnv(settingsOf({ upstream }, folder)), { logger })
  return {
    url: riacho.url,
    async [Symbol.asyncDispose]() {
      await riacho.close({ drainMs: 0 })
      await folder[Symbol.asyncDispose]()
    },
  }
}

function mountLogging(logger: Logger) {
  return mount({ logger })
}
