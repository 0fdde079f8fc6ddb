import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finished, readersOf } from '../harness/client.ts'
import { type ChatWorld, startChatWorld } from './chatWorld.ts'

let world: ChatWorld

beforeAll(async () => {
  world = await startChatWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

describe('leaving', () => {
  test('stop ends the reply, and its text is stored', async () => {
    const { chat, finishes, lastText, stored } = world.open()
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    await chat.stop()
    await sent
    expect([chat.status, finishes]).toMatchObject(['ready', [{ isAbort: true }]])
    await expect.poll(async () => (await stored()).messages[1]).toMatchObject({ status: 'stopped' })
    gate.open()
  })

  test('a stop before the first event ends the reply too', async () => {
    let answer: (() => void) | undefined
    const held = new Promise<void>(resolve => {
      answer = resolve
    })
    const { chat } = world.open({
      id: 'early',
      fetch: async (url, init) => {
        const response = await world.fetch(url, init)
        if (url.endsWith('/send')) await held
        return response
      },
    })
    const gate = world.upstream.hold({ tokens: ['Um'] })
    const sent = chat.sendMessage({ text: 'Parada cedo' })
    await expect.poll(() => chat.status).toBe('submitted')
    await gate.next()
    const stopped = chat.stop()
    answer?.()
    await Promise.all([stopped, sent])
    const { conversations } = (await world.visitor.get('/api/chat/conversations')).body
    const id = conversations.find(({ title }) => title === 'Parada cedo')?.id
    await expect
      .poll(async () => (await world.visitor.get(`/api/chat/conversations/${id}`)).body.messages[1])
      .toMatchObject({ status: 'stopped' })
    gate.open()
  })

  test('detach before the first event leaves the reply too, once the server has the message', async () => {
    const { promise: held, resolve: forward } = Promise.withResolvers<void>()
    const { chat } = world.open({
      onAbort: 'detach',
      fetch: async (url, init) => {
        await held
        init.signal?.throwIfAborted()
        return world.fetch(url, init)
      },
    })
    world.upstream.reply({ tokens: ['Um.'] })
    const sent = chat.sendMessage({ text: 'Deixada cedo' })
    await expect.poll(() => chat.status).toBe('submitted')
    await chat.stop()
    await sent
    forward()
    const found = async () => {
      const { conversations } = (await world.visitor.get('/api/chat/conversations')).body
      return conversations.find(({ title }) => title === 'Deixada cedo')?.id ?? ''
    }
    await expect.poll(found).not.toBe('')
    const id = await found()
    await expect
      .poll(async () => (await world.stored(id)).messages?.[1])
      .toMatchObject({ status: 'completed' })
    await expect.poll(() => readersOf(world.visitor)).toBe(0)
  })

  test('a message after a stop waits until the reply has stopped', async () => {
    const { promise: held, resolve: forward } = Promise.withResolvers<void>()
    const stops: string[] = []
    const { chat, lastText, stored } = world.open({
      fetch: async (url, init) => {
        if (url.endsWith('/stop')) {
          stops.push(url)
          await held
        }
        return world.fetch(url, init)
      },
    })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    await chat.stop()
    await sent
    expect(chat.status).toBe('ready')
    world.upstream.reply({ tokens: ['Três.'] })
    const next = chat.sendMessage({ text: 'Outra' })
    await expect.poll(() => stops.length).toBe(1)
    // Time in which the message would reach the server, if it did not wait.
    await world.visitor.get('/api/chat/conversations')
    forward()
    await next
    expect([chat.status, chat.error, lastText()]).toEqual(['ready', undefined, 'Três.'])
    expect((await stored()).messages).toHaveLength(4)
    gate.open()
  })

  test('a stop that the server cannot take yet is asked again', async () => {
    const answers = [503, 429]
    const { chat, lastText, stored } = world.open({
      fetch: async (url, init) => {
        const status = url.endsWith('/stop') ? answers.shift() : undefined
        return status ? new Response('{}', { status }) : world.fetch(url, init)
      },
    })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    await chat.stop()
    await sent
    await expect
      .poll(async () => (await stored()).messages[1], { timeout: 10_000 })
      .toMatchObject({ status: 'stopped' })
    expect(answers).toEqual([])
    gate.open()
  })

  test('what was given up before it was sent is not sent', async () => {
    const { transport } = world.open({ fetch: () => expect.fail('something was sent') })
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
    const { chat, lastText, stored } = world.open({ onAbort: 'detach' })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    await chat.stop()
    await sent
    await expect.poll(() => readersOf(world.visitor)).toBe(0)
    gate.open()
    await expect.poll(async () => (await stored()).messages[1]).toMatchObject({ status: 'completed' })
  })

  test('a stop in another tab ends the stream without an error', async () => {
    const { chat, finishes, lastText, stored } = world.open()
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(lastText).toBe('Um')
    const { activeRun } = await stored()
    await world.visitor.post(`/api/chat/runs/${activeRun?.runId}/stop`)
    await sent
    expect([chat.status, chat.error]).toEqual(['ready', undefined])
    expect(chat.messages.at(-1)?.metadata?.status).toBe('stopped')
    expect(finishes).toMatchObject([{ isError: false }])
    gate.open()
  })
})

describe('resuming', () => {
  test('a reply that is being written comes from its beginning, and replaces what was there of it', async () => {
    const before = world.open({ onAbort: 'detach' })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois', ' três'] })
    const sent = before.chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(before.lastText).toBe('Um')
    const id = before.conversationId()
    const stale = before.chat.messages.map(message => structuredClone(message))
    await before.chat.stop()
    await sent
    await gate.next()
    for (const messages of [await before.transport.readMessages(id), stale]) {
      const after = world.open({ id, messages, onAbort: 'detach' })
      const resumed = after.chat.resumeStream()
      await expect.poll(after.lastText).toBe('Um dois')
      expect(after.chat.messages).toHaveLength(2)
      await after.chat.stop()
      await resumed
    }
    const last = world.open({ id, messages: await before.transport.readMessages(id) })
    const resumed = last.chat.resumeStream()
    gate.open()
    await resumed
    expect([last.chat.status, last.lastText()]).toEqual(['ready', 'Um dois três'])
    expect(last.chat.messages.at(-1)?.parts).toHaveLength(2)
  })

  test('a chat that resumes again reads on, and stops nothing', async () => {
    const before = world.open({ onAbort: 'detach' })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois', ' três'] })
    const sent = before.chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(before.lastText).toBe('Um')
    await before.chat.stop()
    await sent
    const id = before.conversationId()
    const { chat, lastText } = world.open({ id, messages: await before.transport.readMessages(id) })
    const first = chat.resumeStream()
    await expect.poll(lastText).toBe('Um')
    const second = chat.resumeStream()
    await first
    await gate.next()
    await expect.poll(lastText).toBe('Um dois')
    gate.open()
    await second
    expect([chat.status, lastText()]).toEqual(['ready', 'Um dois três'])
    expect((await before.stored()).messages[1]).toMatchObject({ status: 'completed' })
  })

  test('Stop ends a reply that was resumed twice', async () => {
    const before = world.open({ onAbort: 'detach' })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois'] })
    const sent = before.chat.sendMessage({ text: 'Conte' })
    await gate.next()
    await expect.poll(before.lastText).toBe('Um')
    await before.chat.stop()
    await sent
    const { chat, lastText } = world.open({ id: before.conversationId() })
    const resumes = [chat.resumeStream()]
    await expect.poll(lastText).toBe('Um')
    resumes.push(chat.resumeStream())
    await resumes[0]
    await expect.poll(() => chat.status).toBe('streaming')
    await chat.stop()
    await Promise.all(resumes)
    await expect.poll(async () => (await before.stored()).messages[1]).toMatchObject({ status: 'stopped' })
    gate.open()
  })

  test('without a reply under way nothing happens, also in a conversation that is not there', async () => {
    const start = await finished(world.visitor)
    for (const id of [start.conversationId, crypto.randomUUID(), 'made-up']) {
      const { chat, finishes } = world.open({ id })
      await chat.resumeStream()
      expect([chat.status, finishes]).toEqual(['ready', []])
    }
  })
})
