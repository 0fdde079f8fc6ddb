import { expect, test } from 'vitest'
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
    { id: '1', type: 'text', text: 'Compare.' },
    { id: '2', type: 'file', ...NOTES },
    { id: '3', type: 'file', ...TABLE },
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
    { id: '1', type: 'file', ...NOTES },
    { id: '2', type: 'file', ...TABLE },
  ])
  expect(body.conversation.title).toBe('notas.txt')
})

test('the guide answers a message of attachments', async () => {
  await using server = await startServer()
  await using stream = await server.client().send({ content: '', attachments: [NOTES] })
  expect(await stream.end()).toMatchObject({ status: 'completed' })
})
