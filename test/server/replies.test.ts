import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import type { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream, type Reply, SCENARIOS, type Upstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const CHAT = { OPENAI_API: 'chat' }

async function say(client: TestClient, content: string, conversationId?: string) {
  await using stream = await client.send({ content, ...(conversationId && { conversationId }) })
  return { start: stream.start, end: await stream.end(), text: stream.text }
}

describe('a reply with nothing to read', () => {
  test.each<[string, Reply]>([
    ['nothing', { tokens: [] }],
    ['white space', { tokens: [' ', '\n'] }],
    ['a thought', { tokens: [], reasoning: ['Penso.'] }],
    ['a thought in the text', { tokens: ['<think>Penso.'] }],
  ])('that has %s fails with a sentence, once, and is asked again by the reader', async (_, reply) => {
    await using upstream = await createUpstream()
    upstream.replyOnce(reply)
    upstream.reply({ tokens: ['Sim.'] })
    await using server = await startServer({ upstream, settings: CHAT })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' }, { 'accept-language': 'en' })
    expect(await stream.end()).toMatchObject({
      status: 'failed',
      code: 'EMPTY_REPLY',
      retryable: true,
      message: ERROR_MESSAGES.en.EMPTY_REPLY,
    })
    expect(upstream.requests).toHaveLength(1)
    await using again = await client.retry({ userMessageId: stream.start.userMessageId })
    expect(await again.end()).toMatchObject({ status: 'completed' })
  })

  test('is complete with a refusal', async () => {
    await using upstream = await createUpstream()
    upstream.reply('refusal')
    await using server = await startServer({ upstream })
    expect((await say(server.client(), 'Oi')).end.status).toBe('completed')
  })
})

test('the thought of a title that never ends leaves the first words', async () => {
  await using upstream = await createUpstream()
  upstream.replyOnce({ tokens: ['Azul.'] })
  upstream.reply({ tokens: ['<think>\nThe user', ' wants a title.'] })
  await using server = await startServer({ upstream, settings: CHAT })
  const client = server.client()
  const { start } = await say(client, 'Qual é a cor do céu?')
  await using stream = await client.title(start.conversationId)
  expect(await stream.title()).toBe('Qual é a cor do céu?')
})

test('a message after a reply that was stopped before its first word goes out with its question', async () => {
  await using upstream = await createUpstream()
  upstream.replyOnce('hang-before-headers')
  await using server = await startServer({ upstream, settings: CHAT })
  const client = server.client()
  await using stopped = await client.send({ content: 'um' })
  await upstream.request(0)
  await client.post(`/api/chat/runs/${stopped.start.runId}/stop`)
  await stopped.end()
  await say(client, 'dois', stopped.start.conversationId)
  const messages = (await upstream.request(1)).body.messages as { role: string; content: string }[]
  expect(messages.filter(({ role }) => role !== 'system')).toEqual([{ role: 'user', content: 'um\n\ndois' }])
})

describe('a conversation that is longer than the model reads', () => {
  /** Reads so many messages, and refuses more of them. */
  function readsAtMost(upstream: Upstream, count: number): void {
    upstream.reply(({ body }) => {
      const messages = (body.input ?? body.messages ?? []).filter(
        message => (message as { role: string }).role !== 'system',
      )
      return messages.length > count ? SCENARIOS['context-too-long'] : { tokens: ['Sim.'] }
    })
  }

  async function talk(client: TestClient, turns: number): Promise<string> {
    let id: string | undefined
    for (let turn = 1; turn <= turns; turn++) {
      const { start } = await say(client, `pergunta ${turn}`, id)
      id = start.conversationId
    }
    return id ?? ''
  }

  test.each([1, 5])('goes on without its oldest messages, where the model reads %i', async count => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream })
    const client = server.client()
    const id = await talk(client, 5)
    readsAtMost(upstream, count)
    const { end, start, text } = await say(client, 'e agora?', id)
    expect([end.status, text]).toEqual(['completed', 'Sim.'])

    const { body } = await client.get(`${ROOT}/${id}`)
    const from = body.messages.findIndex(message => message.id === end.historyFrom)
    const asked = upstream.requests.at(-1)?.body.input as { role: string; content: string }[]
    expect(body.messages[from]).toMatchObject({ role: 'USER', parts: [{ text: asked[0]?.content }] })
    expect(asked.at(-1)?.content).toBe('e agora?')
    expect(asked.length).toBeLessThanOrEqual(count)
    const reply = body.messages.find(message => message.id === start.messageId)
    expect(reply).toMatchObject({ historyFrom: end.historyFrom, status: 'completed' })
    expect(upstream.requests.length - 5).toBeLessThanOrEqual(5)

    const { body: forked } = await client.post(`${ROOT}/${id}/fork`, { messageId: start.messageId })
    expect(forked.messages.at(-1)).toMatchObject({ historyFrom: forked.messages[from]?.id })
    await using replayed = await client.follow(start.runId)
    expect(await replayed.end()).toMatchObject({ historyFrom: end.historyFrom })
  })

  test('fails only if the question alone is too long', async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream })
    const client = server.client()
    const id = await talk(client, 20)
    readsAtMost(upstream, 0)
    const { end } = await say(client, 'e agora?', id)
    expect(end).toMatchObject({ status: 'failed', code: 'CONTEXT_TOO_LONG', retryable: false })
    expect(upstream.requests.length - 20).toBeLessThanOrEqual(5)
  })

  test('gets all of it while it fits', async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream })
    const client = server.client()
    const id = await talk(client, 3)
    const { body } = await client.get(`${ROOT}/${id}`)
    const replies = body.messages.filter((_, index) => index % 2 === 1)
    expect(replies).toMatchObject([1, 2, 3].map(() => ({ historyFrom: null })))
  })
})

test.skipIf(onPostgres)(
  'what an older version stored that is no text is read, shared, exported, searched and sent as text',
  async () => {
    await using folder = await temporaryFolder()
    await using upstream = await createUpstream()
    let cookie: string | undefined
    let id = ''
    let file = ''
    {
      await using server = await startServer({ upstream, folder })
      const client = server.client()
      const { start } = await say(client, 'Conte')
      id = start.conversationId
      ;({ cookie } = client)
      file = server.databaseFile
    }
    const database = new DatabaseSync(file)
    const parts = [
      { id: '1', type: 'text', text: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] },
      {
        id: '2',
        type: 'text',
        text: [
          { type: 'text', text: 'Um ' },
          { type: 'text', text: 'rio' },
        ],
      },
      { id: '3', type: 'reasoning', text: { a: 1 } },
      { id: '4', type: 'source', url: 'https://example.com', title: null },
      { id: '5', type: 'text', text: 42 },
    ]
    database.prepare(`update messages set parts = ? where role = 'ASSISTANT'`).run(JSON.stringify(parts))
    database.close()

    await using server = await startServer({ upstream, folder })
    const client = server.client()
    client.cookie = cookie
    const mended = [
      { id: '1', type: 'reasoning', text: 'hm' },
      { id: '2', type: 'text', text: 'Um rio' },
      { id: '3', type: 'reasoning', text: '' },
      { id: '4', type: 'source', url: 'https://example.com', title: 'https://example.com' },
      { id: '5', type: 'text', text: '42' },
    ]
    const { body } = await client.get(`${ROOT}/${id}`)
    expect(body.messages[1]?.parts).toEqual(mended)
    const { body: made } = await client.post(`${ROOT}/${id}/shares`)
    const { body: shared } = await client.get(`/api/chat/shared/${made.share.id}`)
    expect(shared.messages[1]?.parts).toEqual(mended)
    for (const format of ['json', 'markdown']) {
      const { status, text } = await client.get(`${ROOT}/${id}/export?format=${format}`)
      expect([status, text.includes('Um rio')]).toEqual([200, true])
    }
    expect((await client.get('/api/chat/search?query=conte')).status).toBe(200)
    await say(client, 'E?', id)
    expect(JSON.stringify(upstream.requests.at(-1)?.body.input)).toContain('Um rio42')
    await using title = await client.title(id)
    expect(await title.title()).not.toContain('object')
  },
)
