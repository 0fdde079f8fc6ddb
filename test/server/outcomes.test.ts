import { describe, expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import type { RunErrorCode } from '../../src/protocol/errors.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream, type Scenario } from '../upstream/upstream.ts'

/** With `partial`, text arrives before the failure. */
const FAILURES: { scenario: Scenario; code: RunErrorCode; partial?: true }[] = [
  { scenario: 'eof', code: 'UPSTREAM_TRUNCATED', partial: true },
  { scenario: 'reset', code: 'UPSTREAM_TRUNCATED', partial: true },
  { scenario: 'error', code: 'UPSTREAM_OVERLOADED', partial: true },
  { scenario: 'flat-error', code: 'UPSTREAM_OVERLOADED', partial: true },
  { scenario: 'failed', code: 'UPSTREAM_QUOTA', partial: true },
  { scenario: 'output-limit', code: 'OUTPUT_LIMIT', partial: true },
  { scenario: 'content-filter', code: 'CONTENT_FILTERED', partial: true },
  { scenario: 'malformed', code: 'UPSTREAM_ERROR', partial: true },
  { scenario: 'hang-between-tokens', code: 'UPSTREAM_TIMEOUT', partial: true },
  { scenario: 'hang-before-headers', code: 'UPSTREAM_TIMEOUT' },
  { scenario: 'hang-before-text', code: 'UPSTREAM_TIMEOUT' },
  { scenario: 'html-page', code: 'UPSTREAM_ERROR' },
  { scenario: 'unauthorized', code: 'UPSTREAM_AUTH' },
  { scenario: 'quota', code: 'UPSTREAM_QUOTA' },
  { scenario: 'rate-limit', code: 'UPSTREAM_RATE_LIMIT' },
  { scenario: 'rate-limit-retry-after', code: 'UPSTREAM_RATE_LIMIT' },
  { scenario: 'overloaded', code: 'UPSTREAM_OVERLOADED' },
  { scenario: 'server-error', code: 'UPSTREAM_ERROR' },
  { scenario: 'bad-gateway', code: 'UPSTREAM_ERROR' },
  { scenario: 'model-not-found', code: 'MODEL_NOT_FOUND' },
  { scenario: 'context-too-long', code: 'CONTEXT_TOO_LONG' },
]

const IMPATIENT = {
  MAX_ATTEMPTS: '1',
  OPENAI_FIRST_BYTE_TIMEOUT_MS: '300',
  OPENAI_IDLE_TIMEOUT_MS: '300',
}

describe('a provider failure ends the run with its code and a sentence, and keeps the text', () => {
  for (const { scenario, code, partial } of FAILURES) {
    test(`${scenario}: ${code}`, async () => {
      await using upstream = await createUpstream()
      upstream.reply(scenario)
      await using server = await startServer({ upstream, settings: IMPATIENT })
      const client = server.client()
      await using stream = await client.send({ content: 'Oi' }, { 'accept-language': 'en' })
      const end = await stream.end()
      expect(end).toMatchObject({ status: 'failed', code, message: ERROR_MESSAGES.en[code] })
      expect(stream.text !== '').toBe(partial === true)
      const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
      expect(body.messages[1]).toMatchObject({ status: 'failed', code, retryable: end.retryable })
      expect(body.messages[1]?.parts).toEqual(partial ? [{ id: '1', type: 'text', text: stream.text }] : [])
      expect(body.activeRun).toBeNull()
      expect(stream.raw).not.toContain('sk-test')
    })
  }
})

test('a provider that sends on to another address is not followed, and the key goes nowhere else', async () => {
  await using elsewhere = await createUpstream()
  await using upstream = await createUpstream()
  for (const status of [302, 307, 308]) {
    upstream.reply({ status, headers: { location: `${elsewhere.url}/responses` } })
    await using server = await startServer({ upstream, settings: IMPATIENT })
    await using stream = await server.client().send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'failed', code: 'UPSTREAM_ERROR' })
  }
  expect(elsewhere.requests).toEqual([])
})

test('a server that does not answer is UPSTREAM_UNREACHABLE', async () => {
  await using server = await startServer({ upstream: { url: 'http://127.0.0.1:9/v1' }, settings: IMPATIENT })
  await using stream = await server.client().send({ content: 'Oi' })
  expect(await stream.end()).toMatchObject({
    status: 'failed',
    code: 'UPSTREAM_UNREACHABLE',
    retryable: true,
  })
})

describe('a failure before the first byte', () => {
  test('is asked again, after the time the provider named, and the reader is told', async () => {
    await using upstream = await createUpstream()
    upstream.replyOnce({ status: 429, headers: { 'retry-after-ms': '40' }, body: { error: { code: 'x' } } })
    upstream.reply({ tokens: ['Sim.'] })
    await using server = await startServer({ upstream })
    await using stream = await server.client().send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    expect(stream.frames.map(({ event }) => event.type)).toEqual([
      'run-start',
      'run-retry',
      'text-delta',
      'run-end',
    ])
    expect(stream.frames[1]?.event).toMatchObject({ attempt: 1, code: 'UPSTREAM_RATE_LIMIT' })
    expect(upstream.requests.length).toBe(2)
  })

  test('is asked at most three times', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ status: 500, headers: { 'retry-after-ms': '10' }, body: {} })
    await using server = await startServer({ upstream })
    await using stream = await server.client().send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'failed', code: 'UPSTREAM_ERROR' })
    expect(upstream.requests.length).toBe(3)
  })

  test('ends the run if the provider asks for too long a wait, and tells the person the wait', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ status: 429, headers: { 'retry-after': '600' }, body: {} })
    await using server = await startServer({ upstream })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ code: 'UPSTREAM_RATE_LIMIT', retryAfter: 600 })
    expect(upstream.requests.length).toBe(1)
    const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
    expect(body.messages[1]?.retryAfter).toBe(600)
  })
})

test('a failure after the first byte is never asked again', async () => {
  await using upstream = await createUpstream()
  upstream.reply('reset')
  await using server = await startServer({ upstream })
  await using stream = await server.client().send({ content: 'Oi' })
  expect(await stream.end()).toMatchObject({ code: 'UPSTREAM_TRUNCATED' })
  expect(upstream.requests.length).toBe(1)
})

test('a failed reply is retried below the same question, and repeats of the request make one retry', async () => {
  await using upstream = await createUpstream()
  upstream.replyOnce('eof')
  upstream.reply({ tokens: ['Sim.'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using failed = await client.send({ content: 'Oi' })
  await failed.end()
  const body = { userMessageId: failed.start.userMessageId, clientRunId: crypto.randomUUID() }
  const streams = await Promise.all([client.tab().retry(body), client.tab().retry(body)])
  await Promise.all(streams.map(stream => stream.end()))
  expect(streams.map(stream => stream.text)).toEqual(['Sim.', 'Sim.'])
  expect(upstream.requests.length).toBe(2)
  expect(JSON.stringify((await upstream.request(1)).body.input)).not.toContain('assistant')

  const read = await client.get(`/api/chat/conversations/${failed.start.conversationId}`)
  expect(read.body.messages.length).toBe(3)
  const [question, first, second] = read.body.messages
  expect([first?.parentId, second?.parentId]).toEqual([question?.id, question?.id])
  expect(read.body.conversation.headMessageId).toBe(second?.id)
})

describe('a reply that reaches the longest length ends as OUTPUT_LIMIT', () => {
  const settings = { MAX_REPLY_LENGTH: '1000' }
  /** Characters of two UTF-16 units: the last one does not fit in whole. */
  const TOKENS = ['a', ...Array<string>(50).fill('🌊'.repeat(100))]
  const KEPT = `a${'🌊'.repeat(499)}`

  test('and keeps what was shown, and closes the provider', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ tokens: TOKENS, ending: 'hang' })
    await using server = await startServer({ upstream, settings })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'failed', code: 'OUTPUT_LIMIT', retryable: true })
    expect(stream.text).toBe(KEPT)
    expect(await (await upstream.request(0)).closed).toBe('client')
    const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
    expect(body.messages[1]).toMatchObject({ status: 'failed', code: 'OUTPUT_LIMIT' })
    expect(body.messages[1]?.parts).toEqual([{ id: '1', type: 'text', text: KEPT }])
  })

  test('with reasoning alone', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ reasoning: Array<string>(20).fill('hm '.repeat(20)), tokens: ['fim'] })
    await using server = await startServer({ upstream, settings })
    await using stream = await server.client().send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'failed', code: 'OUTPUT_LIMIT' })
    expect(stream.text).toBe('')
  })

  test('with what it continues, and then the provider is not asked', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ tokens: ['x'.repeat(2000)] })
    await using server = await startServer({ upstream, settings })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    await stream.end()
    const { userMessageId, messageId, conversationId } = stream.start
    await using rest = await client.retry({ userMessageId, continueMessageId: messageId })
    expect(await rest.end()).toMatchObject({ status: 'failed', code: 'OUTPUT_LIMIT' })
    expect(upstream.requests.length).toBe(1)
    const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
    expect(body.messages[2]?.parts).toEqual([
      { id: '1', type: 'text', text: 'x'.repeat(1000) },
      { id: '2', type: 'break', status: 'failed', code: 'OUTPUT_LIMIT' },
    ])
  })
})
