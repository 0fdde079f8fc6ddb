import { once } from 'node:events'
import type { FileDetails } from '../../src/protocol/fileResponses.ts'
import type { Answer, TestClient } from './client.ts'

export interface UploadedFile {
  name: string
  bytes: Uint8Array
  mediaType?: string
}

const FILES = '/api/chat/files'

/** Begins a file, and gives its path. */
export async function beginFile(
  client: TestClient,
  { name, bytes, mediaType = '' }: UploadedFile,
): Promise<string> {
  const { status, body, text } = await client.post(FILES, { name, size: bytes.length, mediaType })
  if (status !== 201) throw new Error(`${status} ${text}`)
  return `${FILES}/${body.fileId}`
}

/** Sends a piece. */
export function sendPiece(
  client: TestClient,
  path: string,
  offset: number,
  bytes: Uint8Array,
): Promise<Answer> {
  const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) }
  return client.call('PATCH', path, { body: bytes, headers })
}

/** Uploads a file as a client does: piece by piece, and after a cut from where the server is. Gives what it has become. */
export async function uploadFile(
  client: TestClient,
  file: UploadedFile,
  { pieceBytes = 2 ** 20 }: { pieceBytes?: number } = {},
): Promise<FileDetails> {
  const { bytes } = file
  const path = await beginFile(client, file)
  for (let offset = 0; offset < bytes.length; ) {
    try {
      const answer = await sendPiece(client, path, offset, bytes.subarray(offset, offset + pieceBytes))
      if (![200, 409].includes(answer.status)) throw new Error(`${answer.status} ${answer.text}`)
      offset = Number(answer.headers['upload-offset'])
      if (answer.body.file && answer.body.file.state !== 'uploading') return answer.body.file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
      const { headers } = await client.call('HEAD', path)
      offset = Number(headers['upload-offset'])
    }
  }
  const { body } = await client.get(`${path}/details`)
  return body.file
}

/** The bytes of an answer. */
export async function readBytes(client: TestClient, path: string) {
  const { response } = await client.request('GET', path, {})
  const chunks: Buffer[] = []
  response.on('data', chunk => chunks.push(chunk))
  await once(response, 'end')
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) }
}
