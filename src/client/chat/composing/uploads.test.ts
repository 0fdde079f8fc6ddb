import { expect, test } from 'vitest'
import type { FileDetails } from '../../../protocol/fileResponses.ts'
import type { Call, ScriptedServer } from '../../testing/scriptedServer.ts'
import { type StartedChat, say, sends, serve, startChat } from '../../testing/startChat.ts'
import { createTestTimers } from '../../testing/testBrowser.ts'
import { uploadsFor } from '../chatState.ts'
import { readSavedDrafts } from './savedDrafts.ts'
import type { UploadSource } from './uploadJob.ts'

const SIZE = 600_000
const FILE = 'f1'
const BYTES = Buffer.from(Array.from({ length: SIZE }, (_, index) => index % 251))

const source: UploadSource = {
  name: 'foto.png',
  size: SIZE,
  mediaType: 'image/png',
  bytes: async (from, to) => new Uint8Array(BYTES.subarray(from, to)).buffer,
}

const details = (state: FileDetails['state'], more: Partial<FileDetails> = {}): FileDetails => ({
  fileId: FILE,
  name: 'foto.png',
  mediaType: 'image/png',
  size: SIZE,
  state,
  ...more,
})
const READY = details('ready', { size: 9000, width: 20, height: 10 })
const STORED = {
  type: 'image',
  fileId: FILE,
  name: 'foto.png',
  mediaType: 'image/png',
  size: 9000,
  width: 20,
  height: 10,
}

/** A server that keeps the pieces of one file. */
function keepFile(options: { last?: FileDetails; onPiece?(call: Call, nth: number): boolean } = {}) {
  const { last = READY, onPiece = () => false } = options
  const kept: Buffer[] = []
  let pieces = 0
  const offset = () => kept.reduce((sum, { length }) => sum + length, 0)
  return {
    kept: () => Buffer.concat(kept),
    take: (bytes: Buffer) => kept.push(bytes),
    routes: {
      'POST /api/chat/files': (call: Call) => call.json(201, { fileId: FILE, offset: 0 }),
      'HEAD /api/chat/files/f1': (call: Call) => {
        call.response.writeHead(204, { 'upload-offset': String(offset()) }).end()
      },
      'PATCH /api/chat/files/f1': (call: Call) => {
        if (onPiece(call, ++pieces)) return
        if (Number(call.headers['upload-offset']) !== offset()) return call.refuse(409, 'OFFSET_MISMATCH')
        kept.push(call.body as Buffer)
        call.json(200, { offset: offset(), file: offset() === SIZE ? last : details('uploading') })
      },
      'DELETE /api/chat/files/f1': (call: Call) => call.response.writeHead(204).end(),
    },
  }
}

const uploads = ({ client, current }: StartedChat) => uploadsFor(client.getState(), current())
const names = (server: ScriptedServer, beginning: string) =>
  server.calls.map(({ name }) => name).filter(name => name.startsWith(beginning))

test('a file is uploaded in pieces, and is then an attachment of the draft', async () => {
  const file = keepFile()
  await using server = await serve(file.routes)
  using chat = startChat(server)
  chat.client.upload([source])
  expect(uploads(chat)).toMatchObject([{ name: 'foto.png', sent: 0, state: 'uploading', failure: null }])
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
  expect(uploads(chat)).toEqual([])
  expect(file.kept().equals(BYTES)).toBe(true)
  expect(names(server, 'PATCH').length).toBeGreaterThan(1)
})

test('after a cut the upload goes on from what the server keeps, in smaller pieces', async () => {
  const timers = createTestTimers()
  const file = keepFile({
    onPiece: (call, nth) => {
      if (nth !== 2) return false
      // A part of the piece is kept, and the answer never comes.
      file.take((call.body as Buffer).subarray(0, 20_000))
      call.response.destroy()
      return true
    },
  })
  await using server = await serve(file.routes)
  using chat = startChat(server, { timers })
  const states: string[] = []
  chat.client.subscribe(() => states.push(uploads(chat)[0]?.state ?? 'none'))
  chat.client.upload([source])
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
  expect(file.kept().equals(BYTES)).toBe(true)
  expect(names(server, 'HEAD')).toHaveLength(1)
  expect(states).toContain('waiting')
  const pieces = server.calls
    .filter(({ name }) => name.startsWith('PATCH'))
    .map(({ body }) => (body as Buffer).length)
  expect(pieces[2]).toBeLessThan(pieces[1] ?? 0)
})

test('an upload whose place nobody tells waits, and does not send the same piece again and again', async () => {
  const file = keepFile({
    onPiece: (call, nth) => {
      if (nth === 1) call.response.destroy()
      return nth === 1
    },
  })
  let isStripped = true
  await using server = await serve({
    ...file.routes,
    // Some proxies take away headers that they do not know.
    'HEAD /api/chat/files/f1': call =>
      isStripped ? call.response.writeHead(204).end() : file.routes['HEAD /api/chat/files/f1'](call),
  })
  using chat = startChat(server)
  const states: string[] = []
  chat.client.subscribe(() => states.push(uploads(chat)[0]?.state ?? 'none'))
  file.take(BYTES.subarray(0, 100_000))
  chat.client.upload([source])
  await expect.poll(() => names(server, 'HEAD').length).toBeGreaterThan(1)
  expect(names(server, 'PATCH')).toHaveLength(1)
  expect(states.at(-1)).toBe('waiting')
  isStripped = false
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
})

test('a message waits until its files are there', async () => {
  const answers: (() => void)[] = []
  const file = keepFile({
    onPiece: (call, nth) => {
      if (nth !== 1) return false
      file.take(call.body as Buffer)
      answers.push(() => call.json(200, { offset: (call.body as Buffer).length, file: details('uploading') }))
      return true
    },
  })
  await using server = await serve(file.routes)
  using chat = startChat(server)
  chat.client.upload([source])
  await expect.poll(() => answers.length).toBe(1)
  say(chat, 'Veja')
  expect([chat.current().outgoing, chat.current().draft]).toEqual([null, 'Veja'])
  answers[0]?.()
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
  chat.client.send()
  await expect.poll(() => sends(server)).toMatchObject([{ content: 'Veja', attachments: [{ fileId: FILE }] }])
})

test('a file that arrives after its conversation was left is in the draft of that conversation', async () => {
  let finish = () => {}
  const file = keepFile({
    onPiece: (call, nth) => {
      if (nth !== 1) return false
      finish = () => {
        file.take(BYTES)
        call.json(200, { offset: SIZE, file: READY })
      }
      return true
    },
  })
  await using server = await serve(file.routes)
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  chat.client.setDraft('Veja')
  chat.client.upload([source])
  await expect.poll(() => names(server, 'PATCH')).toHaveLength(1)
  chat.client.open('c2')
  await expect.poll(() => chat.current().status).toBe('ready')
  expect(uploads(chat)).toEqual([])
  finish()
  await expect.poll(() => readSavedDrafts(chat.browser, 'c1').attachments).toEqual([STORED])
  expect(chat.current().attachments).toEqual([])
  chat.client.open('c1')
  expect(chat.current()).toMatchObject({ draft: 'Veja', attachments: [STORED] })
})

test('an upload is seen again when its conversation is opened again', async () => {
  let finish = () => {}
  const file = keepFile({
    onPiece: (call, nth) => {
      if (nth === 1)
        finish = () => {
          file.take(BYTES)
          call.json(200, { offset: SIZE, file: READY })
        }
      return nth === 1
    },
  })
  await using server = await serve(file.routes)
  using chat = startChat(server, { path: 'c1' })
  await expect.poll(() => chat.current().status).toBe('ready')
  chat.client.upload([source])
  await expect.poll(() => names(server, 'PATCH')).toHaveLength(1)
  chat.client.open(null)
  chat.client.open('c1')
  await expect.poll(() => chat.current().status).toBe('ready')
  expect(uploads(chat)).toMatchObject([{ name: 'foto.png' }])
  finish()
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
})

test('a file that the server refuses stays with the reason until a message goes, which says that it went without it', async () => {
  const file = keepFile({ last: details('refused', { code: 'FILE_ENCRYPTED' }) })
  await using server = await serve(file.routes)
  using chat = startChat(server)
  chat.client.upload([source])
  await expect.poll(() => uploads(chat)).toMatchObject([{ state: 'refused', failure: 'FILE_ENCRYPTED' }])
  say(chat, 'Oi')
  await expect.poll(() => sends(server)).toMatchObject([{ content: 'Oi' }])
  expect(uploads(chat)).toEqual([])
  expect(chat.current().leftOut).toEqual(['foto.png'])
  chat.client.setAttachments([{ name: 'nota.txt', text: 'x' }])
  expect(chat.current().leftOut).toEqual([])
})

test('a message that takes no part of the draft leaves a refused file where it is', async () => {
  const file = keepFile({ last: details('refused', { code: 'FILE_ENCRYPTED' }) })
  await using server = await serve(file.routes)
  using chat = startChat(server)
  chat.client.upload([source])
  await expect.poll(() => uploads(chat)).toMatchObject([{ state: 'refused' }])
  chat.client.send('Um começo')
  await expect.poll(() => sends(server)).toMatchObject([{ content: 'Um começo' }])
  expect(uploads(chat)).toHaveLength(1)
  expect(chat.current().leftOut).toEqual([])
})

test('an upload that was refused for want of room can begin again', async () => {
  const file = keepFile()
  let isFull = true
  await using server = await serve({
    ...file.routes,
    'POST /api/chat/files': call =>
      isFull ? call.refuse(507, 'QUOTA_EXCEEDED') : call.json(201, { fileId: FILE, offset: 0 }),
  })
  using chat = startChat(server)
  chat.client.upload([source])
  await expect.poll(() => uploads(chat)).toMatchObject([{ state: 'refused', failure: 'QUOTA_EXCEEDED' }])
  isFull = false
  chat.client.retryUpload(uploads(chat)[0]?.id ?? '')
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
})

test('an upload that is given up is deleted at the server, and attaches nothing', async () => {
  const file = keepFile({ onPiece: () => true })
  await using server = await serve(file.routes)
  using chat = startChat(server)
  chat.client.upload([source])
  await expect.poll(() => names(server, 'PATCH')).toHaveLength(1)
  chat.client.cancelUpload(uploads(chat)[0]?.id ?? '')
  expect(uploads(chat)).toEqual([])
  await expect.poll(() => names(server, 'DELETE')).toEqual(['DELETE /api/chat/files/f1'])
  expect(chat.current().attachments).toEqual([])
})

test('two files are on their way at once, and others wait for their turn', async () => {
  const file = keepFile({ onPiece: () => true })
  await using server = await serve(file.routes)
  using chat = startChat(server)
  chat.client.upload([source, source, source])
  await expect.poll(() => names(server, 'PATCH')).toHaveLength(2)
  expect(names(server, 'POST')).toHaveLength(2)
  chat.client.cancelUpload(uploads(chat)[0]?.id ?? '')
  await expect.poll(() => names(server, 'PATCH')).toHaveLength(3)
})

test('a file that the server no longer has is uploaded again from its beginning', async () => {
  const file = keepFile({
    onPiece: (call, nth) => {
      if (nth === 1) call.refuse(404, 'NOT_FOUND')
      return nth === 1
    },
  })
  await using server = await serve(file.routes)
  using chat = startChat(server)
  chat.client.upload([source])
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
  expect(names(server, 'POST')).toHaveLength(2)
})

test('where a proxy takes less than the server, pieces become smaller', async () => {
  const limit = 100_000
  const file = keepFile({
    onPiece: call => {
      const isOver = (call.body as Buffer).length > limit
      if (isOver) call.response.writeHead(413, { 'content-type': 'text/html' }).end('<h1>413</h1>')
      return isOver
    },
  })
  await using server = await serve(file.routes)
  using chat = startChat(server)
  chat.client.upload([source])
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
  expect(file.kept().equals(BYTES)).toBe(true)
})

test('a file that waited in a draft until the server deleted it is taken out, and the person is told', async () => {
  const file = keepFile()
  await using server = await serve({
    ...file.routes,
    'POST /api/chat/send': call => call.refuse(404, 'NOT_FOUND'),
    'GET /api/chat/files/f1/details': call => call.refuse(404, 'NOT_FOUND'),
  })
  using chat = startChat(server)
  chat.client.upload([source])
  await expect.poll(() => chat.current().attachments).toEqual([STORED])
  say(chat, 'Veja')
  await expect.poll(() => chat.client.getState().notice).toBe('FILE_NOT_READY')
  expect(chat.current()).toMatchObject({ draft: 'Veja', attachments: [], outgoing: null })
})
