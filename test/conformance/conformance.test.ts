import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRiacho } from '../../src/riacho.ts'
import { serveHandler } from '../harness/fetchServer.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { startServer } from '../harness/server.ts'
import { startHurriedServer } from '../network/hurriedServer.ts'
import { createUpstream } from '../upstream/upstream.ts'
import { checkCases, type Result } from './case.ts'
import { createSession } from './session.ts'
import { CASES } from './suite.ts'

const casesOf = (...ids: string[]) => CASES.filter(({ id }) => ids.includes(id))
const PROMPT = CASES.filter(({ last }) => !last)

/** What answers HTTP: the server, and an app that mounts the handler. */
const FORMS = [
  { form: 'the server', start: () => startServer() },
  { form: 'a mounted handler', start: startMounted },
]

async function startMounted(): Promise<{ url: string } & AsyncDisposable> {
  const folder = await temporaryFolder()
  const database = `file:${join(folder.path, 'riacho.db')}`
  const riacho = createRiacho({
    database,
    settings: { PUBLIC_URL: 'https://chat.example' },
    logger: silentLogger,
  })
  const server = await serveHandler(riacho.handler)
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await riacho.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe.each(FORMS)('$form, with the guide as its provider, keeps the wire:', ({ start }) => {
  let server: { url: string } & AsyncDisposable
  const results = new Map<string, Result>()

  beforeAll(async () => {
    server = await start()
    using session = createSession(server.url)
    for (const result of await checkCases(PROMPT, session)) results.set(result.case.id, result)
  })

  afterAll(() => server[Symbol.asyncDispose]())

  for (const { id, rule } of PROMPT) {
    test(`${id}: ${rule}`, () => {
      expect(results.get(id)).toMatchObject({ outcome: 'passed' })
    })
  }
})

test('heartbeat: a silent stream has comments', async () => {
  await using upstream = await createUpstream()
  upstream.reply('hang-between-tokens')
  await using server = await startHurriedServer({ upstream })
  using session = createSession(server.url)
  expect(await checkCases(casesOf('heartbeat'), session)).toMatchObject([{ outcome: 'passed' }])
})

test('rate-limit: what is too much says when to come again', async () => {
  await using server = await startServer({ settings: { RATE_LIMIT_PER_MINUTE: '5' } })
  using session = createSession(server.url)
  expect(await checkCases(casesOf('rate-limit'), session)).toMatchObject([{ outcome: 'passed' }])
})

test('every case has a name of its own and quotes PROTOCOL.md', async () => {
  const page = await readFile(join(import.meta.dirname, '..', '..', 'PROTOCOL.md'), 'utf8')
  const text = page.replace(/\s+/g, ' ')
  expect(new Set(CASES.map(({ id }) => id)).size).toBe(CASES.length)
  expect(CASES.filter(({ rule }) => !text.includes(rule)).map(({ id }) => id)).toEqual([])
})
