import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { AdminConversationResponse, AuditResponse } from '../../src/protocol/admin/adminResponses.ts'
import { adminConversationResponse } from '../../src/server/http/openapi/adminSchemas.ts'
import { administrator, signedUp } from '../harness/administrator.ts'
import { finished, type TestClient } from '../harness/client.ts'
import { lasting, unknownIds } from '../harness/everyRoute.ts'
import { account } from '../harness/person.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

let upstream: Upstream
let server: TestServer
let admin: TestClient

beforeAll(async () => {
  upstream = await createUpstream()
  upstream.reply({ tokens: ['Fala', ' de jabuticaba.'] })
  server = await startServer({ upstream, settings: { TITLES: 'words', ADMIN_READS: 'true' } })
  admin = await administrator(server)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

const read = (id: string, client = admin) => client.post(`/api/admin/conversations/${id}/read`)
const stateOf = async (client: TestClient, id: string) =>
  (await client.get(`/api/chat/conversations/${id}`)).body.conversation
const lastLine = async () =>
  (JSON.parse((await admin.get('/api/admin/audit?limit=1')).text) as AuditResponse).lines[0]

test('an administrator reads the open branch, the audit has a line of it, and the owner is told until they say so', async () => {
  const owner = await signedUp(server, 'ana@example.com')
  const { conversationId, userMessageId } = await finished(owner, { content: 'O que é jabuticaba?' })
  await using again = await owner.retry({ userMessageId })
  await again.end()
  expect((await stateOf(owner, conversationId)).readByAdminAt).toBeNull()
  const answer = await read(conversationId)
  expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store'])
  const body = JSON.parse(answer.text) as AdminConversationResponse
  expect(z.strictObject(adminConversationResponse.shape).parse(body)).toEqual(body)
  expect(body).toMatchObject({ id: conversationId, email: 'ana@example.com', assistant: 'riacho' })
  expect(body.messages.map(({ id, role }) => [id, role])).toEqual([
    ['1', 'USER'],
    ['2', 'ASSISTANT'],
  ])
  expect(await lastLine()).toMatchObject({
    action: 'conversation-read',
    subjectEmail: 'ana@example.com',
    detail: conversationId,
    actor: { email: 'admin@example.com' },
  })
  const { readByAdminAt } = await stateOf(owner, conversationId)
  expect(readByAdminAt).toEqual(expect.any(Number))
  const { conversations } = (await owner.get('/api/chat/conversations')).body
  expect(conversations).toMatchObject([{ id: conversationId, readByAdminAt }])
  const dismiss = (at: number | null, client = owner) =>
    client.call('DELETE', `/api/chat/conversations/${conversationId}/read-notice?at=${at}`)
  // A stranger cannot, and who has seen an earlier reading has not seen a later one.
  expect((await dismiss(readByAdminAt, await signedUp(server, 'bia@example.com'))).status).toBe(404)
  expect((await dismiss(Number(readByAdminAt) - 1)).status).toBe(204)
  expect((await stateOf(owner, conversationId)).readByAdminAt).toBe(readByAdminAt)
  expect((await dismiss(readByAdminAt)).status).toBe(204)
  expect((await stateOf(owner, conversationId)).readByAdminAt).toBeNull()
  expect((await dismiss(readByAdminAt)).status).toBe(204)
})

test('a copy of a conversation was read by nobody', async () => {
  const owner = server.client()
  const { conversationId, messageId } = await finished(owner)
  await read(conversationId)
  const fork = await owner.post(`/api/chat/conversations/${conversationId}/fork`, { messageId })
  expect(fork.body.conversation.readByAdminAt).toBeNull()
})

test('the notice goes with what a visitor has to the account that the visitor signs in to', async () => {
  const email = 'moved@example.com'
  const person = await signedUp(server, email)
  const visitor = server.client()
  const { conversationId } = await finished(visitor)
  await read(conversationId)
  expect((await account.signIn(visitor, email)).status).toBe(200)
  await expect
    .poll(async () => (await stateOf(person, conversationId))?.readByAdminAt, { timeout: 20_000 })
    .toEqual(expect.any(Number))
}, 30_000)

test('what is deleted or unknown cannot be read, and leaves no line', async () => {
  const owner = server.client()
  const { conversationId } = await finished(owner)
  await owner.call('DELETE', `/api/chat/conversations/${conversationId}`)
  const before = await lastLine()
  expect((await read(conversationId)).status).toBe(404)
  expect((await read(unknownIds().conversation)).status).toBe(404)
  const wrong = await read('x')
  expect([wrong.status, wrong.body.code]).toEqual([400, 'INVALID_REQUEST'])
  expect(await lastLine()).toEqual(before)
  for (const query of ['', '?at=x', '?at=-1', '?at=1&more=1']) {
    const path = `/api/chat/conversations/${conversationId}/read-notice${query}`
    expect((await owner.call('DELETE', path)).status, query).toBe(400)
  }
})

test('the list of people says whether conversations can be read', async () => {
  expect(JSON.parse((await admin.get('/api/admin/people')).text).canRead).toBe(true)
})

test('without the setting the path is unknown to administrators too, by every method', async () => {
  await using plain = await startServer({ upstream, settings: { TITLES: 'words' } })
  const boss = await administrator(plain)
  const { conversationId } = await finished(boss)
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const ask = (path: string) => boss.call(method, `${path}/${conversationId}/read`)
    const answer = await ask('/api/admin/conversations')
    const unknown = await ask('/api/admin/nothing-here')
    expect(answer.status, method).toBe(404)
    expect(lasting(answer, unknownIds()), method).toEqual(lasting(unknown, unknownIds()))
  }
  expect(JSON.parse((await boss.get('/api/admin/people')).text).canRead).toBe(false)
  expect((await stateOf(boss, conversationId)).readByAdminAt).toBeNull()
})
