import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream, type Scenario, type Upstream } from '../upstream/upstream.ts'

let main: Upstream
let backup: Upstream

beforeEach(async () => {
  main = await createUpstream()
  backup = await createUpstream()
  backup.reply({ tokens: ['Do', ' reserva'] })
})

afterEach(async () => {
  await main.close()
  await backup.close()
})

const settings = (others: Record<string, string> = {}) => ({
  TITLES: 'words',
  PROVIDERS: 'backup',
  PROVIDER_BACKUP_BASE_URL: backup.url,
  PROVIDER_BACKUP_API_KEY: 'sk-backup',
  PROVIDER_BACKUP_MODEL: 'small',
  MODEL_PRICES: 'test-model=1000/1000,small=10/10',
  OPENAI_FIRST_BYTE_TIMEOUT_MS: '300',
  OPENAI_IDLE_TIMEOUT_MS: '300',
  ...others,
})

describe('the second provider answers at once when the first one', () => {
  const scenarios: Scenario[] = ['server-error', 'overloaded', 'unauthorized', 'quota', 'model-not-found']
  test.each([...scenarios, 'hang-before-headers', 'hang-before-text'] as Scenario[])(
    'says %s',
    async scenario => {
      main.reply(scenario)
      await using server = await startServer({ upstream: main, settings: settings() })
      const client = server.client()
      await using stream = await client.send({ content: 'Oi' })
      expect(await stream.end()).toMatchObject({ status: 'completed', model: 'small' })
      expect(stream.text).toBe('Do reserva')
      expect(stream.raw).not.toContain('run-retry')
      expect(backup.requests[0]?.body.model).toBe('small')
      expect(backup.requests[0]?.headers.authorization).toBe('Bearer sk-backup')
      const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
      const [, reply] = body.messages
      expect(reply).toMatchObject({ model: 'small' })
    },
  )

  test('is not there', async () => {
    const { url } = main
    await main.close()
    await using server = await startServer({ upstream: { url }, settings: settings() })
    await using stream = await server.client().send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'completed', model: 'small' })
  })
})

test('usage and cost are those of the provider that answered', async () => {
  main.reply('server-error')
  backup.reply('normal')
  await using server = await startServer({ upstream: main, settings: settings() })
  await using stream = await server.client().send({ content: 'Oi' })
  const { usage, cost } = await stream.end()
  const { inputTokens = 0, outputTokens = 0 } = usage ?? {}
  expect(inputTokens).toBeGreaterThan(0)
  expect(cost?.amount).toBeCloseTo(((inputTokens + outputTokens) * 10) / 1_000_000, 10)
  const { text } = await server.client().get('/metrics')
  expect(text).toContain('riacho_provider_failures_total{provider="openai",code="UPSTREAM_ERROR"} 1')
  expect(text).toMatch(/riacho_tokens_total\{model="small",direction="input"\}/)
})

test.each(['reset', 'eof', 'error'] as Scenario[])(
  'after the first word nobody else is asked: %s',
  async scenario => {
    main.reply(scenario)
    await using server = await startServer({ upstream: main, settings: settings() })
    await using stream = await server.client().send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'failed' })
    expect(stream.text).not.toBe('')
    expect(backup.requests).toEqual([])
  },
)

test.each(['context-too-long', 'content-filter'] as Scenario[])(
  'what the request causes moves on to nobody: %s',
  async scenario => {
    main.reply(scenario)
    await using server = await startServer({ upstream: main, settings: settings() })
    await using stream = await server.client().send({ content: 'Oi' })
    expect((await stream.end()).status).toBe('failed')
    expect(backup.requests).toEqual([])
  },
)

test('an open breaker asks the second one alone, a probe finds that the first one is back, and it is first again', async () => {
  main.reply('server-error')
  const clock = createShiftedClock()
  await using server = await startServer({
    upstream: main,
    clock,
    settings: settings({ PROVIDER_FAILURES: '2' }),
  })
  const client = server.client()
  const modelOf = async () => {
    await using stream = await client.send({ content: 'Oi' })
    return (await stream.end()).model ?? stream.start.model
  }
  const stateOf = async () =>
    /riacho_provider_state\{provider="openai"\} (\d)/.exec((await client.get('/metrics')).text)?.[1]
  expect([await modelOf(), await modelOf(), await modelOf()]).toEqual(['small', 'small', 'small'])
  expect([main.requests.length, await stateOf()]).toEqual([2, '2'])
  clock.shift(5000)
  expect([await modelOf(), main.requests.length]).toEqual(['small', 3])
  main.reply({ tokens: ['De volta'] })
  clock.shift(5000)
  expect([await modelOf(), main.requests.length]).toEqual(['small', 3])
  clock.shift(5000)
  expect([await modelOf(), main.requests.length, await stateOf()]).toEqual(['test-model', 4, '0'])
})

test('with one provider an open breaker tells how long the run waits, and asks nobody meanwhile', async () => {
  main.reply('server-error')
  const clock = createShiftedClock()
  await using server = await startServer({
    upstream: main,
    clock,
    settings: { TITLES: 'words', PROVIDER_FAILURES: '2', MAX_ATTEMPTS: '2' },
  })
  const client = server.client()
  await using first = await client.send({ content: 'Oi' })
  await first.until(({ event }) => event.type === 'run-retry')
  clock.shift(2000)
  expect(await first.end()).toMatchObject({ status: 'failed', code: 'UPSTREAM_ERROR' })
  await using second = await client.send({ content: 'De novo' })
  const { event } = await second.until(({ event }) => event.type === 'run-retry')
  expect(event).toMatchObject({ attempt: 1, seconds: 5, code: 'UPSTREAM_ERROR' })
  expect(main.requests).toHaveLength(2)
  main.reply({ tokens: ['De volta'] })
  clock.shift(5000)
  expect(await second.end()).toMatchObject({ status: 'completed' })
  expect(second.text).toBe('De volta')
})

test('stop while the second provider is silent ends the run and its request, and asks nobody else', async () => {
  main.reply('server-error')
  backup.reply('hang-before-headers')
  await using server = await startServer({
    upstream: main,
    settings: settings({ OPENAI_FIRST_BYTE_TIMEOUT_MS: '60000' }),
  })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  const request = await backup.request(0)
  const stopped = await client.post(`/api/chat/runs/${stream.start.runId}/stop`)
  expect(stopped.body.status).toBe('stopped')
  expect(await request.closed).toBe('client')
  expect([main.requests.length, backup.requests.length]).toEqual([1, 1])
})

test('in the background a provider that may have begun is not left', async () => {
  main.reply('hang-before-headers')
  await using server = await startServer({
    upstream: main,
    settings: settings({ OPENAI_BACKGROUND: 'true', MAX_ATTEMPTS: '1' }),
  })
  await using stream = await server.client().send({ content: 'Oi' })
  expect(await stream.end()).toMatchObject({ status: 'failed', code: 'UPSTREAM_TIMEOUT' })
  expect(backup.requests).toEqual([])
})

test('kill -9 while the second provider writes loses nothing that was shown, and the reply ends', async () => {
  await using folder = await temporaryFolder()
  main.reply('server-error')
  const gate = backup.hold({ tokens: ['Um', ' rio'] })
  const options = { upstream: main, folder, settings: settings() }
  let cookie: string | undefined
  let start: { runId: string; conversationId: string }
  {
    await using server = await startProcess(options)
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    await gate.next()
    await stream.untilText('Um')
    start = stream.start
    cookie = client.cookie
    await server.kill('SIGKILL')
  }
  await using server = await startProcess(options)
  const client = server.client()
  client.cookie = cookie
  await using stream = await client.follow(start.runId)
  expect(await stream.end()).toMatchObject({ status: 'interrupted' })
  expect(stream.text).toBe('Um')
  expect(server.rows('select id from messages')).toHaveLength(2)
  gate.open()
})
