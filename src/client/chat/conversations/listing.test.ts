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
    'GET /api/chat/assistants': call => away(call, { assistants: [], sharing: 'anyone' }),
  })
  using chat = startChat(server)
  await expect.poll(() => chat.client.getState().list.status).toBe('failed')
  expect(chat.client.getState().assistants).toBeNull()
  isAway = false
  await expect.poll(() => chat.client.getState().list.status).toBe('ready')
  await expect.poll(() => chat.client.getState().assistants).toEqual([])
})

test('the archived ones have a list of their own, and one that is taken out of it leaves it', async () => {
  let archived = [conversation('c2', { archived: true }).conversation]
  await using server = await serve({
    'GET /api/chat/conversations?limit=30': call =>
      call.json(200, { conversations: [conversation('c1').conversation], nextCursor: null }),
    'GET /api/chat/conversations?limit=30&archived=true': call =>
      call.json(200, { conversations: archived, nextCursor: null }),
    'PATCH /api/chat/conversations/c2': call => {
      archived = []
      call.json(200, conversation('c2'))
    },
  })
  using chat = startChat(server)
  const shown = () => chat.client.getState().list.conversations.map(({ id }) => id)
  await expect.poll(shown).toEqual(['c1'])
  chat.client.showArchived(true)
  expect(chat.client.getState().list).toMatchObject({ archived: true, status: 'loading' })
  await expect.poll(shown).toEqual(['c2'])
  await chat.client.setArchived('c2', false)
  expect(shown()).toEqual([])
  chat.client.showArchived(false)
  await expect.poll(shown).toEqual(['c1'])
})

test('a refresh keeps the part of a long list that lies below what it reads', async () => {
  const all = Array.from({ length: 160 }, (_, index) => conversation(`n${index}`).conversation)
  const page = (start: number, limit: number) => ({
    conversations: all.slice(start, start + limit),
    nextCursor: all[start + limit]?.id ?? null,
  })
  const path = 'GET /api/chat/conversations?limit='
  const later = [30, 60, 90, 120].map(start => [`${path}30&cursor=n${start}`, start] as const)
  await using server = await serve({
    [`${path}30`]: call => call.json(200, page(0, 30)),
    [`${path}100`]: call => call.json(200, page(0, 100)),
    ...Object.fromEntries(
      later.map(([name, start]) => [name, (call: Call) => call.json(200, page(start, 30))]),
    ),
  })
  using chat = startChat(server)
  const list = () => chat.client.getState().list
  await expect.poll(() => list().status).toBe('ready')
  for (const _ of later) await chat.client.loadMore()
  expect(list().conversations.length).toBe(150)
  all.splice(3, 1)
  all.unshift(conversation('nova').conversation, conversation('outra').conversation)
  chat.client.refresh()
  await expect.poll(() => list().conversations[0]?.id).toBe('nova')
  expect(list().conversations).toEqual(all.slice(0, 151))
  expect(list().nextCursor).toBe('n150')
})
