import assert from 'node:assert/strict'
import type { FileResponse } from '../../../src/protocol/fileResponses.ts'
import type { ErrorResponse } from '../../../src/protocol/responses.ts'
import type { Case } from '../case.ts'
import type { Answer, Client } from '../client.ts'
import { readConversation } from '../session.ts'
import { assertRefused } from './expect.ts'

const FILES = '/api/chat/files'
const BYTES = Buffer.from('três ações\n'.repeat(4000))
const FIRST = 20_000

async function begin(client: Client, bytes = BYTES): Promise<string> {
  const answer = await client.post(FILES, { name: 'ações.txt', size: bytes.length, mediaType: 'text/plain' })
  assert.equal(answer.status, 201)
  const { fileId, offset } = answer.json<{ fileId: string; offset: number }>()
  assert.equal(offset, 0)
  return `${FILES}/${fileId}`
}

function send(client: Client, path: string, from: number, to = BYTES.length): Promise<Answer> {
  const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(from) }
  return client.call('PATCH', path, { body: BYTES.subarray(from, to), headers })
}

async function upload(client: Client): Promise<string> {
  const path = await begin(client)
  assert.equal((await send(client, path, 0)).json<FileResponse>().file.state, 'ready')
  return path
}

export const fileCases: Case[] = [
  {
    id: 'file-offset',
    rule: 'The answer, and that to `HEAD` (`204`), has `Upload-Offset`: how many bytes the server keeps.',
    async check(session) {
      const client = await session.owner()
      const path = await begin(client)
      const first = await send(client, path, 0, FIRST)
      assert.deepEqual([first.status, first.headers['upload-offset']], [200, String(FIRST)])
      const head = await client.call('HEAD', path)
      assert.deepEqual([head.status, head.headers['upload-offset']], [204, String(FIRST)])
    },
  },
  {
    id: 'file-piece-twice',
    rule: 'A piece that begins elsewhere than at the offset is `409 OFFSET_MISMATCH`, and changes nothing.',
    async check(session) {
      const client = await session.owner()
      const path = await begin(client)
      await send(client, path, 0, FIRST)
      for (const from of [0, FIRST + 1]) {
        const answer = await send(client, path, from)
        assertRefused(answer, 409, 'OFFSET_MISMATCH')
        assert.equal(answer.json<ErrorResponse>().offset, FIRST)
        assert.equal(answer.headers['upload-offset'], String(FIRST))
      }
      const { file } = (await send(client, path, FIRST)).json<FileResponse>()
      assert.deepEqual([file.state, file.size], ['ready', BYTES.length])
      assert.equal((await client.get(path)).text, BYTES.toString())
    },
  },
  {
    id: 'file-small-piece',
    rule: 'A piece has at least 16,384 bytes, or is the rest of the file.',
    async check(session) {
      const client = await session.owner()
      const path = await begin(client)
      assertRefused(await send(client, path, 0, 16_383), 400, 'INVALID_REQUEST')
      assert.equal((await send(client, path, 0, 16_384)).status, 200)
    },
  },
  {
    id: 'file-in-message',
    rule: 'A file that a message has is `409 FILE_IN_USE`.',
    async check(session) {
      const client = await session.owner()
      const path = await upload(client)
      const fileId = path.split('/').at(-1)
      await using live = await session.live({ client, body: { attachments: [{ fileId }] } })
      const { messages } = await readConversation(live.client, live.start.conversationId)
      const part = messages[0]?.parts.find(({ type }) => type === 'document')
      assert.ok(part && 'fileId' in part && part.fileId === fileId)
      assertRefused(await client.call('DELETE', path), 409, 'FILE_IN_USE')
    },
  },
  {
    id: 'file-served',
    rule: 'Everything else comes as `application/octet-stream`, to be saved.',
    async check(session) {
      const client = await session.owner()
      const { headers } = await client.get(await upload(client))
      assert.equal(headers['content-type'], 'application/octet-stream')
      assert.match(headers['content-disposition'] ?? '', /^attachment;/)
      assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox")
    },
  },
]
