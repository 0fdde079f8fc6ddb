import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../harness/server.ts'
import { startHurriedServer } from '../network/hurriedServer.ts'
import { createUpstream, tokensOf, type Upstream } from '../upstream/upstream.ts'
import { FAULTS } from './breakages.ts'
import { type Breakage, createBrokenServer } from './brokenServer.ts'
import { checkCases, type Result } from './case.ts'
import { createSession } from './session.ts'
import { CASES } from './suite.ts'

/** Long enough to be stopped in the middle. It contains characters that a server could damage. */
const TOKENS = tokensOf(
  'Não são só palavras: é água que não para de correr, e cada ação é contada. '.repeat(5),
)

let upstream: Upstream
let server: TestServer

beforeAll(async () => {
  upstream = await createUpstream()
  upstream.reply({ tokens: TOKENS, delayMs: 10 })
  server = await startServer({ upstream })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

async function resultsOf(breakage: Breakage, ids: readonly string[]): Promise<Result[]> {
  await using broken = await createBrokenServer(server.url, breakage)
  using session = createSession(broken.url)
  return await checkCases(
    CASES.filter(({ id }) => ids.includes(id)),
    session,
  )
}

describe('the suite notices', () => {
  const results = new Map<string, Result[]>()

  beforeAll(async () => {
    const checks = FAULTS.map(async ({ name, noticedBy, ...breakage }) => {
      results.set(name, await resultsOf(breakage, noticedBy))
    })
    await Promise.all(checks)
  })

  for (const { name, noticedBy } of FAULTS) {
    test(`${name}, by ${noticedBy.join(', ')}`, () => {
      const outcomes = results.get(name)?.map(result => `${result.case.id} ${result.outcome}`)
      expect(outcomes?.sort()).toEqual(noticedBy.map(id => `${id} failed`).sort())
    })
  }

  test('nothing if no rule is broken', async () => {
    const ids = [...new Set(FAULTS.flatMap(({ noticedBy }) => noticedBy))]
    const wrong = (await resultsOf({}, ids)).filter(({ outcome }) => outcome !== 'passed')
    expect(wrong.map(({ case: { id }, reason }) => `${id}: ${reason}`)).toEqual([])
  })

  test('a server that never says that it is alive', async () => {
    await using silent = await createUpstream()
    silent.reply('hang-between-tokens')
    await using hurried = await startHurriedServer({ upstream: silent })
    const withoutComments = (frame: string) => (frame.startsWith(':') ? '' : frame)
    await using broken = await createBrokenServer(hurried.url, { frame: withoutComments })
    using session = createSession(broken.url, { heartbeatWithin: 1500 })
    const cases = CASES.filter(({ id }) => id === 'heartbeat')
    expect(await checkCases(cases, session)).toMatchObject([{ outcome: 'failed' }])
  })
})

async function command(...options: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'runConformance.ts'), ...options])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

describe('the command', () => {
  test('says for each case whether it passed, and exits 0 if all did', async () => {
    expect(await command('--url', server.url, '--only', 'health', '--only', 'ready')).toEqual({
      code: 0,
      output: 'ok 1 health\nok 2 ready\n2 passed, 0 failed\n',
    })
  })

  test('gives the reason on the line of a case that fails, and exits 1', async () => {
    await using broken = await createBrokenServer(server.url, {
      answer: answer => {
        answer.status = 500
      },
    })
    const { code, output } = await command('--url', broken.url, '--only', 'health')
    expect(code).toBe(1)
    expect(output).toMatch(/^not ok 1 health: .*500.*\n0 passed, 1 failed\n$/)
  })

  test('lists the cases, and refuses one that it does not know', async () => {
    const { output } = await command('--list')
    expect(output.trim().split('\n').length).toBe(CASES.length)
    expect(await command('--url', server.url, '--only', 'nothing')).toEqual({
      code: 2,
      output: 'Unknown case: nothing. See --list.\n',
    })
  })

  test('says that no server answers', async () => {
    const { code, output } = await command('--url', 'http://127.0.0.1:9')
    expect([code, output]).toEqual([2, expect.stringMatching(/^No server answers at .*ECONNREFUSED.*\n$/)])
  })
})
