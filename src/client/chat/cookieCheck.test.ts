import { expect, test } from 'vitest'
import { STARTED, say, sends, serve, startChat } from '../testing/startChat.ts'

const NEW = { 'riacho-owner': 'new' }

test('where no cookie is kept nothing is sent, the page says so, and the text stays', async () => {
  await using server = await serve({
    'GET /api/chat/conversations?limit=30': call =>
      call.json(200, { conversations: [], nextCursor: null }, NEW),
  })
  using chat = startChat(server)
  await expect.poll(() => chat.client.getState().notice).toBe('COOKIES_LOST')
  chat.client.dismissNotice()
  say(chat, 'oi')
  expect(chat.current()).toMatchObject({ draft: 'oi', outgoing: null })
  expect(chat.client.getState().notice).toBe('COOKIES_LOST')
  expect(sends(server)).toEqual([])
})

test('a browser that is new is not taken for one that keeps no cookies', async () => {
  let lists = 0
  await using server = await serve({
    'GET /api/chat/conversations?limit=30': call =>
      call.json(200, { conversations: [], nextCursor: null }, lists++ === 0 ? NEW : {}),
    'POST /api/chat/send': call => call.stream().write(1, [STARTED]),
  })
  using chat = startChat(server)
  await expect.poll(() => lists).toBe(2)
  say(chat, 'oi')
  await expect.poll(() => sends(server).length).toBe(1)
  expect(chat.client.getState().notice).toBeNull()
})
