import { expect, test } from 'vitest'
import type { Message } from '../../../protocol/responses.ts'
import type { Call } from '../../testing/scriptedServer.ts'
import { COMPLETED, conversation, OLA, START, say, sends, serve, startChat } from '../../testing/startChat.ts'
import { textMessage } from '../../testing/states.ts'

/** Two versions of the first question, the first with two replies. */
const MESSAGES = [
  textMessage('u1', null, 'USER'),
  textMessage('a1', 'u1', 'ASSISTANT'),
  textMessage('a2', 'u1', 'ASSISTANT'),
  textMessage('u9', null, 'USER'),
  textMessage('a9', 'u9', 'ASSISTANT'),
]
const read = (headMessageId: string) => ({
  ...conversation('c1', { headMessageId }),
  messages: structuredClone(MESSAGES),
})

async function openTree(routes: Record<string, (call: Call) => void> = {}) {
  let head = 'a2'
  const server = await serve({
    'GET /api/chat/conversations/c1': call => call.json(200, read(head)),
    'PATCH /api/chat/conversations/c1': call => {
      head = (call.body as { headMessageId: string }).headMessageId
      call.json(200, read(head))
    },
    ...routes,
  })
  const chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  const reads = () => server.calls.filter(({ name }) => name === 'GET /api/chat/conversations/c1').length
  return {
    server,
    chat,
    reads,
    /** Another tab goes to another branch, and says so. */
    goElsewhere: async (headMessageId: string) => {
      head = headMessageId
      const before = reads()
      chat.browser.hint('c1')
      await expect.poll(reads).toBeGreaterThan(before)
    },
    heads: () =>
      server.calls
        .filter(({ name }) => name.startsWith('PATCH'))
        .map(({ body }) => (body as { headMessageId: string }).headMessageId),
    [Symbol.asyncDispose]: async () => {
      chat.stop()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('another version is shown at once, and other tabs are told when it is stored', async () => {
  await using world = await openTree()
  const { chat } = world
  chat.client.chooseSibling('u9')
  expect(chat.texts()).toEqual(['u9', 'a9'])
  await expect.poll(() => chat.browser.hints).toEqual(['c1'])
  expect(world.heads()).toEqual(['a9'])
  chat.client.chooseSibling('u1')
  expect(chat.texts()).toEqual(['u1', 'a2'])
})

test('of versions leafed through quickly the last one is stored', async () => {
  await using world = await openTree()
  for (const id of ['u9', 'u1', 'a1', 'u9']) world.chat.client.chooseSibling(id)
  expect(world.chat.texts()).toEqual(['u9', 'a9'])
  await expect.poll(() => world.heads()).toEqual(['a9', 'a9'])
})

test('a reading asked for before a choice does not undo it', async () => {
  let late: (() => void) | undefined
  let isHeld = false
  let head = 'a2'
  await using world = await openTree({
    'GET /api/chat/conversations/c1': call => {
      const stored = read(head)
      if (isHeld) late = () => call.json(200, stored)
      else call.json(200, stored)
    },
    'PATCH /api/chat/conversations/c1': call => {
      head = 'a9'
      call.json(200, read(head))
    },
  })
  const { chat } = world
  isHeld = true
  chat.browser.hint('c1')
  await expect.poll(() => late).toBeDefined()
  isHeld = false
  chat.client.chooseSibling('u9')
  await expect.poll(() => chat.browser.hints).toEqual(['c1'])
  late?.()
  await expect.poll(() => world.reads()).toBe(3)
  await expect.poll(chat.texts).toEqual(['u9', 'a9'])
})

test('a reading that overtakes a choice does not undo it', async () => {
  let store: (() => void) | undefined
  let head = 'a2'
  await using world = await openTree({
    'GET /api/chat/conversations/c1': call => call.json(200, read(head)),
    'PATCH /api/chat/conversations/c1': call => {
      store = () => {
        head = 'a9'
        call.json(200, read(head))
      }
    },
  })
  const { chat } = world
  chat.client.chooseSibling('u9')
  await expect.poll(() => store).toBeDefined()
  chat.browser.hint('c1')
  await expect.poll(chat.texts).toEqual(['u1', 'a2'])
  store?.()
  await expect.poll(chat.texts).toEqual(['u9', 'a9'])
})

test('a version that cannot be chosen is taken back, and the reason said', async () => {
  await using world = await openTree({
    'PATCH /api/chat/conversations/c1': call => call.refuse(503, 'STORAGE_UNAVAILABLE'),
  })
  world.chat.client.chooseSibling('u9')
  await expect.poll(() => world.chat.client.getState().notice).toBe('STORAGE_UNAVAILABLE')
  expect(world.chat.texts()).toEqual(['u1', 'a2'])
})

test('a message sent while the version is still being stored hangs on the version on the screen', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  await using world = await openTree({
    'PATCH /api/chat/conversations/c1': async call => {
      await promise
      call.json(200, read('a9'))
    },
    'POST /api/chat/send': call => {
      call.stream().write(1, [{ type: 'run-start', ...START, userMessageId: 'u5', messageId: 'a5' }])
    },
  })
  world.chat.client.chooseSibling('u9')
  say(world.chat, 'oi')
  await expect.poll(() => sends(world.server)).toMatchObject([{ parentId: 'a9', content: 'oi' }])
  resolve()
  await expect.poll(world.chat.texts).toEqual(['u9', 'a9', 'oi'])
})

test('a changed question begins a branch beside the one it was', async () => {
  await using world = await openTree({
    'POST /api/chat/send': call => {
      call
        .stream()
        .write(1, [{ type: 'run-start', ...START, userMessageId: 'u5', messageId: 'a5' }, OLA, COMPLETED])
        .end()
    },
  })
  const { chat } = world
  chat.client.setDraft('rascunho')
  chat.client.edit('u1')
  expect(chat.current().editing).toMatchObject({ content: 'u1' })
  chat.client.setEdited({ content: 'outra', attachments: [] })
  chat.client.saveEdit()
  expect(chat.texts()).toEqual([])
  await expect.poll(chat.texts).toEqual(['outra', 'Olá'])
  expect(sends(world.server)).toEqual([
    { conversationId: 'c1', clientMessageId: expect.any(String), parentId: null, content: 'outra' },
  ])
  expect(chat.current()).toMatchObject({ draft: 'rascunho', editing: null })
})

test('a refused change comes back to where it was made, and is sent again under the same id', async () => {
  await using world = await openTree({ 'POST /api/chat/send': call => call.refuse(429, 'RATE_LIMITED') })
  const { chat } = world
  chat.client.edit('u1')
  chat.client.setEdited({ content: 'outra', attachments: [] })
  chat.client.saveEdit()
  await expect.poll(() => chat.current().editing).toMatchObject({ messageId: 'u1', content: 'outra' })
  expect(chat.texts()).toEqual(['u1', 'a2'])
  chat.client.saveEdit()
  await expect.poll(() => sends(world.server).length).toBe(2)
  expect(new Set(sends(world.server).map(body => JSON.stringify(body))).size).toBe(1)
})

test('a change survives a reload, and Cancel leaves the message as it was', async () => {
  await using world = await openTree()
  world.chat.client.edit('u1')
  world.chat.client.setEdited({ content: 'pela metade', attachments: [] })
  world.chat.stop()
  using again = startChat(world.server, { after: world.chat.browser, path: 'c1' })
  expect(again.current().editing).toMatchObject({ content: 'pela metade' })
  again.client.cancelEdit()
  expect(again.current().editing).toBeNull()
})

test.each([true, false])(
  'what is sent from where a message is being changed, or was (%s), hangs below what is read there',
  async isBeingChanged => {
    await using world = await openTree({ 'POST /api/chat/send': call => call.stream() })
    const { chat } = world
    chat.client.edit('u1')
    await world.goElsewhere('a9')
    await expect.poll(() => chat.current().isHeadKept).toBe(true)
    expect(chat.texts()).toEqual(['u1', 'a2'])
    if (!isBeingChanged) chat.client.cancelEdit()
    say(chat, 'mais')
    await expect.poll(() => sends(world.server)).toMatchObject([{ content: 'mais', parentId: 'a2' }])
  },
)

test('a message that is looked for is reached on another branch than that of one being changed', async () => {
  await using world = await openTree()
  const { chat } = world
  chat.client.edit('u1')
  chat.client.open('c1', { messageId: 'a9' })
  await expect.poll(chat.texts).toEqual(['u9', 'a9'])
  chat.client.forgetJumpTarget()
  expect(chat.texts()).toEqual(['u9', 'a9'])
  expect(world.heads()).toEqual(['a9'])
  expect(chat.current().editing).toMatchObject({ messageId: 'u1' })
})

test('feedback is shown at once, and taken back when it could not be stored', async () => {
  let isAway = false
  await using world = await openTree({
    'PUT /api/chat/messages/a2/feedback': call => {
      if (isAway) call.refuse(503, 'STORAGE_UNAVAILABLE')
      else call.json(200, { feedback: call.body })
    },
  })
  const { chat } = world
  const feedback = () => (chat.current().messages[2] as Extract<Message, { role: 'ASSISTANT' }>).feedback
  const up = { rating: 'up' as const, comment: '' }
  const stored = chat.client.rate('a2', up)
  expect(feedback()).toEqual(up)
  expect(await stored).toBe(true)
  isAway = true
  expect(await chat.client.rate('a2', null)).toBe(false)
  expect(feedback()).toEqual(up)
  expect(chat.client.getState().notice).toBe('STORAGE_UNAVAILABLE')
})

test('a fork gives the new conversation', async () => {
  await using world = await openTree({
    'POST /api/chat/conversations/c1/fork': call => {
      expect(call.body).toEqual({ messageId: 'a1' })
      call.json(201, conversation('c2'))
    },
  })
  expect(await world.chat.client.fork('a1')).toBe('c2')
})

test('a message sent while its conversation turns to a message of another branch keeps its reply', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  await using world = await openTree({
    'PATCH /api/chat/conversations/c1': async call => {
      await promise
      call.json(200, read('a9'))
    },
    'POST /api/chat/send': call => {
      call.stream().write(1, [{ type: 'run-start', ...START, userMessageId: 'u5', messageId: 'a5' }, OLA])
    },
  })
  const { chat } = world
  chat.client.open('c1', { messageId: 'a9' })
  say(chat, 'oi')
  await expect.poll(() => chat.current().run?.parts.length).toBe(1)
  expect(sends(world.server)).toMatchObject([{ parentId: 'a2', content: 'oi' }])
  resolve()
  await expect.poll(() => chat.current().jumpTarget).toBeNull()
  expect(chat.current().run?.parts).toEqual([{ id: '1', type: 'text', text: 'Olá' }])
  expect(chat.texts()).toEqual(['u1', 'a2', 'oi'])
})

test('a conversation that turned to a message of another branch is read again, and other tabs are told', async () => {
  await using world = await openTree()
  world.chat.client.open('c1', { messageId: 'a9' })
  await expect.poll(world.chat.texts).toEqual(['u9', 'a9'])
  expect(world.chat.browser.hints).toEqual(['c1'])
  const reads = world.server.calls.filter(({ name }) => name === 'GET /api/chat/conversations/c1')
  expect(reads.length).toBe(2)
})

test('a change that gives way to another one goes to the draft, unless nothing was changed', async () => {
  await using world = await openTree({ 'POST /api/chat/send': call => call.refuse(429, 'RATE_LIMITED') })
  const { chat } = world
  chat.client.setDraft('rascunho')
  chat.client.edit('u1')
  chat.client.edit('u9')
  expect(chat.current()).toMatchObject({ draft: 'rascunho', editing: { messageId: 'u9' } })
  chat.client.setEdited({ content: 'uma', attachments: [] })
  chat.client.saveEdit()
  chat.client.edit('u1')
  chat.client.setEdited({ content: 'duas', attachments: [] })
  await expect.poll(() => chat.current().editing).toMatchObject({ messageId: 'u9', content: 'uma' })
  expect(chat.current().draft).toBe('rascunho\n\nduas')
})

test('feedback changed before it was stored is what the server has when none of it could be', async () => {
  await using world = await openTree({
    'PUT /api/chat/messages/a2/feedback': call => call.refuse(503, 'STORAGE_UNAVAILABLE'),
  })
  const { chat } = world
  const feedback = () => (chat.current().messages[2] as Extract<Message, { role: 'ASSISTANT' }>).feedback
  chat.client.rate('a2', { rating: 'up', comment: '' })
  chat.client.rate('a2', { rating: 'down', comment: '' })
  await expect.poll(() => chat.client.getState().notice).toBe('STORAGE_UNAVAILABLE')
  await expect.poll(feedback).toBeNull()
})

test('a version chosen while the conversation turns to another message is the one that stays', async () => {
  await using world = await openTree()
  const { chat } = world
  chat.client.open('c1', { messageId: 'a9' })
  chat.client.chooseSibling('a1')
  expect(chat.texts()).toEqual(['u1', 'a1'])
  await expect.poll(() => chat.browser.hints).toEqual(['c1', 'c1'])
  expect(world.heads()).toEqual(['a9', 'a1'])
  expect(chat.current().jumpTarget).toBeNull()
  expect(chat.texts()).toEqual(['u1', 'a1'])
})
