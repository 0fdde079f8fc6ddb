import { expect, test } from 'vitest'
import type { Conversation } from '../../../protocol/responses.ts'
import type { EventWriter } from '../../testing/scriptedServer.ts'
import { COMPLETED, conversation, OLA, STARTED, say, serve, startChat } from '../../testing/startChat.ts'

const PROVISIONAL = { title: 'Olá, tudo', titleStatus: 'provisional' } as const

test('the title of a new conversation streams in once its first reply is whole', async () => {
  let title: EventWriter | undefined
  let stored: Partial<Conversation> = PROVISIONAL
  await using server = await serve({
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
    'POST /api/chat/conversations/c1/title': call => {
      title = call.stream().raw('data: {"content":"Pão"}\n\n')
    },
    'GET /api/chat/conversations?limit=30': call =>
      call.json(200, { conversations: [conversation('c1', stored).conversation], nextCursor: null }),
  })
  using chat = startChat(server)
  const listed = () => chat.client.getState().list.conversations[0]?.title
  say(chat, 'oi')
  await expect.poll(() => chat.current().conversation?.title).toBe('Pão')
  await expect.poll(listed).toBe('Pão')
  title?.raw('data: {"content":" e lei')
  title?.raw('te"}\n\n')
  await expect.poll(listed).toBe('Pão e leite')
  chat.browser.hint('c9')
  stored = { title: 'Pão e leite.' }
  title?.raw('event: title-end\ndata: {"title":"Pão e leite."}\n\n').end()
  await expect.poll(() => chat.browser.hints).toEqual(['c1', 'c1'])
  await expect
    .poll(() => chat.current().conversation)
    .toMatchObject({ title: 'Pão e leite.', titleStatus: 'final' })
})

test('a title that the person gives meanwhile is not overwritten by one that is still coming', async () => {
  let title: EventWriter | undefined
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, withReply()),
    'PATCH /api/chat/conversations/c1': call => call.json(200, conversation('c1', { title: 'Minha' })),
    'POST /api/chat/conversations/c1/title': call => {
      title = call.stream().raw('data: {"content":"Sua"}\n\n')
    },
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().conversation?.title).toBe('Sua')
  await chat.client.rename('c1', 'Minha')
  title?.raw('data: {"content":" vez"}\n\n').raw('event: title-end\ndata: {"title":"Minha"}\n\n').end()
  await expect.poll(() => chat.browser.hints.length).toBe(2)
  expect(chat.current().conversation?.title).toBe('Minha')
})

test('a title that stayed as it was is no news for other tabs', async () => {
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, withReply()),
    'POST /api/chat/conversations/c1/title': call =>
      call.stream().raw(`event: title-end\ndata: {"title":"${PROVISIONAL.title}"}\n\n`).end(),
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().conversation?.titleStatus).toBe('final')
  await expect.poll(() => server.calls.filter(({ name }) => name.includes('?limit')).length).toBe(2)
  expect(chat.browser.hints).toEqual([])
})

test('a title that cannot be made leaves the first words', async () => {
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, withReply()),
    'POST /api/chat/conversations/c1/title': call => call.refuse(503, 'SHUTTING_DOWN'),
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => server.calls.filter(({ name }) => name.endsWith('/title')).length).toBe(1)
  expect(chat.current().conversation?.title).toBe(PROVISIONAL.title)
  expect(chat.client.getState().notice).toBeNull()
})

function withReply() {
  const read = conversation('c1', { ...PROVISIONAL, headMessageId: 'a1' })
  const reply = { id: 'a1', role: 'ASSISTANT', parentId: 'u1', parts: [], status: 'completed' }
  return { ...read, messages: [reply] }
}
