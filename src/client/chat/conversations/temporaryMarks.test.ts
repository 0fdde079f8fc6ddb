import { expect, test } from 'vitest'
import {
  COMPLETED,
  conversation,
  OLA,
  STARTED,
  type StartedChat,
  say,
  sends,
  serve,
  startChat,
} from '../../testing/startChat.ts'

const HOUR = 3_600_000
const AWAY = { 'POST /api/chat/send': (call: { response: { destroy(): void } }) => call.response.destroy() }

/** A server with one temporary conversation, which it begins when asked, until it is `gone`. */
function serveTemporary({ expiresAt = 2_000_000_000_000 } = {}) {
  const state = { gone: false }
  const server = serve({
    'GET /api/chat/conversations/c1': call => {
      if (state.gone) call.refuse(404, 'NOT_FOUND')
      else call.json(200, conversation('c1', { temporary: true, title: '', expiresAt }))
    },
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
    'DELETE /api/chat/conversations/c1': call => void call.response.writeHead(204).end(),
  })
  return { server, state }
}

/** All that the browser has in its storages, but for a list of names that every owner has. */
const kept = ({ browser }: StartedChat) =>
  [browser.localStorage, browser.tabStorage].flatMap(storage =>
    storage.keys('').map(key => `${key}=${storage.read(key)}`),
  )

test('the first message says that the conversation is temporary, and the next new one is not', async () => {
  const { server: opened } = serveTemporary()
  await using server = await opened
  using chat = startChat(server)
  chat.client.chooseTemporary(true)
  say(chat, 'segredo')
  await expect.poll(() => chat.current().status).toBe('ready')
  expect(sends(server)).toMatchObject([{ content: 'segredo', temporary: true }])
  expect(chat.current().conversation).toMatchObject({ temporary: true })
  // It is in no list, so it is read to learn when it goes.
  await expect.poll(() => chat.current().conversation?.expiresAt).toBe(2_000_000_000_000)
  chat.client.open(null)
  expect(chat.current().temporary).toBe(false)
})

test('the choice stays with the draft over a reload, and with a message that is on its way', async () => {
  await using server = await serve(AWAY)
  using chat = startChat(server)
  chat.client.chooseTemporary(true)
  chat.client.setDraft('segredo')
  using again = startChat(server, { after: chat.browser })
  expect(again.current()).toMatchObject({ draft: 'segredo', temporary: true })
  again.client.send()
  using third = startChat(server, { after: again.browser })
  await expect.poll(() => sends(server).length).toBeGreaterThan(1)
  expect(new Set(sends(server).map(body => JSON.stringify(body))).size).toBe(1)
  expect(sends(server)[0]).toMatchObject({ temporary: true })
  expect(third.client.getState().opened.some(({ temporary, outgoing }) => temporary && outgoing)).toBe(true)
})

test('a message of a closed tab that was to begin a temporary conversation comes back as a draft for one', async () => {
  await using server = await serve(AWAY)
  using closed = startChat(server)
  closed.client.chooseTemporary(true)
  say(closed, 'segredo')
  closed.stop()
  closed.browser.locks.letAllGo()
  using chat = startChat(server, { beside: closed.browser })
  await expect.poll(() => chat.current()).toMatchObject({ draft: 'segredo', temporary: true })
})

test('erasing it leaves nothing in the browser, and offers no undoing', async () => {
  const { server: opened } = serveTemporary()
  await using server = await opened
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  chat.client.setDraft('segredo')
  chat.client.setAttachments([{ name: 'a.txt', text: 'segredo' }])
  expect(kept(chat).join()).toContain('segredo')
  expect(await chat.client.remove('c1')).toBe(true)
  expect(chat.client.getState().removed).toEqual([])
  expect(kept(chat)).toEqual([])
  expect(chat.current()).toMatchObject({ status: 'new', draft: '' })
})

test('when it is gone, what was written in it goes too, and does not move to another draft', async () => {
  const { server: opened, state } = serveTemporary()
  await using server = await opened
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  chat.client.setDraft('segredo')
  state.gone = true
  chat.browser.wake()
  await expect.poll(() => chat.current().status).toBe('not-found')
  chat.client.open(null)
  expect(chat.current().draft).toBe('')
  expect(kept(chat)).toEqual([])
})

test.each([true, false])(
  'one that went while no page was open is forgotten at the next start (%s)',
  async gone => {
    const { server: opened, state } = serveTemporary({ expiresAt: 1 })
    await using server = await opened
    {
      using chat = startChat(server, { path: 'c1' })
      await expect.poll(() => chat.current().status).toBe('ready')
      chat.client.setDraft('segredo')
      state.gone = gone
      using later = startChat(server, { beside: chat.browser })
      const asked = () => server.calls.filter(({ name }) => name === 'GET /api/chat/conversations/c1').length
      await expect.poll(asked).toBe(2)
      // Another device has written in the one that is still there.
      await expect.poll(() => kept(later).join().includes('segredo')).toBe(!gone)
    }
  },
)

test('one that has time left is not asked for', async () => {
  const { server: opened } = serveTemporary({ expiresAt: 1_700_000_000_000 + HOUR })
  await using server = await opened
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  using later = startChat(server, { beside: chat.browser })
  await expect.poll(() => later.client.getState().list.status).toBe('ready')
  expect(server.calls.filter(({ name }) => name === 'GET /api/chat/conversations/c1').length).toBe(1)
})
