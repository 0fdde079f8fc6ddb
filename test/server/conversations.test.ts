import { expect, test } from 'vitest'
import { startServer } from '../harness/server.ts'

const upstream = { url: 'http://127.0.0.1:9/v1' }

test('conversations are listed newest first, page by page, each once', async () => {
  await using server = await startServer({ upstream })
  const client = server.client()
  const created: string[] = []
  for (let index = 0; index < 7; index++) {
    const { body } = await client.post('/api/chat/conversations', { title: `Rio ${index}` })
    created.unshift(body.conversation.id)
  }
  const listed: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const { body } = await client.get(`/api/chat/conversations?limit=3${query}`)
    listed.push(...body.conversations.map((conversation: { id: string }) => conversation.id))
    cursor = body.nextCursor
  } while (cursor !== null)
  expect(listed).toEqual(created)
  expect((await server.client().get('/api/chat/conversations')).body.conversations).toEqual([])
})

test('a conversation is found by its title, wildcards taken literally', async () => {
  await using server = await startServer({ upstream })
  const client = server.client()
  for (const title of ['100% água', '1000 rios', 'a_b', 'aXb'])
    await client.post('/api/chat/conversations', { title })
  const found = async (search: string) => {
    const { body } = await client.get(`/api/chat/conversations?search=${encodeURIComponent(search)}`)
    return body.conversations.map((conversation: { title: string }) => conversation.title)
  }
  expect(await found('100%')).toEqual(['100% água'])
  expect(await found('a_b')).toEqual(['a_b'])
  expect(await found('RIOS')).toEqual(['1000 rios'])
  expect(await found('AGUA 100')).toEqual(['100% água'])
})

test('a conversation is renamed, closed, reopened, archived and deleted', async () => {
  await using server = await startServer({ upstream })
  const client = server.client()
  const { body } = await client.post('/api/chat/conversations', {})
  const path = `/api/chat/conversations/${body.conversation.id}`
  const patch = async (change: object) =>
    (await client.call('PATCH', path, { body: change })).body.conversation
  expect(await patch({ title: ' Rio ' })).toMatchObject({ title: 'Rio', status: 'OPEN' })
  expect(await patch({ status: 'CLOSED' })).toMatchObject({ title: 'Rio', status: 'CLOSED' })
  expect(await patch({ status: 'OPEN', archived: true })).toMatchObject({ status: 'OPEN', archived: true })
  expect((await client.get('/api/chat/conversations')).body.conversations).toEqual([])
  expect((await client.get('/api/chat/conversations?archived=true')).body.conversations.length).toBe(1)
  expect((await client.call('DELETE', path)).status).toBe(204)
  expect((await client.get(path)).status).toBe(404)
})

test('assistants are named and greet in the language of the caller', async () => {
  await using server = await startServer({ upstream })
  const greeting = async (language: string) => {
    const { body } = await server.client().get('/api/chat/assistants', { 'accept-language': language })
    return body.assistants[0]?.greeting
  }
  const greetings = await Promise.all(['pt-BR', 'en', 'es'].map(greeting))
  expect(new Set(greetings).size).toBe(3)
})

test('without a model the guide is the only assistant', async () => {
  await using guided = await startServer({})
  await using connected = await startServer({ upstream })
  const countOf = async (server: typeof guided) =>
    (await server.client().get('/api/chat/assistants')).body.assistants.length
  expect(await countOf(guided)).toBe(1)
  expect(await countOf(connected)).toBe(2)
})

test('health, readiness and metrics answer anybody, and begin no owner', async () => {
  await using server = await startServer({ upstream })
  const client = server.client()
  expect((await client.get('/api/health')).body).toEqual({ status: 'ok' })
  expect((await client.get('/api/ready')).body).toEqual({
    status: 'ready',
    provider: { model: 'test-model', lastEnd: null },
  })
  const metrics = await client.get('/metrics')
  expect(metrics.text).toContain('riacho_active_runs 0')
  expect(client.cookie).toBeUndefined()
})
