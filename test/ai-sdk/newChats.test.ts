import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ChatWorld, startChatWorld } from './chatWorld.ts'

let world: ChatWorld

beforeAll(async () => {
  world = await startChatWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

describe('chats with the same made-up id on one transport', () => {
  test('each has a conversation of its own, also when they take turns', async () => {
    const transport = world.transport()
    const first = world.open({ id: 'new', transport })
    const second = world.open({ id: 'new', transport })
    for (const chat of [first.chat, second.chat, first.chat, second.chat]) {
      world.upstream.reply({ tokens: ['Um.'] })
      await chat.sendMessage({ text: chat === first.chat ? 'Primeira' : 'Segunda' })
      expect([chat.status, chat.error]).toEqual(['ready', undefined])
    }
    expect(first.conversationId()).not.toBe(second.conversationId())
    for (const opened of [first, second]) expect((await opened.stored()).messages).toHaveLength(4)
    const asked = JSON.stringify(world.upstream.requests.at(-1)?.body)
    expect(asked).toContain('Segunda')
    expect(asked).not.toContain('Primeira')
  })

  test('a new one does not resume the reply of another, which goes on', async () => {
    const transport = world.transport()
    const first = world.open({ id: 'new', transport })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = first.chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(first.lastText).toBe('Um')
    const second = world.open({ id: 'new', transport })
    await second.chat.resumeStream()
    expect(second.chat.messages).toEqual([])
    gate.open()
    await sent
    expect(first.lastText()).toBe('Um dois')
  })

  test('a message whose answer was left before it came belongs to the chat', async () => {
    const { promise: held, resolve: answer } = Promise.withResolvers<void>()
    const { chat, conversationId, stored } = world.open({
      id: 'new',
      fetch: async (url, init) => {
        const response = await world.fetch(url, init)
        if (url.endsWith('/send')) await held
        return response
      },
    })
    const gate = world.upstream.hold({ tokens: ['Um'] })
    const sent = chat.sendMessage({ text: 'Primeira' })
    await gate.next()
    await chat.stop()
    await sent
    world.upstream.reply({ tokens: ['Dois.'] })
    const next = chat.sendMessage({ text: 'Segunda' })
    answer()
    await next
    gate.open()
    expect([chat.status, chat.error]).toEqual(['ready', undefined])
    expect(conversationId()).toMatch(/^[\da-f-]{36}$/)
    const { messages } = await stored()
    expect(messages.map(({ role, status }) => status ?? role)).toEqual([
      'USER',
      'stopped',
      'USER',
      'completed',
    ])
  })
})

test('a new chat has its assistant, whatever its id looks like', async () => {
  for (const id of ['new', crypto.randomUUID()]) {
    for (const inBody of [false, true]) {
      const assistant = 'revisora'
      const { chat, stored } = world.open({ id, ...(!inBody && { assistant }) })
      world.upstream.reply({ tokens: ['Um.'] })
      await chat.sendMessage({ text: 'Conte' }, inBody ? { body: { assistant } } : {})
      expect((await stored()).conversation.assistant).toBe('revisora')
    }
  }
})

test('an id that has the shape of one of Riacho, and is none, begins a conversation', async () => {
  const { chat, stored } = world.open({ id: '11111111-1111-1111-1111-111111111111' })
  world.upstream.reply({ tokens: ['Um.'] })
  await chat.sendMessage({ text: 'Conte' })
  expect([chat.status, chat.error]).toEqual(['ready', undefined])
  expect((await stored()).messages).toHaveLength(2)
})

test('headers of the app and of one call add to those of the request, in any case', async () => {
  const seen: Headers[] = []
  const { chat, lastText } = world.open({
    id: 'new',
    headers: { Cookie: world.visitor.cookie ?? '', 'Content-Type': 'application/json', 'X-Tenant': 'a' },
    fetch: (url, init) => {
      seen.push(new Headers(init.headers))
      return world.fetch(url, init)
    },
  })
  world.upstream.reply({ tokens: ['Um.'] })
  await chat.sendMessage({ text: 'Conte' }, { headers: { 'x-tenant': 'b' } })
  expect([chat.status, chat.error, lastText()]).toEqual(['ready', undefined, 'Um.'])
  expect(seen.map(headers => [headers.get('content-type'), headers.get('x-tenant')])).toEqual([
    ['application/json', 'b'],
  ])
})

describe('files', () => {
  const send = async (file: { mediaType: string; url: string }, fetch = world.fetch) => {
    const opened = world.open({ fetch })
    world.upstream.reply({ tokens: ['Um.'] })
    await opened.chat.sendMessage({
      text: 'Leia',
      files: [{ type: 'file', filename: 'a.txt', ...file }],
    })
    return opened
  }
  const dataOf = (bytes: Uint8Array | string, mediaType: string) =>
    `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`

  test('the bytes say whether a file is a text', async () => {
    const office = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    const zip = Uint8Array.of(0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x06, 0x00)
    const refused = await send({ mediaType: office, url: dataOf(zip, office) })
    expect(refused.chat.error?.message).toBe('a.txt: only files of text can be sent')
    await world.upstream.forget()
    const yaml = 'application/yaml'
    const taken = await send({ mediaType: yaml, url: dataOf('água: fria', yaml) })
    expect((await taken.stored()).messages[0]?.parts[1]).toMatchObject({ name: 'a.txt', text: 'água: fria' })
  })

  test('a file comes by the fetch of the app, and its error page is not the file', async () => {
    const url = 'https://files.example/a.txt'
    let status = 404
    const fetch = async (asked: string, init: RequestInit) =>
      asked === url ? new Response('não há', { status }) : world.fetch(asked, init)
    const refused = await send({ mediaType: 'text/plain', url }, fetch)
    expect(refused.chat.error?.message).toBe('a.txt: the file cannot be read')
    await world.upstream.forget()
    status = 200
    const taken = await send({ mediaType: 'text/plain', url }, fetch)
    expect((await taken.stored()).messages[0]?.parts[1]).toMatchObject({ text: 'não há' })
  })
})
