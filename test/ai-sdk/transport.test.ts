import { afterAll, beforeAll, expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { type ChatWorld, startChatWorld } from './chatWorld.ts'

let world: ChatWorld

beforeAll(async () => {
  world = await startChatWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

test('a message is sent and its reply streams, with its parts, its metadata and the conversation', async () => {
  const { chat, finishes, conversationId, lastText, stored } = world.open()
  const gate = world.upstream.hold({
    reasoning: ['Penso.'],
    tokens: ['Um', ' dois'],
    sources: [{ url: 'https://a.example/', title: 'A' }],
  })
  const sent = chat.sendMessage({ text: 'Conte' })
  await gate.next(2)
  await expect.poll(lastText).toBe('Um')
  expect(chat.status).toBe('streaming')
  gate.open()
  await sent
  expect([chat.status, finishes]).toEqual([
    'ready',
    [{ isAbort: false, isError: false, finishReason: 'stop' }],
  ])
  const { messages } = await stored()
  const reply = chat.messages.at(-1)
  expect(reply?.id).toBe(messages[1]?.id)
  expect(reply?.parts).toEqual([
    { type: 'step-start' },
    expect.objectContaining({ type: 'reasoning', text: 'Penso.', state: 'done' }),
    expect.objectContaining({ type: 'text', text: 'Um dois', state: 'done' }),
    expect.objectContaining({ type: 'source-url', url: 'https://a.example/', title: 'A' }),
  ])
  expect(reply?.metadata).toMatchObject({
    conversationId: conversationId(),
    status: 'completed',
    model: 'test-model',
    usage: { inputTokens: expect.any(Number) },
    timing: { totalMs: expect.any(Number) },
  })
})

test('the history comes from Riacho, and the messages of a stored conversation are those of the stream', async () => {
  const first = world.open()
  world.upstream.reply({ tokens: ['Um.'] })
  await first.chat.sendMessage({ text: 'Primeira' })
  const id = first.conversationId()
  const messages = await first.transport.readMessages(id)
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  expect(messages[1]?.parts.map(({ type }) => type)).toEqual(
    first.chat.messages[1]?.parts.map(({ type }) => type),
  )
  const later = world.open({ id, messages: [] })
  await later.chat.sendMessage({ text: 'Segunda' })
  const asked = JSON.stringify(world.upstream.requests.at(-1)?.body)
  expect(asked).toContain('Primeira')
  expect(asked).toContain('Um.')
  expect((await first.stored()).messages).toHaveLength(4)
})

test('an id that the app made up begins a conversation with the first message, and stays with it', async () => {
  const { chat, conversationId, stored } = world.open({ id: crypto.randomUUID() })
  world.upstream.reply({ tokens: ['Um.'] })
  await chat.sendMessage({ text: 'Primeira' })
  expect(conversationId()).not.toBe(chat.id)
  await chat.sendMessage({ text: 'Segunda' })
  expect((await stored()).messages).toHaveLength(4)
})

test('regenerate asks for another reply to the same message, and an edited message is a branch', async () => {
  const { chat, lastText, stored } = world.open()
  world.upstream.reply({ tokens: ['Um.'] })
  await chat.sendMessage({ text: 'Conte' })
  world.upstream.reply({ tokens: ['Outro.'] })
  await chat.regenerate()
  expect([chat.messages.length, lastText()]).toEqual([2, 'Outro.'])
  world.upstream.reply({ tokens: ['Três.'] })
  await chat.sendMessage({ text: 'E depois?' })
  const edited = chat.messages[2]?.id ?? ''
  world.upstream.reply({ tokens: ['Quatro.'] })
  await chat.sendMessage({ text: 'E antes?', messageId: edited })
  expect([chat.messages.length, lastText()]).toEqual([4, 'Quatro.'])
  const { messages } = await stored()
  const told = messages.map(({ role, parentId, parts }) => [
    role,
    messages.findIndex(({ id }) => id === parentId),
    textOf(parts),
  ])
  expect(told).toEqual([
    ['USER', -1, 'Conte'],
    ['ASSISTANT', 0, 'Um.'],
    ['ASSISTANT', 0, 'Outro.'],
    ['USER', 2, 'E depois?'],
    ['ASSISTANT', 3, 'Três.'],
    ['USER', 2, 'E antes?'],
    ['ASSISTANT', 5, 'Quatro.'],
  ])
})

test('after a reload, regenerate finds the message by its stored id, and by the id that it was sent with', async () => {
  const before = world.open()
  world.upstream.reply({ tokens: ['Um.'] })
  await before.chat.sendMessage({ text: 'Conte' })
  const id = before.conversationId()
  const after = world.open({ id, messages: await before.transport.readMessages(id) })
  world.upstream.reply({ tokens: ['Outro.'] })
  await after.chat.regenerate()
  expect(after.lastText()).toBe('Outro.')
  const other = world.open({ id, messages: before.chat.messages })
  await other.chat.regenerate()
  expect(other.lastText()).toBe('Outro.')
  expect((await before.stored()).messages).toHaveLength(4)
})

test('while nobody is signed in nothing is sent', async () => {
  const { chat } = world.open({ token: () => null, fetch: () => expect.fail('something was sent') })
  await chat.sendMessage({ text: 'Conte' })
  expect(chat.error).toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('files of text go with a message, and come back', async () => {
  const { chat, transport, conversationId, stored } = world.open()
  world.upstream.reply({ tokens: ['Um.'] })
  const url = `data:text/plain;base64,${Buffer.from('água').toString('base64')}`
  await chat.sendMessage({
    text: 'Leia',
    files: [{ type: 'file', mediaType: 'text/plain', filename: 'a.txt', url }],
  })
  const { messages } = await stored()
  expect(messages[0]?.parts).toMatchObject([
    { type: 'text', text: 'Leia' },
    { type: 'file', name: 'a.txt', text: 'água' },
  ])
  const [question] = await transport.readMessages(conversationId())
  const file = question?.parts.find(part => part.type === 'file')
  expect(await (await fetch(file?.url ?? '')).text()).toBe('água')
  await chat.sendMessage({
    text: 'Veja',
    files: [{ type: 'file', mediaType: 'image/png', filename: 'a.png', url: 'data:image/png;base64,AA==' }],
  })
  expect(chat.error?.message).toContain('only files of text')
})
