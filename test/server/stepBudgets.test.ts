import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import { defineTools, tool } from '../../src/server/tools/hostTools.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { settingsOf, startServer, type TestServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { MortalServer, nextPort } from '../proof/mortalServer.ts'
import { createUpstream } from '../upstream/upstream.ts'

const SETTINGS = { TITLES: 'words', OPENAI_MAX_OUTPUT_TOKENS: '1000' }
/** A reply that calls a tool, of 1,500 tokens. */
const CALLS = {
  tokens: ['Vejo. '],
  calls: [{ name: 'olha', arguments: '{}' }],
  usage: { input: 1000, output: 500 },
}

function olha(run: () => unknown = () => 'nada') {
  return defineTools({ olha: tool({ description: 'Looks.', schema: z.object({}), run }) })
}

function all(server: TestServer) {
  const [row] = server.rows("select tokens, reserved_tokens reserved from spending_sums where scope = 'all'")
  return { tokens: Number(row?.['tokens']), reserved: Number(row?.['reserved']) }
}

test('a request that no longer fits ends the reply in words, and what was shown stays', async () => {
  await using upstream = await createUpstream()
  const settings = { ...SETTINGS, BUDGET_TOKENS_PER_MONTH: '2000' }
  await using server = await startServer({ upstream, settings, tools: olha() })
  upstream.replyOnce(CALLS)
  upstream.reply({ tokens: ['Não.'] })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' }, { 'accept-language': 'en' })
  expect(await stream.end()).toMatchObject({
    status: 'failed',
    code: 'BUDGET_REACHED',
    message: ERROR_MESSAGES.en.BUDGET_REACHED,
    retryable: true,
    retryAfter: expect.any(Number),
    usage: { inputTokens: 1000, outputTokens: 500 },
  })
  const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body.messages.at(-1)?.parts).toMatchObject([
    { type: 'text', text: 'Vejo. ' },
    { type: 'tool', status: 'completed', content: 'nada' },
  ])
  expect(upstream.requests.length).toBe(1)
  await expect.poll(() => all(server)).toEqual({ tokens: 1500, reserved: 0 })
})

test('while a reply goes on it holds what it has used, and what its next request may use', async () => {
  await using upstream = await createUpstream()
  const settings = { ...SETTINGS, BUDGET_TOKENS_PER_MONTH: '100000' }
  await using server = await startServer({ upstream, settings, tools: olha() })
  upstream.replyOnce(CALLS)
  const gate = upstream.hold({ tokens: ['Um', ' rio'], usage: { input: 2000, output: 100 } })
  await using stream = await server.client().send({ content: 'Oi' })
  await gate.next(1)
  await stream.untilText('Um')
  const [held] = server.rows('select tokens, input_tokens, counted_tokens from spending_reservations')
  const input = Number(held?.['input_tokens'])
  expect(input).toBeGreaterThan(0)
  expect(held).toEqual({ tokens: 1500 + input + 1000, input_tokens: input, counted_tokens: 1500 })
  expect(all(server)).toEqual({ tokens: 0, reserved: 1500 + input + 1000 })
  gate.open()
  expect(await stream.end()).toMatchObject({ usage: { inputTokens: 3000, outputTokens: 600 } })
  await expect.poll(() => all(server)).toEqual({ tokens: 3600, reserved: 0 })
})

test('a reply that is stopped in its second request counts the first, and of the second what is known', async () => {
  await using upstream = await createUpstream()
  const settings = { ...SETTINGS, BUDGET_TOKENS_PER_MONTH: '100000' }
  await using server = await startServer({ upstream, settings, tools: olha() })
  upstream.replyOnce(CALLS)
  const gate = upstream.hold({ tokens: ['Um', ' rio'] })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await gate.next(1)
  await stream.untilText('Um')
  const [held] = server.rows('select input_tokens from spending_reservations')
  await client.post(`/api/chat/runs/${stream.start.runId}/stop`)
  expect(await stream.end()).toMatchObject({
    status: 'stopped',
    usage: { inputTokens: 1000, outputTokens: 500 },
  })
  const expected = 1500 + Number(held?.['input_tokens']) + 1
  await expect.poll(() => all(server)).toEqual({ tokens: expected, reserved: 0 })
  gate.open()
})

test.skipIf(onPostgres)(
  'a reply whose process dies in its second request counts the first, and of the second what is known',
  async () => {
    await using upstream = await createUpstream()
    await using folder = await temporaryFolder()
    const settings = { ...SETTINGS, BUDGET_TOKENS_PER_MONTH: '100000' }
    const port = nextPort()
    const own = { LEDGER: join(folder.path, 'ledger'), PORT: String(port) }
    await using mortal = new MortalServer({ ...settingsOf({ upstream, settings }, folder), ...own }, port)
    await mortal.start()
    upstream.replyOnce({ ...CALLS, calls: [{ name: 'conta', arguments: '{"linha":"uma"}' }] })
    const gate = upstream.hold({ tokens: ['Um', ' rio'] })
    await using stream = await mortal.client().send({ content: 'Oi' })
    await gate.next(1)
    await stream.untilText('Um')
    await mortal.kill()
    gate.open()
    await using server = await startServer({ upstream, folder, settings })
    await expect.poll(() => all(server)).toMatchObject({ reserved: 0 })
    const { tokens } = all(server)
    expect(tokens).toBeGreaterThan(1501)
    // The definitions of all tools count, and the longest answer, of 1,000 tokens, does not.
    expect(tokens).toBeLessThan(3000)
  },
  60_000,
)

test('ten replies that ask again at once use no more than the budget', async () => {
  const BUDGET = 22_000
  await using upstream = await createUpstream()
  const waiting = Promise.withResolvers<void>()
  let called = 0
  const tools = olha(async () => {
    if (++called === 10) waiting.resolve()
    await waiting.promise
    return 'nada'
  })
  const settings = { ...SETTINGS, BUDGET_TOKENS_PER_MONTH: String(BUDGET) }
  await using server = await startServer({ upstream, settings, tools })
  upstream.reply(({ body }) =>
    JSON.stringify(body).includes('nada')
      ? { tokens: ['Sim.'], usage: { input: 100, output: 1000 } }
      : { ...CALLS, usage: { input: 1000, output: 600 } },
  )
  const ends = await Promise.all(
    Array.from({ length: 10 }, async () => {
      await using stream = await server.client().send({ content: 'Oi' })
      return await stream.end()
    }),
  )
  const completed = ends.filter(({ status }) => status === 'completed').length
  const refused = ends.filter(({ code = '' }) => ['TOO_MANY_RUNS', 'BUDGET_REACHED'].includes(code)).length
  expect([completed > 0, refused > 0, completed + refused]).toEqual([true, true, 10])
  await expect.poll(() => all(server)).toEqual({ tokens: 16_000 + completed * 1100, reserved: 0 })
  expect(all(server).tokens).toBeLessThanOrEqual(BUDGET)
  expect(upstream.requests.length).toBe(10 + completed)
})
