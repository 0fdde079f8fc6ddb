import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { finished, type TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

/** Where the journal was cleared, PostgreSQL keeps a row without segments. */
const JOURNAL = onPostgres ? '(select from journal where octet_length(segments) > 20) filled' : 'journal'
/** The table that has one row a message with words. */
const INDEX = onPostgres ? 'message_index' : 'message_index_docsize'

const MINUTE = 60_000
const ROOT = '/api/chat/conversations'

const counts = (server: TestServer) =>
  ['conversations', 'messages', 'runs', 'segments', JOURNAL, 'shares', INDEX].map(
    table => server.rows(`select count(*) n from ${table}`)[0]?.['n'],
  )

test('a deleted conversation answers 404 everywhere, and is as it was once restored', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const { conversationId, runId, messageId, userMessageId } = await finished(client)
  const path = `${ROOT}/${conversationId}`
  const before = (await client.get(path)).body
  const { share } = (await client.post(`${path}/shares`)).body
  expect((await client.call('DELETE', path)).status).toBe(204)

  const gone = await Promise.all([
    client.get(path),
    client.call('PATCH', path, { body: { title: 'x' } }),
    client.call('DELETE', path),
    client.post(`${path}/fork`, { messageId }),
    client.post(`${path}/shares`),
    client.get(`${path}/shares`),
    client.get(`${path}/export?format=json`),
    client.get(`/api/chat/shared/${share.id}`),
    client.call('DELETE', `/api/chat/shares/${share.id}`),
    client.call('PUT', `/api/chat/messages/${messageId}/feedback`, { body: { rating: 'up' } }),
    client.get(`/api/chat/runs/${runId}/events`),
    client.post(`/api/chat/runs/${runId}/stop`),
    client.post('/api/chat/runs', { userMessageId }),
    client.post('/api/chat/send', { conversationId, content: 'Oi' }),
    server.client().post(`${path}/restore`),
  ])
  expect(gone.map(({ status, body }) => `${status} ${body.code}`)).toEqual(gone.map(() => '404 NOT_FOUND'))
  expect((await client.get(ROOT)).body.conversations).toEqual([])
  expect((await client.get('/api/chat/shares')).body.shares).toEqual([])
  expect((await client.get('/api/chat/search?query=oi')).body.hits).toEqual([])
  expect((await client.get('/api/chat/export')).body.conversations).toEqual([])

  for (let repeats = 0; repeats < 2; repeats++) {
    const restored = await client.post(`${path}/restore`)
    expect([restored.status, restored.body]).toEqual([200, before])
  }
  expect((await client.get(`/api/chat/shared/${share.id}`)).status).toBe(200)
  expect((await client.get('/api/chat/search?query=oi')).body.hits.length).toBe(1)
})

test('a restoration says that it was done, although the same commit deletes the conversation again', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const { conversation } = (await client.post(ROOT, {})).body
  const path = `${ROOT}/${conversation.id}`
  await client.call('DELETE', path)
  const { port } = new URL(client.url)
  const headers = `host: 127.0.0.1:${port}\r\ncookie: ${client.cookie}\r\n`
  const socket = connect(Number(port), '127.0.0.1')
  // The server begins both in one turn of its event loop, so that they share a commit.
  socket.write(
    `POST ${path}/restore HTTP/1.1\r\n${headers}\r\n` +
      `DELETE ${path} HTTP/1.1\r\n${headers}connection: close\r\n\r\n`,
  )
  const statuses = (await text(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)
  expect([...statuses].map(([, status]) => status)).toEqual(['200', '204'])
})

// The time of PostgreSQL counts there, and no test can move it: test/postgres/time.test.ts.
test.skipIf(onPostgres)(
  'a deletion is undone for ten minutes, then erased by the running server',
  async () => {
    await using upstream = await createUpstream()
    const clock = createShiftedClock()
    await using server = await startServer({ upstream, clock })
    const client = server.client()
    const deleted = await finished(client)
    const kept = await finished(client, { content: 'Fica' })
    const path = `${ROOT}/${deleted.conversationId}`
    await client.post(`${path}/shares`)
    await client.call('DELETE', path)
    clock.shift(9 * MINUTE)
    expect((await client.post(`${path}/restore`)).status).toBe(200)
    await client.call('DELETE', path)
    clock.shift(10 * MINUTE + 1)
    expect((await client.post(`${path}/restore`)).status).toBe(404)
    await expect.poll(() => counts(server)).toEqual([1, 2, 1, expect.any(Number), 0, 0, 2])
    expect((await client.get(`${ROOT}/${kept.conversationId}`)).status).toBe(200)
    expect((await client.get('/api/chat/search?query=oi')).body.hits).toEqual([])
    expect((await client.get('/api/chat/search?query=fica')).body.hits.length).toBe(1)
  },
)

// The time of PostgreSQL counts there, and no test can move it: test/postgres/time.test.ts.
test.skipIf(onPostgres)(
  'a server that starts erases what is overdue, and keeps what can be restored',
  async () => {
    await using upstream = await createUpstream()
    await using folder = await temporaryFolder()
    const clock = createShiftedClock()
    const cookies: (string | undefined)[] = []
    const paths: string[] = []
    {
      await using server = await startServer({ upstream, folder, clock })
      for (const content of ['velha', 'nova']) {
        const client = server.client()
        const { conversationId } = await finished(client, { content })
        cookies.push(client.cookie)
        paths.push(`${ROOT}/${conversationId}`)
        await client.call('DELETE', paths.at(-1) ?? '')
        if (content === 'velha') clock.shift(6 * MINUTE)
      }
    }
    clock.shift(5 * MINUTE)
    await using server = await startServer({ upstream, folder, clock })
    await expect.poll(() => counts(server)[0]).toBe(1)
    const restores = await Promise.all(
      paths.map((path, index) => {
        const client = server.client()
        client.cookie = cookies[index]
        return client.post(`${path}/restore`)
      }),
    )
    expect(restores.map(({ status }) => status)).toEqual([404, 200])
  },
)

test("a client's names for its messages and runs can be used again once they are deleted", async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const clientMessageId = randomUUID()
  const clientRunId = randomUUID()
  const first = await finished(client, { content: 'Oi', clientMessageId })
  await using again = await client.retry({ userMessageId: first.userMessageId, clientRunId })
  await again.end()
  await client.call('DELETE', `${ROOT}/${first.conversationId}`)
  const second = await finished(client, { content: 'Oi', clientMessageId })
  expect(second.conversationId).not.toBe(first.conversationId)
  await using other = await client.retry({ userMessageId: second.userMessageId, clientRunId })
  await other.end()
  expect(other.start.conversationId).toBe(second.conversationId)
  expect((await client.post(`${ROOT}/${first.conversationId}/restore`)).status).toBe(200)
  expect((await finished(client, { content: 'Oi', clientMessageId })).runId).toBe(second.runId)
})

test('an owner is erased at once and for good, with active runs, and no other owner is', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const other = server.client()
  const kept = await finished(other)
  const deleted = await finished(client)
  await finished(client, { content: 'Segunda' })
  await client.post(`${ROOT}/${deleted.conversationId}/shares`)
  await client.call('DELETE', `${ROOT}/${deleted.conversationId}`)
  upstream.reply('hang-between-tokens')
  await using live = await client.send({ content: 'Escreva' })
  const cookie = client.cookie

  const answer = await client.tab().call('DELETE', '/api/chat/owner')
  expect([answer.status, answer.text]).toEqual([204, ''])
  expect(answer.headers['set-cookie']).toEqual([
    expect.stringMatching(/^riacho_session=; Max-Age=0; Path=\//),
  ])
  expect(await live.end()).toMatchObject({ status: 'stopped' })
  expect(counts(server)).toEqual([1, 2, 1, expect.any(Number), 0, 0, 2])
  const old = server.client()
  old.cookie = cookie
  expect((await old.post(`${ROOT}/${deleted.conversationId}/restore`)).status).toBe(404)
  expect((await old.get(ROOT)).body.conversations).toEqual([])
  expect((await other.get(`${ROOT}/${kept.conversationId}`)).status).toBe(200)
})

test.skipIf(onPostgres)(
  'an erasure that the database refused in the middle is completed by a repeat',
  async () => {
    await using upstream = await createUpstream()
    await using folder = await temporaryFolder()
    await using server = await startServer({ upstream, folder })
    const secrets = () =>
      server.rows("select count(*) n from journal where segments like '%segredo%'")[0]?.['n']
    const held = upstream.hold({ tokens: ['um', 'dois'] })
    await using live = await server.client().send({ content: 'Escreva' })
    await held.next()
    await live.untilText('um')
    const client = server.client()
    const gate = upstream.hold({ tokens: ['segredo ', 'meu'] })
    await using stream = await client.send({ content: 'Oi' })
    await gate.next()
    await stream.untilText('segredo')
    gate.open()
    await stream.end()
    expect(secrets()).toBe(1)

    using database = new DatabaseSync(`${folder.path}/riacho.db`)
    database.exec("create trigger full before delete on journal begin select raise(abort, 'full'); end")
    const cookie = client.cookie
    expect((await client.call('DELETE', '/api/chat/owner')).status).toBeGreaterThanOrEqual(500)
    expect(secrets()).toBe(1)
    database.exec('drop trigger full')
    client.cookie = cookie
    expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
    expect(secrets()).toBe(0)
  },
)

/** The files of the database that contain `text`. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(name => name.startsWith('riacho.db'))
  const contents = await Promise.all(names.map(name => readFile(`${folder}/${name}`)))
  return names.filter((_, index) => contents[index]?.includes(text))
}

/** The index stores of a word only the part that it does not share with the word before. */
const SECRET = ['segredoxqum', 'segredoxqdois', 'segredoxqtres', 'segredoxqquatro']

async function tellSecrets(upstream: Upstream, client: TestClient): Promise<string> {
  upstream.reply({ tokens: Array.from({ length: 200 }, (_, index) => `${SECRET[1]}${index} `) })
  const { conversationId } = await finished(client, { content: `${SECRET[0]} `.repeat(500) })
  await client.post(`${ROOT}/${conversationId}/shares`)
  for (const title of [SECRET[2], SECRET[3]])
    await client.call('PATCH', `${ROOT}/${conversationId}`, { body: { title } })
  upstream.reply({ tokens: ['ok'] })
  return conversationId
}

test.skipIf(onPostgres)('no file of the database contains the text of an erased owner', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  await using server = await startServer({ upstream, folder })
  const client = server.client()
  const other = server.client()
  for (let turn = 0; turn < 3; turn++) {
    await tellSecrets(upstream, client)
    await finished(other, { content: `Fica ${turn}` })
  }
  expect(await filesWith(folder.path, 'xq')).not.toEqual([])
  expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect(await filesWith(folder.path, 'xq')).toEqual([])
  expect(await filesWith(folder.path, 'Fica')).toEqual(['riacho.db'])
})

test.skipIf(onPostgres)('an erasure fails while another process still reads what was erased', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  await using server = await startServer({ upstream, folder })
  const client = server.client()
  await tellSecrets(upstream, client)
  using backup = new DatabaseSync(`${folder.path}/riacho.db`)
  backup.exec('begin; select count(*) from messages')
  const answer = await client.call('DELETE', '/api/chat/owner')
  expect([answer.status, answer.body.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
  backup.exec('commit')
  expect((await client.get(ROOT)).body.conversations).toEqual([])
  await finished(client)
  expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect(await filesWith(folder.path, 'xq')).toEqual([])
})

test.skipIf(onPostgres)(
  'no file of the database contains a deleted conversation once it cannot be restored',
  async () => {
    await using upstream = await createUpstream()
    await using folder = await temporaryFolder()
    const clock = createShiftedClock()
    await using server = await startServer({ upstream, folder, clock })
    const client = server.client()
    const conversationId = await tellSecrets(upstream, client)
    await finished(client, { content: 'Fica' })
    await client.call('DELETE', `${ROOT}/${conversationId}`)
    clock.shift(10 * MINUTE + 1)
    // The file may have to be rewritten first, and the server looks for that every five seconds.
    await expect.poll(() => filesWith(folder.path, 'xq'), { timeout: 20_000 }).toEqual([])
    expect(await filesWith(folder.path, 'Fica')).not.toEqual([])
  },
)

test('erasing also deletes what the provider keeps of these replies, and not those of other owners', async () => {
  await using upstream = await createUpstream()
  const settings = { OPENAI_BACKGROUND: 'true', OPENAI_API: 'responses' }
  await using server = await startServer({ upstream, settings })
  const client = server.client()
  await finished(client)
  await finished(client, { content: 'Segunda' })
  await finished(server.client())
  upstream.reply('hang-between-tokens')
  await using live = await client.send({ content: 'Escreva' })
  await live.until(({ event }) => event.type === 'text-delta')
  expect((await client.tab().call('DELETE', '/api/chat/owner')).status).toBe(204)
  await expect
    .poll(() => upstream.background.map(({ calls }) => calls.map(({ kind }) => kind)))
    .toEqual([['delete'], ['delete'], [], ['cancel', 'delete']])
})

test('messages that other tabs send during an erasure are refused or erased, also by the next process', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  let cookie: string | undefined
  {
    await using server = await startServer({ upstream, folder })
    const client = server.client()
    const { conversationId, messageId } = await finished(client)
    cookie = client.cookie
    const tabs = Array.from({ length: 8 }, () => client.tab())
    const [erased, ...answers] = await Promise.all([
      client.call('DELETE', '/api/chat/owner'),
      ...tabs.flatMap(tab => [
        tab.post('/api/chat/send', { content: 'Oi' }),
        tab.post(ROOT, {}),
        tab.post(`${ROOT}/${conversationId}/fork`, { messageId }),
      ]),
    ])
    expect(erased.status).toBe(204)
    for (const { status } of answers) expect([200, 201, 404]).toContain(status)
    expect((await client.tab().get(ROOT)).body.conversations).toEqual([])
    expect(counts(server)).toEqual([0, 0, 0, 0, 0, 0, 0])
  }
  await using server = await startServer({ upstream, folder })
  const late = server.client()
  late.cookie = cookie
  expect((await late.post('/api/chat/send', { content: 'Oi' })).status).toBe(404)
  expect((await late.post(ROOT, {})).status).toBe(404)
  expect(counts(server)).toEqual([0, 0, 0, 0, 0, 0, 0])
})

test('the cookie of an erased owner that a late answer brought back is replaced at the first GET', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await finished(client)
  const { cookie } = client
  await client.call('DELETE', '/api/chat/owner')
  client.cookie = cookie
  await client.get(ROOT)
  expect(client.cookie).not.toBe(cookie)
  await finished(client)
  expect((await client.get(ROOT)).body.conversations.length).toBe(1)
})

test('erasing nobody begins no owner', async () => {
  await using server = await startServer()
  const answer = await server.client().call('DELETE', '/api/chat/owner')
  expect(answer.status).toBe(204)
  expect(answer.headers['set-cookie']).toEqual([expect.stringContaining('Max-Age=0')])
})

test.skipIf(onPostgres)('the next process completes an erasure that a dead process began', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  {
    await using server = await startServer({ upstream, folder })
    await finished(server.client())
  }
  const database = new DatabaseSync(`${folder.path}/riacho.db`)
  database.exec('update conversations set deleted_at = 0')
  database.close()
  await using server = await startServer({ upstream, folder })
  await expect.poll(() => counts(server)).toEqual([0, 0, 0, 0, 0, 0, 0])
})
