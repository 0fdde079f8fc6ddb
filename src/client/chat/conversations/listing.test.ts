import { expect, test } from 'vitest'
import type { Call } from '../../testing/scriptedServer.ts'
import { conversation, serve, startChat } from '../../testing/startChat.ts'

const LIST = 'GET /api/chat/conversations?limit=30'
const rows = (...ids: string[]) => ids.map(id => conversation(id).conversation)

test('a list that was asked for before a deletion or another title does not bring the old back', async () => {
  const held: Call[] = []
  let isHolding = false
  let stored = rows('c1', 'c2')
  const answer = (call: Call, conversations = stored) => call.json(200, { conversations, nextCursor: null })
  await using server = await serve({
    [LIST]: call => {
      if (isHolding) held.push(call)
      else answer(call)
    },
    'DELETE /api/chat/conversations/c1': call => {
      stored = stored.filter(({ id }) => id !== 'c1')
      call.response.writeHead(204).end()
    },
    'PATCH /api/chat/conversations/c2': call => {
      const renamed = conversation('c2', { title: 'Mares' })
      stored = [renamed.conversation]
      call.json(200, renamed)
    },
  })
  using chat = startChat(server)
  const shown = () => chat.client.getState().list.conversations.map(({ title }) => title)
  await expect.poll(shown).toEqual(['Título c1', 'Título c2'])
  const seen: string[] = []
  for (const change of [() => chat.client.remove('c1'), () => chat.client.rename('c2', 'Mares')]) {
    const before = stored
    isHolding = true
    chat.client.refresh()
    await expect.poll(() => held.length).toBe(1)
    expect(await change()).toBe(true)
    const expected = shown()
    const stop = chat.client.subscribe(() => seen.push(shown().join()))
    isHolding = false
    const asked = server.calls.filter(({ name }) => name === LIST).length
    for (const call of held.splice(0)) answer(call, before)
    await expect.poll(() => server.calls.filter(({ name }) => name === LIST).length).toBe(asked + 1)
    await chat.client.call({ method: 'GET', path: '/api/chat/assistants' })
    stop()
    expect(shown()).toEqual(expected)
    expect(seen.every(each => each === expected.join())).toBe(true)
    seen.length = 0
  }
  expect(shown()).toEqual(['Mares'])
})

test('the list and the assistants are asked for until a server that was away is there', async () => {
  let isAway = true
  const away = (call: Call, answer: unknown) => (isAway ? call.response.destroy() : call.json(200, answer))
  await using server = await serve({
    [LIST]: call => away(call, { conversations: rows('c1'), nextCursor: null }),
    'GET /api/chat/assistants': call => away(call, { assistants: [] }),
  })
  using chat = startChat(server)
  await expect.poll(() => chat.client.getState().list.status).toBe('failed')
  expect(chat.client.getState().assistants).toBeNull()
  isAway = false
  await expect.poll(() => chat.client.getState().list.status).toBe('ready')
  await expect.poll(() => chat.client.getState().assistants).toEqual([])
})
