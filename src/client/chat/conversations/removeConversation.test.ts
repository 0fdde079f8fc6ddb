import { expect, test } from 'vitest'
import type { Call } from '../../testing/scriptedServer.ts'
import { conversation, serve, startChat } from '../../testing/startChat.ts'
import { textMessage } from '../../testing/states.ts'

test('deleting the conversation on the screen shows a new one', async () => {
  await using server = await serve({
    'DELETE /api/chat/conversations/c1': call => {
      call.response.writeHead(204).end()
    },
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  expect(await chat.client.remove('c1')).toBe(true)
  expect(chat.current().status).toBe('new')
  expect(chat.browser.path).toBeNull()
})

test('deleting can be undone: the conversation comes back to the screen, with its draft', async () => {
  await using server = await serve({
    'DELETE /api/chat/conversations/c1': call => {
      call.response.writeHead(204).end()
    },
    'POST /api/chat/conversations/c1/restore': call => call.json(200, conversation('c1')),
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  chat.client.setDraft('quase')
  await chat.client.remove('c1')
  expect(chat.client.getState().removed).toMatchObject([{ id: 'c1', title: 'Título c1' }])
  expect(await chat.client.restore('c1')).toBe(true)
  expect(chat.client.getState().removed).toEqual([])
  await expect.poll(() => chat.current()).toMatchObject({ id: 'c1', status: 'ready', draft: 'quase' })
})

test('who went elsewhere while a deletion was being undone stays there', async () => {
  let held: Call | undefined
  let isHeld = false
  await using server = await serve({
    'GET /api/chat/conversations?limit=30': call => {
      if (isHeld) held = call
      else call.json(200, { conversations: [], nextCursor: null })
    },
    'DELETE /api/chat/conversations/c1': call => {
      call.response.writeHead(204).end()
    },
    'POST /api/chat/conversations/c1/restore': call => call.json(200, conversation('c1')),
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  await chat.client.remove('c1')
  isHeld = true
  const restored = chat.client.restore('c1')
  await expect.poll(() => chat.browser.hints).toEqual(['c1', 'c1'])
  await expect.poll(() => held).toBeDefined()
  chat.client.open('c2')
  isHeld = false
  held?.json(200, { conversations: [], nextCursor: null })
  expect(await restored).toBe(true)
  expect(chat.current().id).toBe('c2')
})

test('what is too late to be undone says so, and is offered no more', async () => {
  await using server = await serve({
    'DELETE /api/chat/conversations/c1': call => {
      call.response.writeHead(204).end()
    },
  })
  using chat = startChat(server)
  await chat.client.remove('c1')
  expect(await chat.client.restore('c1')).toBe(false)
  expect(chat.client.getState()).toMatchObject({ removed: [], notice: 'NOT_FOUND' })
})

test('what is kept of a deleted conversation is erased when that cannot be undone any more', async () => {
  await using server = await serve({
    'DELETE /api/chat/conversations/c1': call => {
      call.response.writeHead(204).end()
    },
    'GET /api/chat/conversations/c1': call =>
      call.json(200, { ...conversation('c1'), messages: [textMessage('u1', null, 'USER')] }),
  })
  using chat = startChat(server, { path: 'c1' })
  const { localStorage, tabStorage } = chat.browser
  await expect.poll(() => chat.current().status).toBe('ready')
  chat.client.setDraft('quase')
  chat.client.setAttachments([{ name: 'nota', text: 'segredo' }])
  chat.client.edit('u1')
  tabStorage.write('riacho.queue.c1', '[]')
  await chat.client.remove('c1')
  const kept = () => [...localStorage.keys('riacho.'), ...tabStorage.keys('riacho.')]
  expect(kept()).toContain('riacho.draft.c1.files')
  chat.client.forgetRemoved('c1')
  expect(kept()).toEqual([])
})

test('erasing everything forgets what was typed, and tells the other tabs', async () => {
  let isErased = false
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => {
      if (isErased) call.refuse(404, 'NOT_FOUND')
      else call.json(200, conversation('c1'))
    },
    'DELETE /api/chat/owner': call => {
      call.response.writeHead(204).end()
    },
  })
  using chat = startChat(server)
  chat.client.setDraft('segredo')
  expect(await chat.client.eraseAll()).toBe(true)
  expect(chat.browser.localStorage.read('riacho.draft.new')).toBeNull()
  using other = startChat(server, { path: 'c1' })
  await expect.poll(() => other.current().status).toBe('ready')
  const reads = () => server.calls.filter(({ name }) => name === 'GET /api/chat/conversations/c1').length
  other.client.setDraft('outro segredo')
  isErased = true
  other.browser.hint(chat.browser.hints[0] ?? '')
  await expect.poll(reads).toBe(2)
  await expect.poll(() => other.current().status).toBe('not-found')
  expect(other.browser.localStorage.keys('riacho.draft.')).toEqual([])
})
