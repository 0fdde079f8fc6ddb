import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { finished, type TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { createRandom } from '../harness/random.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { SEED } from '../harness/testSeed.ts'
import { beginFile, readBytes, sendPiece, uploadFile } from '../harness/upload.ts'
import { createUpstream } from '../upstream/upstream.ts'

const TEXT = { name: 'ações.md', bytes: Buffer.from('# Três ações\n'), mediaType: 'text/markdown' }
/** Text, because nothing else is as easy to make. */
const longText = (length: number) => ({
  name: 'longo.txt',
  bytes: Buffer.from(randomBytes(length / 2).toString('hex')),
})

/** The files in the store of a server. */
function stored(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
}

test('a file comes in pieces, and any of them twice counts once', async () => {
  await using server = await startServer()
  const client = server.client()
  const file = longText(100_000)
  const path = await beginFile(client, file)
  const [first, second] = [file.bytes.subarray(0, 60_000), file.bytes.subarray(60_000)]
  const one = await sendPiece(client, path, 0, first)
  expect([one.status, one.headers['upload-offset'], one.body.offset]).toEqual([200, '60000', 60_000])
  expect(one.body.file).toMatchObject({ name: 'longo.txt', size: 100_000, state: 'uploading' })
  const again = await sendPiece(client, path, 0, first)
  expect([again.status, again.body.code, again.body.offset]).toEqual([409, 'OFFSET_MISMATCH', 60_000])
  expect(again.headers['upload-offset']).toBe('60000')
  const head = await client.call('HEAD', path)
  expect([head.status, head.headers['upload-offset']]).toEqual([204, '60000'])
  const [two, three] = await Promise.all([1, 2].map(() => sendPiece(client, path, 60_000, second)))
  expect([two?.status, three?.status].toSorted()).toEqual([200, 409])
  const { body } = await client.get(`${path}/details`)
  expect(body.file).toMatchObject({ state: 'ready', mediaType: 'text/plain', size: 100_000 })
  const read = await readBytes(client, path)
  expect(read.bytes.equals(file.bytes)).toBe(true)
  await expect.poll(() => stored(server.settings['FILES_DIR'] ?? '').length).toBe(1)
})

test('a piece that is too small, too long or no piece is refused, and changes nothing', async () => {
  await using server = await startServer()
  const client = server.client()
  const file = longText(100_000)
  const path = await beginFile(client, file)
  for (const bytes of [
    file.bytes.subarray(0, 16_383),
    Buffer.concat([file.bytes, file.bytes]),
    Buffer.alloc(0),
  ])
    expect((await sendPiece(client, path, 0, bytes)).body.code).toBe('INVALID_REQUEST')
  const large = await sendPiece(client, path, 0, Buffer.alloc(2 ** 20 + 1))
  expect([large.status, large.body.code]).toEqual([413, 'TOO_LARGE'])
  const json = await client.call('PATCH', path, { body: {}, headers: { 'upload-offset': '0' } })
  expect(json.body).toMatchObject({
    code: 'INVALID_REQUEST',
    issues: ['content-type: expected application/offset+octet-stream'],
  })
  const headers = { 'content-type': 'application/offset+octet-stream' }
  const unplaced = await client.call('PATCH', path, { body: file.bytes, headers })
  expect(unplaced.body.code).toBe('INVALID_REQUEST')
  const elsewhere = await client.call('POST', '/api/chat/conversations', { body: file.bytes, headers })
  expect(elsewhere.body).toMatchObject({ issues: ['content-type: expected application/json'] })
  expect((await client.call('HEAD', path)).headers['upload-offset']).toBe('0')
})

test.each([
  [{ name: '', size: 1, mediaType: '' }],
  [{ name: 'a', size: 0, mediaType: '' }],
  [{ name: 'a', size: 1.5, mediaType: '' }],
  [{ name: 'a', size: 1 }],
  [{ name: 'a'.repeat(201), size: 1, mediaType: '' }],
  [{ name: 'a', size: 1, mediaType: '', more: 1 }],
])('a file does not begin with %j', async body => {
  await using server = await startServer()
  expect((await server.client().post('/api/chat/files', body)).body.code).toBe('INVALID_REQUEST')
})

test('a message takes files, and what the model reads of them stands after its text', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const { fileId } = await uploadFile(client, TEXT)
  const attachments = [{ name: 'a.txt', text: 'um' }, { fileId }]
  await using stream = await client.send({ content: 'Compare.', attachments })
  await stream.end()
  const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  const document = {
    type: 'document',
    fileId,
    name: 'ações.md',
    mediaType: 'text/markdown',
    size: TEXT.bytes.length,
    tokens: expect.any(Number),
    givenAs: 'text',
  }
  expect(body.messages[0]?.parts).toEqual([
    { id: '1', type: 'text', text: 'Compare.' },
    { id: '2', type: 'file', name: 'a.txt', text: 'um' },
    { id: '3', ...document },
  ])
  const told = 'Compare.\n\n```a.txt\num\n```\n\n```ações.md\n# Três ações\n\n```'
  expect((await upstream.request(0)).body.input).toEqual([{ role: 'user', content: told }])
  const found = await client.get('/api/chat/search?query=acoes')
  expect(found.body.hits).toHaveLength(1)
})

test('a message with a file that is unknown, unready, or there twice is refused, and keeps nothing', async () => {
  await using server = await startServer()
  const client = server.client()
  const path = await beginFile(client, TEXT)
  const fileId = path.split('/').at(-1)
  const other = await uploadFile(server.client(), TEXT)
  const send = (...ids: (string | undefined)[]) =>
    client.post('/api/chat/send', { content: 'Oi', attachments: ids.map(each => ({ fileId: each })) })
  expect((await send(fileId)).body.code).toBe('FILE_NOT_READY')
  expect((await send(other.fileId)).body.code).toBe('NOT_FOUND')
  expect((await send(fileId, fileId)).body.code).toBe('INVALID_REQUEST')
  expect((await client.get('/api/chat/conversations')).body.conversations).toEqual([])
})

test('nobody else reads, describes, continues or deletes a file', async () => {
  await using server = await startServer()
  const client = server.client()
  const { fileId } = await uploadFile(client, TEXT)
  const stranger = server.client()
  await stranger.get('/api/chat/conversations')
  const path = `/api/chat/files/${fileId}`
  const answers = await Promise.all([
    stranger.get(path),
    stranger.call('HEAD', path),
    stranger.get(`${path}/details`),
    stranger.call('DELETE', path),
    sendPiece(stranger, path, 0, TEXT.bytes),
  ])
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404])
  expect((await readBytes(client, path)).bytes.equals(TEXT.bytes)).toBe(true)
})

test('files of the same bytes are stored once, and stay until the last one goes', async () => {
  await using server = await startServer()
  const folder = server.settings['FILES_DIR'] ?? ''
  const [one, other] = [server.client(), server.client()]
  const [first, second] = [await uploadFile(one, TEXT), await uploadFile(other, TEXT)]
  await expect.poll(() => stored(folder).length).toBe(1)
  expect((await one.call('DELETE', `/api/chat/files/${first.fileId}`)).status).toBe(204)
  expect((await one.get(`/api/chat/files/${first.fileId}`)).status).toBe(404)
  expect((await readBytes(other, `/api/chat/files/${second.fileId}`)).bytes.equals(TEXT.bytes)).toBe(true)
  expect((await other.call('DELETE', `/api/chat/files/${second.fileId}`)).status).toBe(204)
  expect(stored(folder)).toEqual([])
})

async function sendFile(client: TestClient, body: Record<string, unknown> = {}) {
  const { fileId } = await uploadFile(client, TEXT)
  const start = await finished(client, { content: 'Leia.', attachments: [{ fileId }], ...body })
  return { ...start, fileId, path: `/api/chat/files/${fileId}` }
}

test('a file that a message has cannot be deleted, and goes with everything of its owner', async () => {
  await using server = await startServer()
  const client = server.client()
  const { path } = await sendFile(client)
  const left = await uploadFile(client, { ...TEXT, bytes: Buffer.from('outro') })
  const refused = await client.call('DELETE', path)
  expect([refused.status, refused.body.code]).toEqual([409, 'FILE_IN_USE'])
  expect((await client.get(path)).status).toBe(200)
  expect(left.state).toBe('ready')
  expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect(stored(server.settings['FILES_DIR'] ?? '')).toEqual([])
  expect(server.rows('select id from files')).toEqual([])
  expect(server.rows('select file_id from message_files')).toEqual([])
})

test('a file goes with a temporary conversation, and stays with a fork', async () => {
  await using server = await startServer()
  const client = server.client()
  const temporary = await sendFile(client, { temporary: true })
  await client.call('DELETE', `/api/chat/conversations/${temporary.conversationId}`)
  expect((await client.get(temporary.path)).status).toBe(404)
  const kept = await sendFile(client)
  const root = `/api/chat/conversations/${kept.conversationId}`
  const fork = await client.post(`${root}/fork`, { messageId: kept.messageId })
  expect(fork.body.messages[0]?.parts).toContainEqual(expect.objectContaining({ fileId: kept.fileId }))
  await client.call('DELETE', root)
  expect((await client.get(kept.path)).status).toBe(200)
})

test('a conversation that was deleted keeps its files until it is erased', async () => {
  const clock = createShiftedClock()
  await using server = await startServer({ clock })
  const client = server.client()
  const { path, conversationId } = await sendFile(client)
  await client.call('DELETE', `/api/chat/conversations/${conversationId}`)
  expect((await client.get(path)).status).toBe(200)
  clock.shift(11 * 60_000)
  await expect.poll(async () => (await client.get(path)).status, { timeout: 10_000 }).toBe(404)
  await expect.poll(() => stored(server.settings['FILES_DIR'] ?? '')).toEqual([])
})

// The time of PostgreSQL is its own.
test.skipIf(onPostgres)(
  'what no message has goes after 24 hours, and so does what was never completed',
  async () => {
    const clock = createShiftedClock()
    await using server = await startServer({ clock })
    const client = server.client()
    const kept = await sendFile(client)
    const ready = await uploadFile(client, { ...TEXT, bytes: Buffer.from('outro') })
    const file = longText(100_000)
    const begun = await beginFile(client, file)
    await sendPiece(client, begun, 0, file.bytes.subarray(0, 50_000))
    const statuses = () =>
      Promise.all(
        [kept.path, `/api/chat/files/${ready.fileId}`, begun].map(async path => {
          return (await client.get(`${path}/details`)).status
        }),
      )
    clock.shift(23 * 60 * 60_000)
    expect(await statuses()).toEqual([200, 200, 200])
    clock.shift(61 * 60_000)
    const later = async () => {
      // A sweep that was under way looks again a minute later.
      clock.shift(60_000)
      return statuses()
    }
    await expect.poll(later, { timeout: 10_000 }).toEqual([200, 404, 404])
    await expect.poll(() => stored(server.settings['FILES_DIR'] ?? '').length).toBe(1)
  },
)

test('a share shows the files of its messages, and no others', async () => {
  await using server = await startServer()
  const client = server.client()
  const shown = await sendFile(client)
  const { body } = await client.post(`/api/chat/conversations/${shown.conversationId}/shares`)
  const later = await sendFile(client, { conversationId: shown.conversationId })
  const elsewhere = await uploadFile(client, { ...TEXT, bytes: Buffer.from('outro') })
  const shared = `/api/chat/shared/${body.share.id}`
  const anybody = server.client()
  expect((await readBytes(anybody, `${shared}/files/${shown.fileId}`)).bytes.equals(TEXT.bytes)).toBe(true)
  for (const { fileId } of [later, elsewhere])
    expect((await anybody.get(`${shared}/files/${fileId}`)).status).toBe(404)
  expect((await anybody.get(shown.path)).status).toBe(404)
  await client.call('DELETE', `/api/chat/shares/${body.share.id}`)
  expect((await anybody.get(`${shared}/files/${shown.fileId}`)).status).toBe(404)
})

test('the server bounds one file, and all files of one owner', async () => {
  const settings = { LIMIT_FILE_MB: '1', LIMIT_IMAGE_MB: '2', LIMIT_FILES_MB: '3' }
  await using server = await startServer({ settings })
  const client = server.client()
  const begin = (size: number, mediaType: string) =>
    client.post('/api/chat/files', { name: 'a', size, mediaType })
  const large = await begin(1_000_001, 'text/plain')
  expect([large.status, large.body.code]).toEqual([413, 'FILE_TOO_LARGE'])
  expect((await begin(2_000_001, 'image/png')).body.code).toBe('FILE_TOO_LARGE')
  // It calls itself a picture, and is none.
  const text = longText(1_100_000)
  const path = await beginFile(client, { ...text, mediaType: 'image/png' })
  await sendPiece(client, path, 0, text.bytes.subarray(0, 2 ** 20))
  const last = await sendPiece(client, path, 2 ** 20, text.bytes.subarray(2 ** 20))
  expect(last.body.file).toMatchObject({ state: 'refused', code: 'FILE_TOO_LARGE' })
  expect((await begin(2_000_000, 'image/png')).status).toBe(507)
  expect((await client.call('DELETE', path)).status).toBe(204)
  expect((await begin(2_000_000, 'image/png')).status).toBe(201)
})

test('a document is never shown in place, and nothing of it runs', async () => {
  await using server = await startServer()
  const client = server.client()
  const bytes = Buffer.from('<!doctype html><title>x</title><script>alert(1)</script><p>Olá</p>')
  const { fileId, mediaType } = await uploadFile(client, { name: 'a.png', bytes, mediaType: 'image/png' })
  expect(mediaType).toBe('text/html')
  const { headers } = await readBytes(client, `/api/chat/files/${fileId}`)
  expect(headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="a.png"; filename*=UTF-8''a.png`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private',
    'content-length': String(bytes.length),
  })
})

test('a process that dies at any point loses no piece that it acknowledged, and leaves no bytes that nobody knows', {
  timeout: 180_000,
}, async () => {
  const random = createRandom(SEED)
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  const file = longText(600_000)
  let cookie: string | undefined
  let path: string | undefined
  let acknowledged = 0
  let state = 'uploading'
  for (let life = 0; state !== 'ready'; life++) {
    expect(life).toBeLessThan(40)
    await using server = await startProcess({ upstream, folder, settings: { TITLES: 'words' } })
    const client = server.client()
    client.cookie = cookie
    const dies = delay(100 + 150 * life + random.integer(500)).then(() => server.kill('SIGKILL'))
    try {
      path ??= await beginFile(client, file)
      cookie = client.cookie
      let offset = Number((await client.call('HEAD', path)).headers['upload-offset'])
      expect(offset).toBeGreaterThanOrEqual(acknowledged)
      while (offset < file.bytes.length) {
        const piece = file.bytes.subarray(offset, offset + 50_000)
        const answer = await sendPiece(client, path, offset, piece)
        offset = acknowledged = Number(answer.headers['upload-offset'])
      }
      state = (await client.get(`${path}/details`)).body.file.state
    } catch (error) {
      if (!['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error
    }
    await dies
  }
  await using server = await startProcess({ upstream, folder, settings: { TITLES: 'words' } })
  const client = server.client()
  client.cookie = cookie
  expect((await readBytes(client, path ?? '')).bytes.equals(file.bytes)).toBe(true)
  expect((await client.call('DELETE', path ?? '')).status).toBe(204)
  // What killed processes left is on the list of what goes.
  const listed = server.rows('select stored_as from file_trash').map(row => String(row['stored_as']))
  // The store itself takes away what was half written.
  const known = [...listed, 'unfinished/']
  const left = stored(server.settings['FILES_DIR'] ?? '')
  expect(left.filter(name => !known.some(each => name.startsWith(each)))).toEqual([])
})
