import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SessionListResponse } from '../../src/protocol/responses.ts'
import type { TestClient } from '../harness/client.ts'
import { type PostgresServer, reachable, startPostgres } from '../harness/postgres.ts'
import { startServer } from '../harness/server.ts'
import { SECRETS, signedCookie } from '../harness/signedCookie.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

/** How long a revoked session may go on working on any node, in milliseconds. */
const WITHIN = 1000

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** Two nodes on one database, and one owner in two browsers, each at its own node. */
async function openNodes(upstream: Upstream) {
  const settings = {
    DATABASE_URL: await postgres.createDatabase(),
    TITLES: 'words',
    ...SECRETS,
  }
  const here = await startServer({ upstream, settings: await reachable(settings) })
  const there = await startServer({ upstream, settings: await reachable(settings) })
  const ownerId = randomUUID()
  const [one, two] = [here.client(), there.client()]
  one.cookie = signedCookie(ownerId)
  two.cookie = signedCookie(ownerId, SECRETS.SESSION_SECRET_OLD)
  return {
    one,
    two,
    async [Symbol.asyncDispose]() {
      for (const server of [here, there]) await server[Symbol.asyncDispose]()
    },
  }
}

async function otherSession(client: TestClient): Promise<string> {
  const { text } = await client.get('/api/chat/sessions')
  const { sessions } = JSON.parse(text) as SessionListResponse
  return sessions.find(({ isCurrent }) => !isCurrent)?.id ?? expect.fail('no other session')
}

test('a session that is revoked at one node stops working at the other within a second, its open stream too', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  const gate = upstream.hold({ tokens: ['Um', ' rio'] })
  await using stream = await nodes.one.send({ content: 'Oi' })
  await gate.next()
  const { runId, conversationId } = stream.start
  await using there = await nodes.two.follow(runId)
  await there.untilText('Um')
  const path = `/api/chat/conversations/${conversationId}`
  const revoked = nodes.two.cookie
  expect((await nodes.two.get(path)).status).toBe(200)

  const began = performance.now()
  const { status } = await nodes.one.call('DELETE', `/api/chat/sessions/${await otherSession(nodes.one)}`)
  expect(status).toBe(204)
  await there.closed
  expect(there.raw).not.toContain('run-end')
  for (;;) {
    nodes.two.cookie = revoked
    if ((await nodes.two.get(path)).status === 404) break
  }
  expect(performance.now() - began).toBeLessThan(WITHIN)

  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect((await nodes.one.get(path)).status).toBe(200)
})

test('an erasure at one node ends the session at the other, and a late write there stores nothing', async () => {
  await using upstream = await createUpstream()
  await using nodes = await openNodes(upstream)
  await nodes.one.post('/api/chat/conversations', {})
  const revoked = nodes.two.cookie
  expect((await nodes.two.get('/api/chat/conversations')).body.conversations).toHaveLength(1)
  expect((await nodes.one.call('DELETE', '/api/chat/owner')).status).toBe(204)
  const late = await nodes.two.post('/api/chat/conversations', {})
  expect([late.status, late.headers['set-cookie']]).toEqual([404, undefined])
  await expect
    .poll(async () => {
      nodes.two.cookie = revoked
      return (await nodes.two.get('/api/chat/conversations')).headers['riacho-owner']
    })
    .toBe('new')
})
