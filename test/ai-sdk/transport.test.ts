import { Chat } from '@ai-sdk/react'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createRiachoTransport,
  RiachoChatError,
  type RiachoTransportOptions,
  type RiachoUIMessage,
} from '../../src/ai-sdk/riachoTransport.ts'
import { textOf } from '../../src/protocol/parts.ts'
import { finished, readersOf, type TestClient } from '../harness/client.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

/** Closes each connection after its answer, so that a test leaves none open. */
const agent = new Agent({ pipelining: 0 })
const plainFetch = (url: string, init: RequestInit) =>
  undiciFetch(url, { ...init, dispatcher: agent } as never) as unknown as Promise<Response>

let upstream: Upstream
let server: TestServer
let visitor: TestClient

beforeAll(async () => {
  upstream = await createUpstream()
  server = await startServer({ upstream, settings: { TITLES: 'words' } })
  visitor = server.client()
  await visitor.get('/api/chat/conversations')
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
  await agent.close()
})

interface ChatOptions extends RiachoTransportOptions {
  id?: string
  messages?: RiachoUIMessage[]
}

/** The stock chat of the AI SDK, as `useChat` holds it, for the visitor. */
function open({ id, messages, ...options }: ChatOptions = {}) {
  const transport = createRiachoTransport({
    baseUrl: server.url,
    headers: { cookie: visitor.cookie ?? '' },
    fetch: plainFetch,
    ...options,
  })
  const finishes: { isAbort: boolean; isError: boolean; finishReason?: string | undefined }[] = []
  let conversationId: string | undefined
  const chat = new Chat<RiachoUIMessage>({
    transport,
    generateId: () => crypto.randomUUID(),
    ...(id !== undefined && { id }),
    ...(messages && { messages }),
    onData: part => {
      if (part.type === 'data-riacho-conversation') conversationId = part.data.conversationId
    },
    onFinish: ({ isAbort, isError, finishReason }) => finishes.push({ isAbort, isError, finishReason }),
  })
  return {
    chat,
    transport,
    finishes,
    conversationId: () => conversationId ?? expect.fail('no conversation'),
    lastText: () => textIn(chat.messages.at(-1)),
    stored: async (id = conversationId) => (await visitor.get(`/api/chat/conversations/${id}`)).body,
  }
}

function textIn(message: RiachoUIMessage | undefined): string {
  return (message?.parts ?? []).map(part => (part.type === 'text' ? part.text : '')).join('')
}

test('a message is sent and its reply streams, with its parts, its metadata and the conversation', async () => {
  const { chat, finishes, conversationId, lastText, stored } = open()
  const gate = upstream.hold({
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
  const first = open()
  upstream.reply({ tokens: ['Um.'] })
  await first.chat.sendMessage({ text: 'Primeira' })
  const id = first.conversationId()
  const messages = await first.transport.readMessages(id)
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  expect(messages[1]?.parts.map(({ type }) => type)).toEqual(
    first.chat.messages[1]?.parts.map(({ type }) => type),
  )
  const later = open({ id, messages: [] })
  await later.chat.sendMessage({ text: 'Segunda' })
  const asked = JSON.stringify(upstream.requests.at(-1)?.body)
  expect(asked).toContain('Primeira')
  expect(asked).toContain('Um.')
  expect((await first.stored()).messages).toHaveLength(4)
})

test('an id that the app made up begins a conversation with the first message, and stays with it', async () => {
  const { chat, conversationId, stored } = open({ id: crypto.randomUUID() })
  upstream.reply({ tokens: ['Um.'] })
  await chat.sendMessage({ text: 'Primeira' })
  expect(conversationId()).not.toBe(chat.id)
  await chat.sendMessage({ text: 'Segunda' })
  expect((await stored()).messages).toHaveLength(4)
})

test('regenerate asks for another reply to the same message, and an edited message is a branch', async () => {
  const { chat, lastText, stored } = open()
  upstream.reply({ tokens: ['Um.'] })
  await chat.sendMessage({ text: 'Conte' })
  upstream.reply({ tokens: ['Outro.'] })
  await chat.regenerate()
  expect([chat.messages.length, lastText()]).toEqual([2, 'Outro.'])
  upstream.reply({ tokens: ['Três.'] })
  await chat.sendMessage({ text: 'E depois?' })
  const edited = chat.messages[2]?.id ?? ''
  upstream.reply({ tokens: ['Quatro.'] })
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
  const before = open()
  upstream.reply({ tokens: ['Um.'] })
  await before.chat.sendMessage({ text: 'Conte' })
  const id = before.conversationId()
  const after = open({ id, messages: await before.transport.readMessages(id) })
  upstream.reply({ tokens: ['Outro.'] })
  await after.chat.regenerate()
  expect(after.lastText()).toBe('Outro.')
  const other = open({ id, messages: before.chat.messages })
  await other.chat.regenerate()
  expect(other.lastText()).toBe('Outro.')
  expect((await before.stored()).messages).toHaveLength(4)
})

describe('leaving', () => {
  test('stop ends the reply, and its text is stored', async () => {
    const { chat, finishes, lastText, stored, conversationId } = open()
    const gate = upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    await chat.stop()
    await sent
    expect([chat.status, finishes]).toMatchObject(['ready', [{ isAbort: true }]])
    await expect
      .poll(async () => (await stored(conversationId())).messages[1])
      .toMatchObject({ status: 'stopped' })
    gate.open()
  })

  test('a stop before the first event ends the reply too', async () => {
    let answer: (() => void) | undefined
    const held = new Promise<void>(resolve => {
      answer = resolve
    })
    const { chat } = open({
      id: 'early',
      fetch: async (url, init) => {
        const response = await plainFetch(url, init)
        if (url.endsWith('/send')) await held
        return response
      },
    })
    const gate = upstream.hold({ tokens: ['Um'] })
    const sent = chat.sendMessage({ text: 'Parada cedo' })
    await expect.poll(() => chat.status).toBe('submitted')
    await gate.next()
    const stopped = chat.stop()
    answer?.()
    await Promise.all([stopped, sent])
    const { conversations } = (await visitor.get('/api/chat/conversations')).body
    const id = conversations.find(({ title }) => title === 'Parada cedo')?.id
    await expect
      .poll(async () => (await visitor.get(`/api/chat/conversations/${id}`)).body.messages[1])
      .toMatchObject({ status: 'stopped' })
    gate.open()
  })

  test('what was given up before it was sent is not sent', async () => {
    const { transport } = open({ fetch: () => expect.fail('something was sent') })
    const sending = transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'new',
      messageId: undefined,
      messages: [{ id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text: 'Conte' }] }],
      abortSignal: AbortSignal.abort(),
    })
    await expect(sending).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('detach leaves the reply, which goes on', async () => {
    const { chat, lastText, stored, conversationId } = open({ onAbort: 'detach' })
    const gate = upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    await chat.stop()
    await sent
    await expect.poll(() => readersOf(visitor)).toBe(0)
    gate.open()
    await expect
      .poll(async () => (await stored(conversationId())).messages[1])
      .toMatchObject({ status: 'completed' })
  })

  test('a stop in another tab ends the stream without an error', async () => {
    const { chat, finishes, lastText, conversationId, stored } = open()
    const gate = upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    const { activeRun } = await stored(conversationId())
    await visitor.post(`/api/chat/runs/${activeRun?.runId}/stop`)
    await sent
    expect([chat.status, chat.error]).toEqual(['ready', undefined])
    expect(chat.messages.at(-1)?.metadata?.status).toBe('stopped')
    expect(finishes).toMatchObject([{ isError: false }])
    gate.open()
  })
})

describe('resuming', () => {
  test('a reply that is being written comes from its beginning, and replaces what was there of it', async () => {
    const before = open({ onAbort: 'detach' })
    const gate = upstream.hold({ tokens: ['Um', ' dois', ' três'] })
    const sent = before.chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(before.lastText).toBe('Um')
    const id = before.conversationId()
    const stale = before.chat.messages.map(message => structuredClone(message))
    await before.chat.stop()
    await sent
    await gate.next()
    for (const messages of [await before.transport.readMessages(id), stale]) {
      const after = open({ id, messages, onAbort: 'detach' })
      const resumed = after.chat.resumeStream()
      await expect.poll(after.lastText).toBe('Um dois')
      expect(after.chat.messages).toHaveLength(2)
      await after.chat.stop()
      await resumed
    }
    const last = open({ id, messages: await before.transport.readMessages(id) })
    const resumed = last.chat.resumeStream()
    gate.open()
    await resumed
    expect([last.chat.status, last.lastText()]).toEqual(['ready', 'Um dois três'])
    expect(last.chat.messages.at(-1)?.parts).toHaveLength(2)
  })

  test('without a reply under way nothing happens, also in a conversation that is not there', async () => {
    const { start } = { start: await finished(visitor) }
    for (const id of [start.conversationId, crypto.randomUUID(), 'made-up']) {
      const { chat, finishes } = open({ id })
      await chat.resumeStream()
      expect([chat.status, finishes]).toEqual(['ready', []])
    }
  })
})

describe('a bad network', () => {
  test('a reply that is cut again and again is whole, and the app notices nothing', async () => {
    await using proxy = await createFaultProxy(Number(new URL(server.url).port))
    const asked: string[] = []
    const { chat, lastText, finishes } = open({
      id: 'cut',
      baseUrl: proxy.url,
      fetch(url, init) {
        asked.push(url.slice(proxy.url.length))
        return plainFetch(url, init)
      },
    })
    const seen: string[] = []
    const gate = upstream.hold({ tokens: ['Um', ' dois', ' três', ' quatro'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    let text = ''
    for (const token of ['Um', ' dois', ' três']) {
      await gate.next()
      text += token
      await expect.poll(lastText).toBe(text)
      seen.push(chat.status)
      for (const connection of proxy.connections) connection.reset()
    }
    gate.open()
    await sent
    expect(seen).toEqual(['streaming', 'streaming', 'streaming'])
    // Each connection asks for what comes after the last event of the one before.
    expect(asked[0]).toBe('/api/chat/send')
    expect(asked.slice(1).map(path => /after=(\d+)/.exec(path)?.[1])).toEqual(['2', '3', '4'])
    expect([chat.status, lastText()]).toEqual(['ready', 'Um dois três quatro'])
    expect(finishes).toMatchObject([{ isAbort: false, isError: false, finishReason: 'stop' }])
    expect(chat.messages.at(-1)?.parts.map(({ type }) => type)).toEqual(['step-start', 'text'])
  })

  test('a message whose answer is lost is sent again, and stored once', async () => {
    await using proxy = await createFaultProxy(Number(new URL(server.url).port), {
      cutAfter: 50,
      cutBy: 'reset',
    })
    const { chat, lastText, stored } = open({ id: 'lost', baseUrl: proxy.url })
    upstream.reply({ tokens: ['Um.'] })
    const asked = upstream.requests.length
    const sent = chat.sendMessage({ text: 'Conte' })
    await upstream.request(asked)
    proxy.set({})
    await sent
    expect(lastText()).toBe('Um.')
    expect((await stored()).messages).toHaveLength(2)
    expect(upstream.requests.length).toBe(asked + 1)
  })

  test('a snapshot in mid-stream replaces what was there', async () => {
    await using proxy = await createFaultProxy(Number(new URL(server.url).port))
    const { chat, lastText } = open({ baseUrl: proxy.url })
    const tokens = Array.from({ length: 400 }, (_, index) => ` ${index}`)
    const gate = upstream.hold({ reasoning: ['Penso.'], tokens })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next(3)
    await expect.poll(lastText).toBe(' 0 1')
    // So many small events take more bytes than the text, so the server sends the text.
    proxy.set({ swallows: true })
    await gate.next(396)
    proxy.set({})
    for (const connection of proxy.connections) connection.reset()
    await expect.poll(lastText).toBe(tokens.slice(0, 398).join(''))
    gate.open()
    await sent
    expect(lastText()).toBe(tokens.join(''))
    expect(chat.messages.at(-1)?.parts.map(({ type }) => type)).toEqual(['step-start', 'reasoning', 'text'])
  })
})

describe('failures', () => {
  test('a reply that fails keeps its text, and says why', async () => {
    const { chat, finishes, lastText } = open()
    upstream.reply({ tokens: ['Um'], ending: 'error', error: { code: 'server_error', message: 'no' } })
    await chat.sendMessage({ text: 'Conte' })
    expect([chat.status, lastText()]).toEqual(['error', 'Um'])
    expect(chat.error?.message).toMatch(/\w+ \w+/)
    expect(chat.messages.at(-1)?.metadata).toMatchObject({
      status: 'failed',
      code: 'UPSTREAM_ERROR',
      retryable: true,
    })
    expect(finishes).toMatchObject([{ isError: true }])
    upstream.reply({ tokens: ['Outro.'] })
    await chat.regenerate()
    expect([chat.status, lastText()]).toEqual(['ready', 'Outro.'])
  })

  test('a request that is refused has the code of the refusal', async () => {
    const { chat } = open()
    await chat.sendMessage({ text: ' ' })
    expect(chat.status).toBe('error')
    expect(chat.error).toBeInstanceOf(RiachoChatError)
    expect(chat.error).toMatchObject({ code: 'INVALID_REQUEST' })
  })

  test('while a reply is being written, another message is refused', async () => {
    const first = open({ onAbort: 'detach' })
    const gate = upstream.hold({ tokens: ['Um'] })
    const sent = first.chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(first.lastText).toBe('Um')
    const second = open({ id: first.conversationId() })
    await second.chat.sendMessage({ text: 'E?' })
    expect(second.chat.error).toMatchObject({ code: 'RUN_ACTIVE' })
    gate.open()
    await sent
  })

  test('a token is asked for each request, and again after a 401', async () => {
    const tokens = ['old', 'new', 'new']
    const asked: (string | null)[] = []
    const { chat } = open({
      id: 'with-token',
      headers: {},
      token: () => tokens.shift() ?? 'new',
      fetch: async (url, init) => {
        const headers = new Headers(init.headers)
        asked.push(headers.get('authorization'))
        if (headers.get('authorization') === 'Bearer old') return new Response('{}', { status: 401 })
        return plainFetch(url, {
          ...init,
          headers: { ...Object.fromEntries(headers), cookie: visitor.cookie ?? '' },
        })
      },
    })
    upstream.reply({ tokens: ['Um.'] })
    await chat.sendMessage({ text: 'Conte' })
    expect([chat.status, asked]).toEqual(['ready', ['Bearer old', 'Bearer new']])
  })
})

test('while nobody is signed in nothing is sent', async () => {
  const { chat } = open({ token: () => null, fetch: () => expect.fail('something was sent') })
  await chat.sendMessage({ text: 'Conte' })
  expect(chat.error).toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('files of text go with a message, and come back', async () => {
  const { chat, transport, conversationId, stored } = open()
  upstream.reply({ tokens: ['Um.'] })
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
