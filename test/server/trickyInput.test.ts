import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { ADAPTERS, type ServedRiacho } from '../harness/adapters.ts'
import { TestClient } from '../harness/client.ts'
import { ROUTES, requestTo, unknownIds } from '../harness/everyRoute.ts'
import { mount } from '../harness/mountedApp.ts'
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
    for (const route of ROUTES) {
      const names = Object.keys((route.query as z.ZodObject | undefined)?.shape ?? {})
      for (const name of names) {
        const [path = ''] = requestTo(route, unknownIds()).path.split('?')
        const needed = names.includes('query') && name !== 'query' ? ['query=x'] : []
        const given = `${name}=${VALUES[name] ?? 'x'}`
        const ask = (...pairs: string[]) => client().get(`${path}?${[...needed, ...pairs].join('&')}`)
        const twice = await ask(given, given)
        expect([twice.status, twice.body.code], `${path} ${name}`).toEqual([400, 'INVALID_REQUEST'])
        if (VALUES[name]) expect((await ask(given)).status, `${path} ${name}`).not.toBe(400)
      }
    }
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
    expect(line).toMatch(/^[^\n\r\u001b]+\n$/)
    expect(JSON.parse(line).msg).not.toBe('forged')
  }
})
