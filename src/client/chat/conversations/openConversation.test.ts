import { expect, test } from 'vitest'
import type { EventWriter } from '../../testing/scriptedServer.ts'
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

test('leaving the conversation leaves neither its reply nor a message that is still going out', async () => {
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
  await expect.poll(() => chat.client.getState().opened.find(({ id }) => id === 'c1')?.run).toBeTruthy()
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

test('opened at a message of another branch, a conversation changes to that branch', async () => {
  const messages = [
    textMessage('u1', null, 'USER'),
    textMessage('u2', 'u1', 'USER'),
    textMessage('u3', 'u1', 'USER'),
  ]
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
  expect(chat.current().jumpTarget).toBe('u2')
  chat.client.forgetJumpTarget()
  expect(chat.current().jumpTarget).toBeNull()
  chat.client.open('c1', { messageId: 'nowhere' })
  expect(chat.current().jumpTarget).toBeNull()
})
