import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RiachoChatError } from '../../src/ai-sdk/riachoTransport.ts'
import { textOf } from '../../src/protocol/parts.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { type ChatWorld, startChatWorld } from './chatWorld.ts'

let world: ChatWorld

beforeAll(async () => {
  world = await startChatWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

describe('a bad network', () => {
  test('a reply that is cut again and again is whole, and the app notices nothing', async () => {
    await using proxy = await createFaultProxy(Number(new URL(world.server.url).port))
    const asked: string[] = []
    const { chat, lastText, finishes } = world.open({
      id: 'cut',
      baseUrl: proxy.url,
      fetch(url, init) {
        asked.push(url.slice(proxy.url.length))
        return world.fetch(url, init)
      },
    })
    const seen: string[] = []
    const gate = world.upstream.hold({ tokens: ['Um', ' dois', ' três', ' quatro'] })
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

  test('a passing refusal at a reconnect does not end the reply', async () => {
    await using proxy = await createFaultProxy(Number(new URL(world.server.url).port))
    const refusals = [
      [429, 'RATE_LIMITED'],
      [503, 'STORAGE_UNAVAILABLE'],
      [500, 'INTERNAL'],
    ] as const
    const left = [...refusals]
    const { chat, lastText } = world.open({
      baseUrl: proxy.url,
      fetch: async (url, init) => {
        const [status, code] = (url.includes('/events') && left.shift()) || []
        return status ? Response.json({ code }, { status }) : world.fetch(url, init)
      },
    })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    for (const connection of proxy.connections) connection.reset()
    gate.open()
    await sent
    expect([chat.status, chat.error, lastText()]).toEqual(['ready', undefined, 'Um dois'])
    expect(left).toEqual([])
  })

  test('a reconnect that is refused for good ends the stream with its code', async () => {
    await using proxy = await createFaultProxy(Number(new URL(world.server.url).port))
    const { chat, lastText } = world.open({
      baseUrl: proxy.url,
      fetch: async (url, init) =>
        url.includes('/events')
          ? Response.json({ code: 'FORBIDDEN' }, { status: 403 })
          : world.fetch(url, init),
    })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    for (const connection of proxy.connections) connection.reset()
    await sent
    expect(chat.error).toMatchObject({ code: 'FORBIDDEN' })
    expect([chat.status, lastText()]).toEqual(['error', 'Um'])
    gate.open()
  })

  test('a message whose answer is lost is sent again, and stored once', async () => {
    await using proxy = await createFaultProxy(Number(new URL(world.server.url).port), {
      cutAfter: 50,
      cutBy: 'reset',
    })
    const { chat, lastText, stored } = world.open({ id: 'lost', baseUrl: proxy.url })
    world.upstream.reply({ tokens: ['Um.'] })
    const asked = world.upstream.requests.length
    const sent = chat.sendMessage({ text: 'Conte' })
    await world.upstream.request(asked)
    proxy.set({})
    await sent
    expect(lastText()).toBe('Um.')
    expect((await stored()).messages).toHaveLength(2)
    expect(world.upstream.requests.length).toBe(asked + 1)
  })

  test('a snapshot in mid-stream replaces what was there', async () => {
    await using proxy = await createFaultProxy(Number(new URL(world.server.url).port))
    const { chat, lastText } = world.open({ baseUrl: proxy.url })
    const tokens = Array.from({ length: 400 }, (_, index) => ` ${index}`)
    const gate = world.upstream.hold({ reasoning: ['Penso.'], tokens })
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
    const { chat, finishes, lastText } = world.open()
    world.upstream.reply({ tokens: ['Um'], ending: 'error', error: { code: 'server_error', message: 'no' } })
    await chat.sendMessage({ text: 'Conte' })
    expect([chat.status, lastText()]).toEqual(['error', 'Um'])
    expect(chat.error?.message).toMatch(/\w+ \w+/)
    expect(chat.messages.at(-1)?.metadata).toMatchObject({
      status: 'failed',
      code: 'UPSTREAM_ERROR',
      retryable: true,
    })
    expect(finishes).toMatchObject([{ isError: true }])
    world.upstream.reply({ tokens: ['Outro.'] })
    await chat.regenerate()
    expect([chat.status, lastText()]).toEqual(['ready', 'Outro.'])
  })

  test('a request that is refused has the code of the refusal', async () => {
    const { chat } = world.open()
    await chat.sendMessage({ text: ' ' })
    expect(chat.status).toBe('error')
    expect(chat.error).toBeInstanceOf(RiachoChatError)
    expect(chat.error).toMatchObject({ code: 'INVALID_REQUEST' })
  })

  test('while a reply is being written, another message is refused', async () => {
    const first = world.open({ onAbort: 'detach' })
    const gate = world.upstream.hold({ tokens: ['Um'] })
    const sent = first.chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(first.lastText).toBe('Um')
    const second = world.open({ id: first.conversationId() })
    await second.chat.sendMessage({ text: 'E?' })
    expect(second.chat.error).toMatchObject({ code: 'RUN_ACTIVE' })
    gate.open()
    await sent
  })

  test('a token is asked for each request, and again after a 401', async () => {
    const tokens = ['old', 'new', 'new']
    const asked: (string | null)[] = []
    const { chat } = world.open({
      id: 'with-token',
      headers: {},
      token: () => tokens.shift() ?? 'new',
      fetch: async (url, init) => {
        const headers = new Headers(init.headers)
        asked.push(headers.get('authorization'))
        if (headers.get('authorization') === 'Bearer old') return new Response('{}', { status: 401 })
        return world.fetch(url, {
          ...init,
          headers: { ...Object.fromEntries(headers), cookie: world.visitor.cookie ?? '' },
        })
      },
    })
    world.upstream.reply({ tokens: ['Um.'] })
    await chat.sendMessage({ text: 'Conte' })
    expect([chat.status, asked]).toEqual(['ready', ['Bearer old', 'Bearer new']])
  })
})

describe('Retry by regenerate', () => {
  test('a message that was refused is sent, in a new chat and in one that is stored', async () => {
    const refusals = [429, 429]
    for (const id of ['new', crypto.randomUUID()]) {
      const { chat, lastText, stored } = world.open({
        id,
        fetch: async (url, init) => {
          const status = url.endsWith('/send') ? refusals.shift() : undefined
          return status ? Response.json({ code: 'RATE_LIMITED' }, { status }) : world.fetch(url, init)
        },
      })
      await chat.sendMessage({ text: 'Conte' })
      expect(chat.error).toMatchObject({ code: 'RATE_LIMITED' })
      refusals.length = 0
      world.upstream.reply({ tokens: ['Um.'] })
      await chat.regenerate()
      expect([chat.status, chat.error, lastText()]).toEqual(['ready', undefined, 'Um.'])
      refusals.push(429)
      await chat.sendMessage({ text: 'E depois?' })
      expect(chat.error).toMatchObject({ code: 'RATE_LIMITED' })
      world.upstream.reply({ tokens: ['Dois.'] })
      await chat.regenerate()
      expect([chat.status, chat.error, lastText()]).toEqual(['ready', undefined, 'Dois.'])
      expect((await stored()).messages).toHaveLength(4)
      refusals.push(429)
    }
  })

  test('a message that was stored, and whose answer was lost, is stored and answered once', async () => {
    let isLost = true
    const sent: unknown[] = []
    const { chat, lastText, stored } = world.open({
      // No UUID, so that the transport makes the id for the server.
      id: 'new',
      fetch: async (url, init) => {
        const response = await world.fetch(url, init)
        if (!url.endsWith('/send')) return response
        sent.push(JSON.parse(String(init.body)))
        if (!isLost) return response
        await response.body?.cancel()
        return Response.json({ code: 'INTERNAL' }, { status: 500 })
      },
    })
    world.upstream.reply({ tokens: ['Um.'] })
    await chat.sendMessage({ id: 'mine', role: 'user', parts: [{ type: 'text', text: 'Conte' }] })
    expect(chat.error).toMatchObject({ code: 'INTERNAL' })
    isLost = false
    await chat.regenerate()
    expect([chat.status, chat.error, lastText()]).toEqual(['ready', undefined, 'Um.'])
    expect(sent[1]).toEqual(sent[0])
    expect((await stored()).messages).toHaveLength(2)
  })

  test('an edit that was refused is sent as the edit, and not as the message before it', async () => {
    let isRefused = false
    const { chat, lastText, stored } = world.open({
      fetch: async (url, init) =>
        isRefused ? Response.json({ code: 'RATE_LIMITED' }, { status: 429 }) : world.fetch(url, init),
    })
    world.upstream.reply({ tokens: ['Um.'] })
    await chat.sendMessage({ text: 'Conte' })
    isRefused = true
    await chat.sendMessage({ text: 'Cante', messageId: chat.messages[0]?.id ?? '' })
    expect(chat.error).toMatchObject({ code: 'RATE_LIMITED' })
    isRefused = false
    world.upstream.reply({ tokens: ['Dois.'] })
    await chat.regenerate()
    expect([chat.status, lastText()]).toEqual(['ready', 'Dois.'])
    const { messages } = await stored()
    expect(messages.filter(({ role }) => role === 'USER').map(({ parts }) => textOf(parts))).toEqual([
      'Conte',
      'Cante',
    ])
  })
})
