import { expect, test } from 'vitest'
import type { Call, EventWriter } from '../../testing/scriptedServer.ts'
import {
  COMPLETED,
  conversation,
  OLA,
  STARTED,
  say,
  sends,
  serve,
  startChat,
} from '../../testing/startChat.ts'
import { response, textMessage } from '../../testing/states.ts'

test('leaving the conversation leaves its reply, and not a message that is still going out', async () => {
  let isAway = true
  await using server = await serve({
    'POST /api/chat/send': call => {
      if (isAway) call.response.destroy()
      else call.stream().write(1, [STARTED])
    },
  })
  using chat = startChat(server)
  say(chat, 'oi')
  await expect.poll(() => chat.current().outgoing?.waiting).toBe(true)
  chat.client.open('c2')
  await expect.poll(() => chat.current().status).toBe('ready')
  isAway = false
  await expect.poll(() => chat.client.getState().opened.length).toBe(1)
  expect(chat.browser.path).toBe('c2')
  expect(chat.current().id).toBe('c2')
})

test('a reload does not lose a message that was going out', async () => {
  let isAway = true
  await using server = await serve({
    'POST /api/chat/send': call => {
      if (isAway) call.response.destroy()
      else call.stream().write(1, [STARTED, OLA, COMPLETED]).end()
    },
  })
  using before = startChat(server)
  say(before, 'oi')
  await expect.poll(() => before.current().outgoing?.waiting).toBe(true)
  before.stop()
  isAway = false
  using after = startChat(server, { after: before.browser })
  await expect.poll(after.texts).toEqual(['oi', 'Olá'])
  expect(new Set(sends(server).map(body => JSON.stringify(body))).size).toBe(1)
  using again = startChat(server, { after: after.browser })
  expect(again.current().outgoing).toBeNull()
})

test('a draft survives a reload, one for each conversation', async () => {
  await using server = await serve({})
  using before = startChat(server)
  before.client.setDraft('nova')
  before.client.open('c1')
  before.client.setDraft('antiga')
  before.stop()
  using after = startChat(server, { after: before.browser })
  expect(after.current().draft).toBe('nova')
  after.browser.goTo('c1')
  expect(after.current().draft).toBe('antiga')
  await expect.poll(() => after.current().status).toBe('ready')
  await expect.poll(() => after.client.getState().list.status).toBe('ready')
})

test('a hint about the conversation on the screen makes it read again', async () => {
  let title = 'antes'
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, conversation('c1', { title })),
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().conversation?.title).toBe('antes')
  title = 'depois'
  chat.browser.hint('c1')
  await expect.poll(() => chat.current().conversation?.title).toBe('depois')
})

test('an unknown conversation is not found, and its draft goes to the new one', async () => {
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.refuse(404, 'NOT_FOUND'),
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('not-found')
  chat.client.setDraft('guardado')
  chat.client.open(null)
  expect(chat.current()).toMatchObject({ status: 'new', draft: 'guardado' })
})

test('a conversation that is deleted elsewhere goes off the screen, and all that is written in it to the new one', async () => {
  let isGone = false
  let events: EventWriter | undefined
  const FILE = { name: 'nota.txt', text: 'colado' }
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => {
      if (isGone) call.refuse(404, 'NOT_FOUND')
      else call.json(200, response([textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]))
    },
    'POST /api/chat/runs': call => {
      events = call.stream().write(1, [STARTED, OLA])
    },
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(chat.texts).toEqual(['u1', 'a1'])
  chat.client.retry('u1')
  await expect.poll(() => chat.current().run?.parts.length).toBe(1)
  say(chat, 'na fila')
  chat.client.setDraft('pela metade')
  chat.client.setAttachments([FILE])
  isGone = true
  chat.browser.hint('c1')
  events?.write(3, [{ type: 'run-end', status: 'stopped' }]).end()
  await expect.poll(() => chat.current().status).toBe('not-found')
  expect(chat.texts()).toEqual([])
  chat.browser.localStorage.write('riacho.draft.new', 'antes')
  chat.client.open(null)
  const written = { draft: 'antes\n\nna fila\n\npela metade', attachments: [FILE] }
  expect(chat.current()).toMatchObject({ status: 'new', ...written })
  using again = startChat(server, { after: chat.browser })
  expect(again.current()).toMatchObject({ status: 'new', ...written })
})

test('a conversation that cannot be read is read again by itself', async () => {
  let isAway = true
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => {
      if (isAway) call.response.destroy()
      else call.json(200, conversation('c1'))
    },
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('failed')
  isAway = false
  await expect.poll(() => chat.current().status).toBe('ready')
})

test('a closed conversation takes no message', async () => {
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, conversation('c1', { status: 'CLOSED' })),
    'PATCH /api/chat/conversations/c1': call => call.json(200, conversation('c1')),
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  say(chat, 'oi')
  expect(chat.current().outgoing).toBeNull()
  expect(await chat.client.setStatus('c1', 'OPEN')).toBe(true)
  expect(chat.current().conversation?.status).toBe('OPEN')
  expect(chat.browser.hints).toEqual(['c1'])
})

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
  let list: (() => void) | undefined
  let isHeld = false
  await using server = await serve({
    'GET /api/chat/conversations?limit=30': call => {
      list = () => call.json(200, { conversations: [], nextCursor: null })
      if (!isHeld) list()
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
  chat.client.open('c2')
  isHeld = false
  list?.()
  expect(await restored).toBe(true)
  expect(chat.current().id).toBe('c2')
})

test('what another tab changed while a reply was followed is read when that has ended', async () => {
  let events: EventWriter | undefined
  let title = 'antes'
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, conversation('c1', { title })),
    'POST /api/chat/send': call => {
      events = call.stream().write(1, [STARTED, OLA])
    },
  })
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  say(chat, 'oi')
  await expect.poll(chat.texts).toEqual(['oi'])
  title = 'depois'
  chat.browser.hint('c1')
  expect(chat.current().conversation?.title).toBe('antes')
  events?.write(3, [COMPLETED]).end()
  await expect.poll(() => chat.current().conversation?.title).toBe('depois')
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

test('opened at a message of another branch, a conversation changes to that branch', async () => {
  const messages = [userMessage('u1', null), userMessage('u2', 'u1'), userMessage('u3', 'u1')]
  const read = (headMessageId: string) => ({ ...conversation('c1', { headMessageId }), messages })
  let head = 'u3'
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, read(head)),
    'PATCH /api/chat/conversations/c1': call => {
      head = 'u2'
      call.json(200, read(head))
    },
  })
  using chat = startChat(server)
  chat.client.open('c1', { messageId: 'u2' })
  expect(chat.browser).toMatchObject({ path: 'c1', messageId: 'u2' })
  await expect.poll(chat.texts).toEqual(['u1', 'u2'])
  expect(chat.current().target).toBe('u2')
  chat.client.leaveTarget()
  expect(chat.current().target).toBeNull()
  chat.client.open('c1', { messageId: 'nowhere' })
  expect(chat.current().target).toBeNull()
})

test('what is kept of a deleted conversation is erased when that cannot be undone any more', async () => {
  await using server = await serve({
    'DELETE /api/chat/conversations/c1': call => {
      call.response.writeHead(204).end()
    },
    'GET /api/chat/conversations/c1': call =>
      call.json(200, { ...conversation('c1'), messages: [userMessage('u1', null)] }),
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

function userMessage(id: string, parentId: string | null) {
  return {
    id,
    role: 'USER',
    parentId,
    parts: [{ id: '1', type: 'text', text: id }],
    clientMessageId: null,
    createdAt: 1,
  }
}
