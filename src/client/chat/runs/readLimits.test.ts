import { expect, test } from 'vitest'
import type { Limit } from '../../../protocol/responses.ts'
import { COMPLETED, OLA, STARTED, say, sends, serve, startChat } from '../../testing/startChat.ts'

const LIMITS = 'GET /api/chat/limits'

const messages = (used: number): Limit => ({ kind: 'messages', limit: 5, used, resetsAt: 1 })

test('the limits are read at the start and after each reply', async () => {
  let reads = 0
  await using server = await serve({
    [LIMITS]: call => call.json(200, { limits: [messages(reads++)] }),
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
  })
  using chat = startChat(server)
  await expect.poll(() => chat.client.getState().limits).toEqual([messages(0)])
  say(chat, 'oi')
  await expect.poll(() => chat.client.getState().limits).toEqual([messages(1)])
})

test('a server without limits is asked once', async () => {
  await using server = await serve({
    [LIMITS]: call => call.json(200, { limits: [] }),
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
  })
  using chat = startChat(server)
  await expect.poll(() => chat.client.getState().limits).toEqual([])
  say(chat, 'oi')
  await expect.poll(chat.texts).toEqual(['oi', 'Olá'])
  await expect.poll(() => chat.current().run).toBeNull()
  expect(server.calls.filter(({ name }) => name === LIMITS)).toHaveLength(1)
})

test('a limit that is reached is read also if there was none before', async () => {
  let limits: Limit[] = []
  await using server = await serve({
    [LIMITS]: call => call.json(200, { limits }),
    'POST /api/chat/send': call => call.refuse(429, 'LIMIT_REACHED', { 'retry-after': '40000' }),
  })
  using chat = startChat(server)
  await expect.poll(() => chat.client.getState().limits).toEqual([])
  limits = [messages(5)]
  say(chat, 'oi')
  await expect.poll(() => chat.client.getState().limits).toEqual([messages(5)])
})

test.each(['TOO_MANY_RUNS', 'LIMIT_REACHED', 'BUDGET_REACHED', 'GROUP_BUDGET_REACHED'] as const)(
  'a message that is refused as %s is sent once, stays in the draft, and keeps its id',
  async code => {
    await using server = await serve({
      'POST /api/chat/send': call => call.refuse(429, code, { 'retry-after': '40000' }),
    })
    using chat = startChat(server)
    say(chat, 'oi')
    await expect.poll(() => chat.client.getState().notice).toBe(code)
    expect(chat.current()).toMatchObject({ outgoing: null, draft: 'oi' })
    expect(sends(server)).toHaveLength(1)
    chat.client.send()
    await expect.poll(() => sends(server).length).toBe(2)
    expect(new Set(sends(server).map(body => JSON.stringify(body))).size).toBe(1)
  },
)
