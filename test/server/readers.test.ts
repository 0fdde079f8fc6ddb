import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { TestStream } from '../harness/client.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

test('a client that leaves while its message is stored leaves no stream behind', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const { hostname, port } = new URL(server.url)
  const body = JSON.stringify({ content: 'Oi' })
  for (let round = 0; round < 20; round++) {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(
      `POST /api/chat/send HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    socket.resetAndDestroy()
  }
  const left = async () => {
    const { text } = await server.client().get('/metrics')
    return {
      gauges: text.match(/^riacho_(?:active_runs|readers) .*$/gm)?.sort(),
      active: server.rows("select id from runs where status = 'active'").length,
    }
  }
  await expect.poll(left).toEqual({ gauges: ['riacho_active_runs 0', 'riacho_readers 0'], active: 0 })
})

test('frames come in order, however long they are', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const idsOf = async (stream: TestStream) => {
    await stream.end()
    return stream.frames.map(({ seq }) => seq)
  }
  const tokens = ['café 🎈 ', 'é'.repeat(20_000), '🎈'.repeat(30_000)]
  upstream.reply({ tokens })
  await using live = await client.send({ content: 'Oi' })
  const ids = await idsOf(live)
  expect(ids).toEqual([...ids].sort((a, b) => a - b))
  expect(live.text).toBe(tokens.join(''))
  const { runId } = live.start
  for (const after of [0, 1, 99_999]) {
    await using late = await client.follow(runId, after)
    const lateIds = await idsOf(late)
    expect(lateIds).toEqual([...lateIds].sort((a, b) => a - b))
    expect(late.text).toBe(tokens.join(''))
  }
})

test('a proxy that names the public host does not open the server to every name', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, settings: { TRUST_PROXY: 'true' } })
  const answer = await server
    .client()
    .get('/api/chat/conversations', { host: 'rebound.example', 'x-forwarded-host': 'localhost' })
  expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN'])
})
