import { describe, expect, test } from 'vitest'
import type { Timing } from '../../src/protocol/events.ts'
import type { TestClient, TestStream } from '../harness/client.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const PRICES = { MODEL_PRICES: 'test-model=1/0.1/2', PRICES_CURRENCY: 'BRL' }

/** The end of a reply as its readers see it, now and later, and its message. All of them agree. */
async function endOf(client: TestClient, stream: TestStream) {
  const end = await stream.end()
  const { runId, conversationId, messageId } = stream.start
  await using late = await client.follow(runId, 1)
  expect(await late.end()).toEqual(end)
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  const message = body.messages.find(({ id }) => id === messageId)
  expect(message).toMatchObject({ timing: end.timing, cost: end.cost ?? null, usage: end.usage ?? null })
  return end
}

function expectOrder({ firstTokenMs, reasoningMs, totalMs }: Timing): void {
  for (const part of [firstTokenMs, reasoningMs]) expect(part ?? 0).toBeLessThanOrEqual(totalMs)
}

describe('a reply says how long it took', () => {
  test('to its first word, for its reasoning, and in total', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ reasoning: ['Hm', ' hm'], tokens: ['um', ' dois'], delayMs: 5 })
    await using server = await startServer({ upstream })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    const { timing } = await endOf(client, stream)
    expect(timing?.reasoningMs).toBeGreaterThan(0)
    expect(timing?.firstTokenMs).toBeGreaterThanOrEqual(timing?.reasoningMs ?? Infinity)
    expectOrder(timing as Timing)
  })

  test('when it is stopped', async () => {
    await using upstream = await createUpstream()
    const gate = upstream.hold({ tokens: ['um', ' dois'] })
    await using server = await startServer({ upstream, settings: PRICES })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    await gate.next()
    await stream.untilText('um')
    await client.post(`/api/chat/runs/${stream.start.runId}/stop`)
    const end = await endOf(client, stream)
    expect(end).toMatchObject({ status: 'stopped', timing: { reasoningMs: null } })
    expect(end.timing?.firstTokenMs).not.toBeNull()
    expectOrder(end.timing as Timing)
    expect(end.cost).toBeUndefined()
  })

  test('when it fails before its first word', async () => {
    await using upstream = await createUpstream()
    upstream.reply('unauthorized')
    await using server = await startServer({ upstream })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    const { timing } = await endOf(client, stream)
    expect(timing).toEqual({ firstTokenMs: null, reasoningMs: null, totalMs: expect.any(Number) })
  })

  test('when it declines', async () => {
    await using upstream = await createUpstream()
    upstream.reply('refusal')
    await using server = await startServer({ upstream })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    expect((await endOf(client, stream)).timing?.firstTokenMs).not.toBeNull()
  })
})

describe('a reply says what it cost', () => {
  test('if its model has a price', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ usage: { input: 1000, output: 100, cached: 500 } })
    await using server = await startServer({ upstream, settings: PRICES })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    expect((await endOf(client, stream)).cost).toEqual({ amount: 0.00075, currency: 'BRL' })
  })

  test('if it fails after the provider reported usage', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ usage: { input: 1000, output: 100 }, ending: 'output-limit' })
    await using server = await startServer({ upstream, settings: PRICES })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    expect(await endOf(client, stream)).toMatchObject({ status: 'failed', cost: { amount: 0.0012 } })
  })

  test.each([
    ['another model has a price', { MODEL_PRICES: 'test=1/2' }],
    ['no model has one', {}],
  ])('but not if %s', async (_name, settings) => {
    await using upstream = await createUpstream()
    upstream.reply({ usage: { input: 1000, output: 100 } })
    await using server = await startServer({ upstream, settings })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    const end = await endOf(client, stream)
    expect(end.usage).toBeDefined()
    expect(end.cost).toBeUndefined()
  })
})
