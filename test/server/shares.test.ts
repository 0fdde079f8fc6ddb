import { expect, test } from 'vitest'
import type { Share } from '../../src/protocol/responses.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'

test('a share shows its branch as it was, to whoever has its address, and names nobody', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using first = await client.send({ content: 'Primeira' })
  await first.end()
  const { conversationId } = first.start
  const path = `${ROOT}/${conversationId}`
  await using other = await client.send({ conversationId, parentId: null, content: 'Outra' })
  await other.end()
  await client.call('PATCH', path, { body: { title: 'Rio', headMessageId: first.start.messageId } })

  const created = await client.post(`${path}/shares`)
  const { share } = created.body
  expect(created.status).toBe(201)
  expect(share).toEqual({
    id: expect.stringMatching(/^[\w-]{24}$/),
    conversationId,
    title: 'Rio',
    createdAt: expect.any(Number),
  })
  await using later = await client.send({ conversationId, content: 'Depois' })
  await later.end()
  await client.call('PATCH', path, { body: { title: 'Mar' } })

  const reader = server.client()
  const answer = await reader.get(`/api/chat/shared/${share.id}`)
  expect(answer.headers).toMatchObject({ 'x-robots-tag': 'noindex', 'cache-control': 'no-store' })
  expect([answer.status, answer.headers['set-cookie'], reader.cookie]).toEqual([200, undefined, undefined])
  expect(answer.body).toEqual({
    title: 'Rio',
    assistant: 'riacho',
    assistantName: 'Riacho',
    createdAt: share.createdAt,
    messages: [
      {
        id: '1',
        role: 'USER',
        parts: [{ id: '1', type: 'text', text: 'Primeira' }],
        createdAt: expect.any(Number),
      },
      {
        id: '2',
        role: 'ASSISTANT',
        parts: [{ id: '1', type: 'text', text: first.text }],
        createdAt: expect.any(Number),
        timing: { firstTokenMs: expect.any(Number), reasoningMs: null, totalMs: expect.any(Number) },
      },
    ],
  })
  for (const secret of Object.values(first.start).concat(
    server.rows('select owner_id o from runs').map(({ o }) => String(o)),
  )) {
    if (secret !== 'riacho') expect(answer.text).not.toContain(`"${secret}"`)
  }
})

test('shares are listed newest first, and a revoked one is gone', async () => {
  await using server = await startServer()
  const client = server.client()
  const shareOf = async (title: string): Promise<Share> => {
    const { body } = await client.post(ROOT, { title })
    return (await client.post(`${ROOT}/${body.conversation.id}/shares`)).body.share
  }
  const shares = [await shareOf('um'), await shareOf('dois')]
  const again: Share = (await client.post(`${ROOT}/${shares[0]?.conversationId}/shares`)).body.share
  expect((await client.get(`${ROOT}/${again.conversationId}/shares`)).body.shares).toEqual(
    expect.arrayContaining([again, shares[0]]),
  )
  const titles = (await client.get('/api/chat/shares')).body.shares.map(({ title }: Share) => title)
  expect([titles.length, new Set(titles)]).toEqual([3, new Set(['um', 'dois'])])

  const revoke = (who = client) => who.call('DELETE', `/api/chat/shares/${again.id}`)
  expect((await revoke(server.client())).status).toBe(404)
  const answers = [await revoke(), await revoke()]
  expect(answers.map(({ status }) => status)).toEqual([204, 404])
  const gone = await server.client().get(`/api/chat/shared/${again.id}`)
  expect([gone.status, gone.body.code, gone.headers['x-robots-tag'], gone.headers['set-cookie']]).toEqual([
    404,
    'NOT_FOUND',
    'noindex',
    undefined,
  ])
  expect((await client.get('/api/chat/shares')).body.shares.length).toBe(2)
})
