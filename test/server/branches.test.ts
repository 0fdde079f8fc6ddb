import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { startServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'

test('pinned conversations come first, over every page, archived ones among themselves', async () => {
  await using server = await startServer()
  const client = server.client()
  const ids = new Map<string, string>()
  for (const title of ['a', 'b', 'c', 'd', 'e']) {
    ids.set(title, (await client.post(ROOT, { title })).body.conversation.id)
  }
  const change = async (title: string, body: object) =>
    (await client.call('PATCH', `${ROOT}/${ids.get(title)}`, { body })).body.conversation
  expect(await change('b', { pinned: true })).toMatchObject({ title: 'b', pinned: true })
  await change('d', { pinned: true })
  await change('a', { pinned: true, archived: true })
  const listed: string[] = []
  let cursor: string | null = ''
  do {
    const { body } = await client.get(`${ROOT}?limit=1${cursor && `&cursor=${cursor}`}`)
    listed.push(...body.conversations.map(({ title }) => title))
    cursor = body.nextCursor
  } while (cursor)
  expect(listed).toEqual(['d', 'b', 'e', 'c'])
  expect(await change('d', { pinned: false })).toMatchObject({ pinned: false })
  const { body } = await client.get(ROOT)
  expect(body.conversations.map(({ title }) => title)).toEqual(['b', 'e', 'd', 'c'])
})

test.skipIf(onPostgres)('a page of the list is read from one index, without sorting', async () => {
  await using server = await startServer()
  const plan = server.rows(
    `explain query plan select * from conversations where owner_id = 'o' and archived = 0 and deleted_at is null
      and (pinned, position) < (0, 5) order by pinned desc, position desc limit 31`,
  )
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/^SEARCH conversations USING INDEX conversations_by_owner/),
  ])
})

test('a person can go back to another branch, and the next message follows there', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using first = await client.send({ content: 'Oi' })
  await first.end()
  const { conversationId, messageId, userMessageId } = first.start
  const path = `${ROOT}/${conversationId}`
  await using second = await client.send({ conversationId, content: 'E depois?' })
  await second.end()
  const headOf = async (headMessageId: string) => client.call('PATCH', path, { body: { headMessageId } })
  expect((await headOf(messageId)).body.conversation.headMessageId).toBe(messageId)
  await using third = await client.send({ conversationId, content: 'Ou antes?' })
  await third.end()
  const { messages } = (await client.get(path)).body
  const parentOf = (id: string) => messages.find(message => message.id === id)?.parentId
  expect(parentOf(third.start.userMessageId)).toBe(messageId)

  await using elsewhere = await client.send({ content: 'Oi' })
  await elsewhere.end()
  expect((await headOf(elsewhere.start.messageId)).status).toBe(404)
  expect((await headOf(randomUUID())).status).toBe(404)
  upstream.reply('hang-between-tokens')
  await using live = await client.send({ conversationId, parentId: userMessageId, content: 'Mais' })
  const refused = await headOf(messageId)
  expect([refused.status, refused.body.code, refused.body.runId]).toEqual([
    409,
    'RUN_ACTIVE',
    live.start.runId,
  ])
  await client.post(`/api/chat/runs/${live.start.runId}/stop`)
  expect(parentOf(userMessageId)).toBeNull()
})

test('a parent of null begins the conversation anew, and the provider gets no earlier message', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using first = await client.send({ content: 'Pergunta um' })
  await first.end()
  const { conversationId } = first.start
  const clientMessageId = randomUUID()
  const body = { conversationId, parentId: null, content: 'Pergunta dois', clientMessageId }
  await using second = await client.send(body)
  await second.end()
  const { conversation, messages } = (await client.get(`${ROOT}/${conversationId}`)).body
  expect(messages.map(message => message.parentId)).toEqual([
    null,
    first.start.userMessageId,
    null,
    second.start.userMessageId,
  ])
  expect(conversation.headMessageId).toBe(second.start.messageId)
  expect(JSON.stringify(upstream.requests[1]?.body)).not.toContain('Pergunta um')
  const { parentId: _, ...elsewhere } = body
  const mismatch = await client.post('/api/chat/send', elsewhere)
  expect([mismatch.status, mismatch.body.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
  await using anew = await client.send({ parentId: null, content: 'Nova conversa' })
  expect(await anew.end()).toMatchObject({ status: 'completed' })
})

test('a fork begins with a copy of the messages down to one, and later messages stay apart', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const clientMessageId = randomUUID()
  await using first = await client.send({ content: 'Oi', clientMessageId })
  await first.end()
  const { conversationId, messageId, runId } = first.start
  await using second = await client.send({ conversationId, content: 'E depois?' })
  await second.end()
  await client.call('PUT', `/api/chat/messages/${messageId}/feedback`, { body: { rating: 'up' } })
  const path = `${ROOT}/${conversationId}`
  await client.call('PATCH', path, { body: { title: 'Rio', pinned: true, status: 'CLOSED' } })
  const original = (await client.get(path)).body

  const forked = await client.post(`${path}/fork`, { messageId })
  expect(forked.status).toBe(201)
  const { conversation, messages, activeRun } = forked.body
  expect(conversation).toMatchObject({
    title: 'Rio',
    titleStatus: 'final',
    status: 'OPEN',
    pinned: false,
    assistant: original.conversation.assistant,
    headMessageId: messages[1]?.id,
  })
  expect([messages.length, activeRun]).toEqual([2, null])
  const { id: _, runId: copiedRunId, parentId, ...copy } = messages[1] ?? expect.unreachable()
  const [question, { id: __, runId: ___, parentId: ____, ...reply } = expect.unreachable()] =
    original.messages
  expect(copy).toEqual({ ...reply, feedback: null })
  expect(parentId).toBe(messages[0]?.id)
  expect(messages[0]).toMatchObject({ parts: question?.parts, clientMessageId: null, parentId: null })
  const ids = [conversation, ...messages].map(({ id }) => id).concat(copiedRunId)
  expect(ids).not.toEqual(expect.arrayContaining([conversationId, messageId, runId]))

  const replay = await client.follow(copiedRunId)
  expect(await replay.end()).toMatchObject({ status: 'completed' })
  expect(replay.text).toBe(first.text)
  expect(replay.frames[0]?.event).toMatchObject({
    conversationId: conversation.id,
    messageId: messages[1]?.id,
  })

  await using more = await client.send({ conversationId: conversation.id, content: 'Outro rumo' })
  await more.end()
  await using retried = await client.retry({ userMessageId: messages[0]?.id })
  await retried.end()
  expect((await client.get(path)).body).toEqual(original)
  await client.call('DELETE', path)
  expect((await client.get(`${ROOT}/${conversation.id}`)).body.messages.length).toBe(5)
})

test('a fork at a question ends with the question, and a fork at a message of another conversation is refused', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  upstream.reply('hang-between-tokens')
  await using live = await client.send({ content: 'Oi' })
  const { conversationId, userMessageId, runId } = live.start
  const path = `${ROOT}/${conversationId}/fork`
  const { conversation, messages, activeRun } = (await client.post(path, { messageId: userMessageId })).body
  expect([messages.length, activeRun, conversation.headMessageId]).toEqual([1, null, messages[0]?.id])
  await client.post(`/api/chat/runs/${runId}/stop`)
  expect((await client.post(path, { messageId: messages[0]?.id })).status).toBe(404)
  expect((await client.post(path, { messageId: randomUUID() })).status).toBe(404)
})

test('feedback is stored with its reply, and can be taken back', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  const { conversationId, messageId, userMessageId } = stream.start
  const give = (id: string, body: object, who = client) =>
    who.call('PUT', `/api/chat/messages/${id}/feedback`, { body })
  const kept = async () => (await client.get(`${ROOT}/${conversationId}`)).body.messages[1]?.feedback
  expect((await give(messageId, { rating: 'down', comment: ' Errou. ' })).body).toEqual({
    feedback: { rating: 'down', comment: 'Errou.' },
  })
  expect(await kept()).toEqual({ rating: 'down', comment: 'Errou.' })
  expect((await give(messageId, { rating: 'up' })).body).toEqual({ feedback: { rating: 'up', comment: '' } })
  expect((await give(messageId, { rating: null })).body).toEqual({ feedback: null })
  expect(await kept()).toBeNull()
  expect((await give(userMessageId, { rating: 'up' })).status).toBe(404)
  expect((await give(messageId, { rating: 'up' }, server.client())).status).toBe(404)
})
