import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { TestClient } from '../harness/client.ts'
import { LONG_TEXT, longConversation, ownerOf } from '../harness/longConversation.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'

const ROOT = '/api/chat/conversations'

async function socketTo({ url }: { url: string }): Promise<Socket & AsyncDisposable> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  const close = async () => {
    socket.destroy()
  }
  return Object.assign(
    socket.on('error', () => {}),
    { [Symbol.asyncDispose]: close },
  )
}

/** The text that comes until the server closes the connection. */
async function received(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', piece => {
    text += piece
  })
  socket.resume()
  await once(socket, 'close')
  return text
}

const getting = (path: string, { cookie = '' }: TestClient, headers = '') =>
  `GET ${path} HTTP/1.1\r\nhost: localhost\r\ncookie: ${cookie}\r\n${headers}\r\n`

test('400 reads of a conversation of 1 MB on a connection that takes nothing cost little memory', async () => {
  await using long = await longConversation({ messages: 3 })
  await using server = await startProcess({ folder: long.folder })
  const client = ownerOf(server, long)
  const residentMb = async () => {
    const { text } = await client.get('/metrics')
    return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 2 ** 20
  }
  const before = await residentMb()
  await using socket = await socketTo(server)
  socket.pause()
  socket.write(getting(`${ROOT}/${long.id}`, client).repeat(400))
  let most = 0
  for (let look = 0; look < 40; look++) most = Math.max(most, await residentMb())
  console.log(`400 reads that nobody takes cost ${Math.round(most - before)} MiB`)
  expect(most - before).toBeLessThan(150)
}, 60_000)

test('requests of one connection are answered in order, and too many at once are refused', async () => {
  await using server = await startServer()
  const client = server.client()
  await client.get(ROOT)
  await using socket = await socketTo(server)
  socket.write(getting(ROOT, client).repeat(99) + getting(ROOT, client, 'connection: close\r\n'))
  const statuses = [...(await received(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) =>
    Number(status),
  )
  expect(statuses.length).toBe(100)
  expect(statuses.slice(0, 16)).toEqual(Array(16).fill(200))
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
})

test('a client that takes nothing of a plain answer for 30 s is let go', async () => {
  const clock = createShiftedClock()
  await using long = await longConversation({ messages: 60 })
  await using server = await startServer({ folder: long.folder, clock })
  const client = ownerOf(server, long)
  await using socket = await socketTo(server)
  socket.pause()
  socket.write(getting(`${ROOT}/${long.id}`, client, 'connection: close\r\n'))
  for (let seconds = 0; seconds < 60; seconds += 5) {
    for (let turn = 0; turn < 5; turn++) await client.get('/api/health')
    clock.shift(5000)
  }
  const text = await received(socket)
  expect(text.slice(0, 15)).toBe('HTTP/1.1 200 OK')
  expect(text.length).toBeLessThan(60 * LONG_TEXT.length)
}, 60_000)

test.each([
  ['headers', 'POST /api/chat/send HTTP/1.1\r\nhost: localhost\r\n'],
  [
    'a body',
    'POST /api/chat/send HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"con',
  ],
])('a client that sends %s and then nothing more is cut with 408', async (_what, sent) => {
  await using server = await startServer({ timeouts: { headers: 100, whole: 200 } })
  await using socket = await socketTo(server)
  socket.write(sent)
  expect(await received(socket)).toMatch(/^HTTP\/1\.1 408 /)
})
