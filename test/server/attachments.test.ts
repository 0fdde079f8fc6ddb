import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const NOTES = { name: 'notas.txt', text: 'três ações' }
const TABLE = { name: 'tabela.csv', text: 'a,b\n1,2' }

test('attachments are parts of the message after its text, and go upstream with their names', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Compare.', attachments: [NOTES, TABLE] })
  await stream.end()
  const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body.messages[0]?.parts).toEqual([
    { type: 'text', text: 'Compare.' },
    { type: 'file', ...NOTES },
    { type: 'file', ...TABLE },
  ])
  expect(body.conversation.title).toBe('Compare.')
  const told = 'Compare.\n\n```notas.txt\ntrês ações\n```\n\n```tabela.csv\na,b\n1,2\n```'
  expect((await upstream.request(0)).body.input).toEqual([{ role: 'user', content: told }])

  const { conversationId } = stream.start
  await using next = await client.send({ content: 'E agora?', conversationId })
  await next.end()
  expect((await upstream.request(1)).body.input).toContainEqual({ role: 'user', content: told })
})

test('a message may be attachments alone: no text part, and the title is the name of the first', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: ' \n', attachments: [NOTES, TABLE] })
  await stream.end()
  const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body.messages[0]?.parts).toEqual([
    { type: 'file', ...NOTES },
    { type: 'file', ...TABLE },
  ])
  expect(body.conversation.title).toBe('notas.txt')
})

test('the same clientMessageId with other attachments is another message', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const body = { content: 'Compare.', clientMessageId: randomUUID(), attachments: [NOTES] }
  await using first = await client.send(body)
  await first.end()
  await using again = await client.send(body)
  expect(again.start.runId).toBe(first.start.runId)
  const others = [undefined, [TABLE], [NOTES, TABLE], [{ ...NOTES, name: 'x' }], [{ ...NOTES, text: 'x' }]]
  for (const attachments of others) {
    const answer = await client.post('/api/chat/send', { ...body, attachments })
    expect([answer.status, answer.body.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
  }
  expect(upstream.requests.length).toBe(1)
})

describe('refused are', () => {
  test.each([
    ['none and no text', { content: ' ' }],
    ['an empty list', { content: 'Oi', attachments: [] }],
    ['more than ten', { content: 'Oi', attachments: Array.from({ length: 11 }, () => NOTES) }],
    ['one without a name', { content: 'Oi', attachments: [{ name: ' ', text: 'x' }] }],
    ['one without text', { content: 'Oi', attachments: [{ name: 'x', text: '\n' }] }],
    ['one with more fields', { content: 'Oi', attachments: [{ ...NOTES, type: 'text/plain' }] }],
  ])('%s', async (_name, body) => {
    await using server = await startServer()
    const answer = await server.client().post('/api/chat/send', body)
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST'])
  })
})

test('the guide answers a message of attachments', async () => {
  await using server = await startServer()
  await using stream = await server.client().send({ content: '', attachments: [NOTES] })
  expect(await stream.end()).toMatchObject({ status: 'completed' })
})
