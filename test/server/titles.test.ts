import { describe, expect, test } from 'vitest'
import type { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createUpstream, type Reply, type Scenario } from '../upstream/upstream.ts'

const QUESTION = 'Como faço pão de queijo em casa?'

async function conversationOf(client: TestClient, id: string) {
  return (await client.get(`/api/chat/conversations/${id}`)).body.conversation
}

/** Makes a conversation with one reply. Resolves with its id. */
async function begin(client: TestClient, body: object = {}): Promise<string> {
  await using stream = await client.send({ content: QUESTION, ...body })
  await stream.end()
  return stream.start.conversationId
}

const EVENT_STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

test('a title streams as it is written, and is stored', async () => {
  await using upstream = await createUpstream()
  upstream.replyOnce({ tokens: ['Misture', ' polvilho.'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  const id = await begin(client)
  expect(await conversationOf(client, id)).toMatchObject({ title: QUESTION, titleStatus: 'provisional' })
  expect(upstream.requests.length).toBe(1)

  const gate = upstream.hold({ tokens: ['"Pão', ' de', ' queijo"', '\n\nEste título'] })
  await using stream = await client.title(id)
  expect(stream.headers).toMatchObject(EVENT_STREAM)
  await gate.next()
  await stream.untilText('Pão')
  gate.open()
  expect(await stream.title()).toBe('Pão de queijo')
  expect(stream.text).toBe('Pão de queijo')
  expect(stream.raw).toMatch(/^data: \{"content":"Pão"\}\n\n/)
  expect(await conversationOf(client, id)).toMatchObject({ title: 'Pão de queijo', titleStatus: 'final' })

  await using again = await client.title(id)
  expect(await again.title()).toBe('Pão de queijo')
  expect(again.raw).toBe('event: title-end\ndata: {"title":"Pão de queijo"}\n\n')
  expect(upstream.requests.length).toBe(2)
})

test('it is asked for with the first question and reply, shortly, in the language of the caller', async () => {
  await using upstream = await createUpstream()
  upstream.replyOnce({ tokens: ['Misture', ' polvilho.'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  const conversationId = await begin(client)
  await begin(client, { conversationId, content: 'E com coco?' })
  const tab = client.tab()
  tab.cookie = `${client.cookie}; riacho_locale=es`
  await using stream = await tab.title(conversationId)
  await stream.title()
  const { body } = await upstream.request(2)
  expect(body).toMatchObject({ model: 'test-model', store: false, reasoning: { effort: 'low' } })
  expect(body['max_output_tokens']).toBeLessThan(1000)
  const asked = JSON.stringify(body.input)
  expect(asked).toMatch(/Como faço pão.*Misture polvilho\..*Ponle un título/)
  expect(asked).not.toContain('coco')
})

test('however many readers ask at once, the provider is asked once and all of them get the whole title', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const id = await begin(client)
  const gate = upstream.hold({ tokens: ['Pão', ' de', ' queijo'] })
  const streams = await Promise.all(Array.from({ length: 4 }, () => client.tab().title(id)))
  await gate.next()
  await Promise.all(streams.map(stream => stream.untilText('Pão')))
  await Promise.all(streams.slice(0, 2).map(stream => stream.cut()))
  await using late = await client.tab().title(id)
  await late.untilText('Pão')
  gate.open()
  for (const stream of [...streams.slice(2), late]) {
    expect(await stream.title()).toBe('Pão de queijo')
    expect(stream.text).toBe('Pão de queijo')
  }
  expect(upstream.requests.length).toBe(2)
})

test('it is written to its end when its only reader leaves', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const id = await begin(client)
  const gate = upstream.hold({ tokens: ['Pão', ' de', ' queijo'] })
  const stream = await client.title(id)
  await gate.next()
  await stream.untilText('Pão')
  await stream.cut()
  gate.open()
  await using again = await client.title(id)
  expect(await again.title()).toBe('Pão de queijo')
  expect(upstream.requests.length).toBe(2)
})

test('a title that a person gives meanwhile stays', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const id = await begin(client)
  const gate = upstream.hold({ tokens: ['Pão', ' de', ' queijo'] })
  await using stream = await client.title(id)
  await gate.next()
  await stream.untilText('Pão')
  const path = `/api/chat/conversations/${id}`
  const { body } = await client.call('PATCH', path, { body: { title: 'Receitas' } })
  expect(body.conversation).toMatchObject({ title: 'Receitas', titleStatus: 'final' })
  gate.open()
  expect(await stream.title()).toBe('Receitas')
  expect((await conversationOf(client, id)).title).toBe('Receitas')
})

describe('the first words stay, for good, when the provider gives no title:', () => {
  const failures: [name: string, reply: Reply | Scenario][] = [
    ['it refuses', 'server-error'],
    ['it is overloaded', 'overloaded'],
    ['it breaks off', { tokens: ['Pão', ' de'], ending: 'reset' }],
    ['it says nothing', { tokens: [], ending: 'hang' }],
    ['it declines', 'refusal'],
    ['it thinks to its limit', { reasoning: ['Hm'], tokens: [], ending: 'output-limit' }],
    ['it writes no word', { tokens: ['"', '**', '"'] }],
  ]
  test.each(failures)('%s', async (_name, reply) => {
    await using upstream = await createUpstream()
    const settings = { OPENAI_FIRST_BYTE_TIMEOUT_MS: '200', OPENAI_IDLE_TIMEOUT_MS: '200' }
    await using server = await startServer({ upstream, settings })
    const client = server.client()
    const id = await begin(client)
    upstream.reply(reply)
    await using stream = await client.title(id)
    expect(await stream.title()).toBe(QUESTION)
    expect(await conversationOf(client, id)).toMatchObject({ title: QUESTION, titleStatus: 'final' })
    await using again = await client.title(id)
    await again.title()
    expect(upstream.requests.length).toBe(2)
  })
})

test('a model that writes too long a title is interrupted', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const id = await begin(client)
  upstream.reply({ tokens: Array.from({ length: 100 }, () => 'palavra '), ending: 'hang' })
  await using stream = await client.title(id)
  const title = await stream.title()
  expect(title).toMatch(/^(palavra )+palavra…$/)
  expect(title.length).toBeLessThanOrEqual(80)
  expect(await (await upstream.request(1)).closed).toBe('client')
})

test('without a reply the provider is not asked and the title stays provisional', async () => {
  await using upstream = await createUpstream()
  upstream.replyOnce('unauthorized')
  await using server = await startServer({ upstream })
  const client = server.client()
  const id = await begin(client)
  await using early = await client.title(id)
  expect(await early.title()).toBe(QUESTION)
  expect(upstream.requests.length).toBe(1)
  expect((await conversationOf(client, id)).titleStatus).toBe('provisional')
  await begin(client, { conversationId: id })
  upstream.reply({ tokens: ['Pão'] })
  await using late = await client.title(id)
  expect(await late.title()).toBe('Pão')
})

test('a closing server never stores a half-written title', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  let cookie: string | undefined
  let id = ''
  {
    await using server = await startServer({ upstream, folder })
    const client = server.client()
    id = await begin(client)
    ;({ cookie } = client)
    const gate = upstream.hold({ tokens: ['Pão', ' de'] })
    const stream = await client.title(id)
    await gate.next()
    await stream.untilText('Pão')
  }
  await using server = await startServer({ upstream, folder })
  const client = server.client()
  client.cookie = cookie
  expect(await conversationOf(client, id)).toMatchObject({ title: QUESTION, titleStatus: 'final' })
})

test('a title that nobody finishes does not hold up a process that ends', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  await using server = await startProcess({ upstream, folder })
  const client = server.client()
  const id = await begin(client)
  const gate = upstream.hold({ tokens: ['Pão', ' de'] })
  await using stream = await client.title(id)
  await gate.next()
  await stream.untilText('Pão')
  expect(await server.kill('SIGTERM')).toBe(0)
  expect(await stream.title()).toBe(QUESTION)
}, 15_000)

test.each([
  ['the guide makes none', false],
  ['TITLES=words asks for none', true],
])('%s: the first words are final from the start', async (_name, hasProvider) => {
  await using upstream = await createUpstream()
  const settings: Record<string, string> = hasProvider ? { TITLES: 'words' } : {}
  await using server = await startServer({ ...(hasProvider && { upstream }), settings })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  const id = stream.start.conversationId
  expect((await conversationOf(client, id)).titleStatus).toBe('final')
  await using title = await client.title(id)
  expect(await title.title()).toBe('Oi')
  await stream.end()
  expect(upstream.requests.length).toBe(hasProvider ? 1 : 0)
})

test('a provisional title becomes final if titles are no longer made', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  let cookie: string | undefined
  let id = ''
  {
    await using server = await startServer({ upstream, folder })
    const client = server.client()
    id = await begin(client)
    ;({ cookie } = client)
  }
  await using server = await startServer({ upstream, folder, settings: { TITLES: 'words' } })
  const client = server.client()
  client.cookie = cookie
  await using stream = await client.title(id)
  expect(await stream.title()).toBe(QUESTION)
  expect((await conversationOf(client, id)).titleStatus).toBe('final')
})

test('a refused request, or one of another site, does not reach the provider', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const id = await begin(client)
  const path = `/api/chat/conversations/${id}/title`
  expect((await server.client().post(path)).status).toBe(404)
  expect((await client.post('/api/chat/conversations/x/title')).status).toBe(400)
  const foreign = await client.post(path, undefined, { 'sec-fetch-site': 'cross-site' })
  expect(foreign.status).toBe(403)
  expect(upstream.requests.length).toBe(1)
})

test('titles have the same limit by address as messages', async () => {
  await using server = await startServer({ settings: { RATE_LIMIT_PER_MINUTE: '2' } })
  const client = server.client()
  const path = `/api/chat/conversations/${crypto.randomUUID()}/title`
  const statuses = []
  for (let asked = 0; asked < 3; asked++) statuses.push((await client.post(path)).status)
  expect(statuses).toEqual([404, 404, 429])
})
