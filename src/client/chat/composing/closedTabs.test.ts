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

const AWAY = { 'POST /api/chat/send': (call: { response: { destroy(): void } }) => call.response.destroy() }
const FILE = { name: 'nota.txt', text: 'colado' }

test('a message that was to begin a conversation in a tab that was closed comes back to the draft, under its id', async () => {
  await using server = await serve(AWAY)
  using closed = startChat(server)
  closed.client.setAttachments([FILE])
  say(closed, 'um')
  say(closed, 'dois')
  closed.client.setDraft('três')
  closed.stop()
  closed.browser.locks.letAllGo()
  using chat = startChat(server, { beside: closed.browser })
  await expect.poll(() => chat.current()).toMatchObject({ draft: 'um\n\ndois\n\ntrês', attachments: [FILE] })
  chat.client.setDraft('um')
  chat.client.send()
  await expect.poll(() => new Set(sends(server).map(body => JSON.stringify(body))).size).toBe(1)
  using third = startChat(server, { beside: closed.browser })
  await expect.poll(() => third.current().status).toBe('new')
  expect(third.current().draft).toBe('')
})

test.each(['c1', null])(
  'what a conversation had in a tab that was closed waits in it for a person, seen from %s',
  async path => {
    let events: EventWriter | undefined
    const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
    await using server = await serve({
      'GET /api/chat/conversations/c1': call => call.json(200, response(messages)),
      'POST /api/chat/send': call => {
        events = call.stream().write(1, [STARTED, OLA])
      },
    })
    using closed = startChat(server, { path: 'c1' })
    await expect.poll(closed.texts).toEqual(['u1', 'a1'])
    say(closed, 'um')
    say(closed, 'dois')
    closed.client.edit('u1')
    closed.client.setEdited({ content: 'outra', attachments: [] })
    await expect.poll(() => events).toBeDefined()
    closed.stop()
    closed.browser.locks.letAllGo()
    using chat = startChat(server, { path, beside: closed.browser })
    await expect.poll(() => chat.client.getState().list.status).toBe('ready')
    if (path === null) chat.client.open('c1')
    await expect.poll(() => chat.current().status).toBe('ready')
    const { queue, isQueueHeld, editing } = chat.current()
    expect(queue.map(({ content }) => content)).toEqual(['dois'])
    expect(isQueueHeld).toBe(true)
    expect(editing).toMatchObject({ messageId: 'u1', content: 'outra' })
    expect(sends(server).length).toBe(1)
  },
)

test('one that was stored after all does not wait', async () => {
  let sent: string | undefined
  await using server = await serve({
    'GET /api/chat/conversations/c1': call => {
      const user = { ...textMessage('u1', null, 'USER'), clientMessageId: sent ?? null }
      call.json(
        200,
        sent ? { ...conversation('c1', { headMessageId: 'u1' }), messages: [user] } : conversation('c1'),
      )
    },
    'POST /api/chat/send': call => {
      sent = (call.body as { clientMessageId: string }).clientMessageId
    },
  })
  using closed = startChat(server, { path: 'c1' })
  await expect.poll(() => closed.current().status).toBe('ready')
  say(closed, 'um')
  await expect.poll(() => sent).toBeDefined()
  closed.stop()
  closed.browser.locks.letAllGo()
  using chat = startChat(server, { path: 'c1', beside: closed.browser })
  await expect.poll(() => chat.current().messages.length).toBe(1)
  expect(chat.current()).toMatchObject({ queue: [], draft: '' })
})

test('what an open tab has is left to it, and goes out there alone', async () => {
  await using server = await serve(AWAY)
  using open = startChat(server)
  say(open, 'um')
  using chat = startChat(server, { beside: open.browser })
  await expect.poll(() => chat.client.getState().list.status).toBe('ready')
  expect(chat.current().draft).toBe('')
  expect(open.current().outgoing).toMatchObject({ content: 'um' })
})

test('nothing is left of a tab that has sent all it had, or of one whose owner erased everything', async () => {
  await using server = await serve({
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
    'DELETE /api/chat/owner': call => {
      call.response.writeHead(204).end()
    },
  })
  using chat = startChat(server)
  say(chat, 'um')
  await expect.poll(chat.texts).toEqual(['um', 'Olá'])
  expect(chat.browser.localStorage.keys('riacho.tabs.')).toEqual([])
  using other = startChat(server, { beside: chat.browser })
  other.browser.tabStorage.write('riacho.queue.c1', '[]')
  expect(chat.browser.localStorage.keys('riacho.tabs.').length).toBe(1)
  await chat.client.eraseAll()
  expect(chat.browser.localStorage.keys('riacho.tabs.')).toEqual([])
})

test('nothing that was typed is left once everything is erased', async () => {
  await using server = await serve({
    'DELETE /api/chat/owner': call => {
      call.response.writeHead(204).end()
    },
  })
  using chat = startChat(server)
  const { localStorage, tabStorage } = chat.browser
  chat.client.setDraft('segredo')
  chat.client.setAttachments([FILE])
  localStorage.write('riacho.draft.c1', 'segredo')
  for (const name of ['queue.c1', 'held.c1', 'edit.c1', 'outgoing']) tabStorage.write(`riacho.${name}`, '[]')
  await expect.poll(() => localStorage.keys('riacho.draft.').length).toBeGreaterThan(2)
  await chat.client.eraseAll()
  expect(localStorage.keys('riacho.draft.')).toEqual([])
  expect(tabStorage.keys('riacho.')).toEqual([])
})
