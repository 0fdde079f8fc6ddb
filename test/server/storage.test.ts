import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import type { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { canMount, smallDisk } from '../harness/smallDisk.ts'
import { createUpstream } from '../upstream/upstream.ts'

/** The folder of the modules that are loaded before a server. */
const PRELOADS = join(import.meta.dirname, '..', 'proof', 'preloads')

/** Asks again until the answer has this status. */
async function untilStatus(client: TestClient, path: string, status: number): Promise<void> {
  for (;;) {
    const answer = await client.get(path)
    if (answer.status === status) return
  }
}

describe.skipIf(!canMount)('when the disk is full', () => {
  test('nothing unsaved is shown, the reader learns why, and the reply continues once there is space', async () => {
    await using disk = await smallDisk(3_000_000)
    await using upstream = await createUpstream()
    const gate = upstream.hold({ tokens: ['um', ` ${'x'.repeat(150_000)}`, ' três'] })
    await using server = await startServer({
      upstream,
      settings: { DATABASE_URL: `file:${disk.path}/riacho.db` },
    })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    await gate.next()
    await stream.untilText('um')
    await disk.fill()
    await gate.next()
    await stream.until(({ event }) => event.type === 'run-wait')
    expect(stream.text).toBe('um')

    await untilStatus(client, '/api/ready', 503)
    const refused = await client.tab().post('/api/chat/send', { content: `E aí? ${'y'.repeat(300_000)}` })
    expect([refused.status, refused.body.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(refused.text).not.toMatch(/sqlite|SQLITE|\.db/)

    await disk.free()
    gate.open()
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    expect(stream.text).toBe(`um ${'x'.repeat(150_000)} três`)
    const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
    expect(textOf(body.messages[1]?.parts ?? [])).toBe(stream.text)
    await using next = await client.send({ content: 'E aí?' })
    expect(await next.end()).toMatchObject({ status: 'completed' })
  })

  test('a run that can store nothing for ten seconds ends, and says so when there is space', async () => {
    await using disk = await smallDisk(3_000_000)
    await using upstream = await createUpstream()
    const gate = upstream.hold({ tokens: ['um', ` ${'x'.repeat(200_000)}`] })
    const clock = createShiftedClock()
    await using server = await startServer({
      upstream,
      clock,
      settings: { DATABASE_URL: `file:${disk.path}/riacho.db` },
    })
    const client = server.client()
    await using stream = await client.send({ content: 'Oi' })
    await gate.next()
    await stream.untilText('um')
    await disk.fill()
    await gate.next()
    await stream.until(({ event }) => event.type === 'run-wait')
    const request = await upstream.request(0)
    clock.shift(9_000)
    await untilStatus(client, '/api/ready', 503)
    expect(request.isClosed).toBe(false)
    clock.shift(1_000)
    await expect.poll(() => request.isClosed, { timeout: 5000 }).toBe(true)
    expect(await request.closed).toBe('client')
    expect(stream.text).toBe('um')
    await disk.free()
    expect(await stream.end()).toMatchObject({
      status: 'failed',
      code: 'STORAGE_UNAVAILABLE',
      retryable: true,
    })
  })
})

describe.skipIf(!canMount)('when the server is told to end while the disk is full', () => {
  test('it still ends, and the next process keeps what was stored', async () => {
    await using disk = await smallDisk(3_000_000)
    await using folder = await temporaryFolder()
    await using upstream = await createUpstream()
    const gate = upstream.hold({ tokens: ['um', ` ${'x'.repeat(200_000)}`] })
    const settings = { DATABASE_URL: `file:${disk.path}/riacho.db` }
    let cookie: string | undefined
    let conversationId = ''
    {
      await using server = await startProcess({
        upstream,
        folder,
        settings,
        nodeArgs: ['--import', join(PRELOADS, 'hurry.ts')],
      })
      const client = server.client()
      await using stream = await client.send({ content: 'Oi' })
      await gate.next()
      await stream.untilText('um')
      await disk.fill()
      await gate.next()
      await stream.until(({ event }) => event.type === 'run-wait')
      expect(await server.kill('SIGTERM')).toBe(0)
      ;({ cookie } = client)
      ;({ conversationId } = stream.start)
    }
    await disk.free()
    await using server = await startProcess({ upstream, folder, settings })
    const client = server.client()
    client.cookie = cookie
    const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
    expect(body.messages[1]).toMatchObject({ parts: [{ id: '1', type: 'text', text: 'um' }] })
    gate.open()
  }, 60_000)
})

describe.skipIf(!canMount)('when the disk is read-only', () => {
  test('the start fails with one sentence that says so', async () => {
    await using disk = await smallDisk(3_000_000)
    const settings = { DATABASE_URL: `file:${disk.path}/riacho.db` }
    await (await startServer({ settings }))[Symbol.asyncDispose]()
    disk.readOnly()
    await using folder = await temporaryFolder()
    await expect(startProcess({ folder, settings })).rejects.toThrow(/The database .* cannot be written: /)
  })
})

test('while the database is read-only nothing unsaved is shown, and the reply continues once it can be written', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois', ' três'] })
  const nodeArgs = ['--import', join(PRELOADS, 'readOnlyOnSignal.ts')]
  await using server = await startProcess({ upstream, folder, nodeArgs })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  server.child.kill('SIGUSR2')
  await untilStatus(client, '/api/ready', 503)
  await gate.next()
  await stream.until(({ event }) => event.type === 'run-wait')
  expect(stream.text).toBe('um')
  const refused = await client.tab().post('/api/chat/send', { content: 'E aí?' })
  expect([refused.status, refused.body.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
  server.child.kill('SIGUSR2')
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(stream.text).toBe('um dois três')
})
