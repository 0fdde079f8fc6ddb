import { expect, test } from 'vitest'
import { encodeMark } from '../../../protocol/manyRuns.ts'
import { COMPLETED, conversation, OLA, STARTED, say, serve, startChat } from '../../testing/startChat.ts'

test('a new conversation that gets its id behind the screen leaves what is typed in the next one alone', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  await using server = await serve({
    'POST /api/chat/send': async call => {
      await promise
      call.stream().write(1, [STARTED])
    },
  })
  using chat = startChat(server)
  say(chat, 'oi')
  chat.client.open(null)
  chat.client.setDraft('outra')
  resolve()
  await expect.poll(() => chat.client.getState().opened[0]).toMatchObject({ id: 'c1', outgoing: null })
  expect(chat.current()).toMatchObject({ status: 'new', draft: 'outra' })
  expect(chat.browser.localStorage.read('riacho.draft.new')).toBe('outra')
})

test('a new conversation refused behind the screen joins its text to what was typed since', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  await using server = await serve({
    'POST /api/chat/send': async call => {
      await promise
      call.refuse(429, 'RATE_LIMITED')
    },
  })
  using chat = startChat(server)
  say(chat, 'oi')
  chat.client.open(null)
  chat.client.setDraft('outra')
  chat.client.open('c2')
  await expect.poll(() => chat.current().status).toBe('ready')
  resolve()
  await expect.poll(() => chat.client.getState().opened.length).toBe(1)
  expect(chat.browser.localStorage.read('riacho.draft.new')).toBe('oi\n\noutra')
})

/** `c1` with a message that waits behind the screen, on a server that knows nothing of its run any more. */
async function leaveQueue(answer: { isThere: boolean; title: string }) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = await serve({
    'GET /api/chat/conversations/c1': call => {
      if (answer.isThere) call.json(200, conversation('c1', { title: answer.title }))
      else call.refuse(404, 'NOT_FOUND')
    },
    'POST /api/chat/send': async call => {
      const writer = call.stream().write(1, [STARTED, OLA])
      await promise
      writer.cut()
    },
    'GET /api/chat/events?run=r1:2': async call => {
      const writer = call.stream()
      await promise
      writer.raw(encodeMark({ type: 'run-done', runId: 'r1' })).end()
    },
  })
  const chat = startChat(server)
  say(chat, 'oi')
  await expect.poll(() => chat.current().run?.parts.length).toBe(1)
  say(chat, 'depois')
  chat.client.open('c2')
  await expect.poll(() => chat.current().status).toBe('ready')
  const behind = () => chat.client.getState().opened.find(({ id }) => id === 'c1')
  expect(behind()).toBeDefined()
  resolve()
  return {
    chat,
    behind,
    [Symbol.asyncDispose]: async () => {
      chat.stop()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('a conversation kept behind the screen is read again when it comes back to it', async () => {
  const answer = { isThere: true, title: 'antes' }
  await using world = await leaveQueue(answer)
  await expect.poll(() => world.behind()?.conversation?.title).toBe('antes')
  answer.title = 'agora'
  world.chat.client.open('c1')
  await expect.poll(() => world.chat.current().conversation?.title).toBe('agora')
})

test('a conversation that is not found behind the screen is left, and can be opened when it is there again', async () => {
  const answer = { isThere: false, title: 'de volta' }
  await using world = await leaveQueue(answer)
  await expect.poll(world.behind).toBeUndefined()
  answer.isThere = true
  world.chat.client.open('c1')
  await expect.poll(() => world.chat.current()).toMatchObject({ id: 'c1', status: 'ready' })
})

test('a reply that ends behind the screen marks its conversation and gets its title, until it is opened', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const titles: string[] = []
  await using server = await serve({
    'POST /api/chat/send': async call => {
      const writer = call.stream().write(1, [STARTED, OLA])
      await promise
      writer.write(3, [COMPLETED]).end()
    },
    'POST /api/chat/conversations/c1/title': call => {
      titles.push(call.name)
      call.stream().raw('event: title-end\ndata: {"title":"Pão"}\n\n').end()
    },
  })
  using chat = startChat(server)
  say(chat, 'oi')
  await expect.poll(() => chat.current().run?.parts.length).toBe(1)
  chat.client.open('c2')
  await expect.poll(() => chat.current().status).toBe('ready')
  expect(chat.client.getState().unread).toEqual([])
  resolve()
  await expect.poll(() => chat.client.getState().unread).toEqual(['c1'])
  await expect.poll(() => titles.length).toBe(1)
  expect(chat.client.getState().lastReply).toMatchObject({ conversationId: 'c1', took: 0 })
  expect(chat.client.getState().opened.map(({ id }) => id)).toEqual(['c2'])
  chat.client.open('c1')
  expect(chat.client.getState().unread).toEqual([])
})
