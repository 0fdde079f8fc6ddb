import { Agent, request } from 'node:http'
import { MAX_BODY_BYTES, PIECE_TYPE } from '../../src/protocol/limits.ts'
import { now } from './clock.ts'

/** The client of Riacho begins with so many bytes, and doubles them while pieces are quick. */
const FIRST_PIECE = 256 * 1024
const FILES = '/api/chat/files'
const agent = new Agent({ keepAlive: true })

interface Place {
  port: number
  cookie: string
}

export interface Uploaded {
  fileId: string
  /** Bytes of all pieces but the last one, whose answer waits until the server has read the file. */
  bytes: number
  /** When the first request was sent, when the last but one piece was answered, and when the file was ready. */
  began: number
  kept: number
  ready: number
}

/**
 * Uploads a file in pieces, as the client of Riacho does. `onKept` is called when all pieces but the last one are kept.
 * Throws if the server refuses the file.
 */
export async function upload(
  place: Place,
  file: { name: string; bytes: Buffer; mediaType: string },
  onKept = () => {},
): Promise<Uploaded> {
  const { name, bytes, mediaType } = file
  const began = now()
  const body = Buffer.from(JSON.stringify({ name, size: bytes.length, mediaType }))
  const { fileId } = await ask<{ fileId: string }>(place, 'POST', FILES, {
    body,
    headers: { 'content-type': 'application/json' },
  })
  let kept = began
  let piece = FIRST_PIECE
  for (let offset = 0; ; piece = Math.min(2 * piece, MAX_BODY_BYTES)) {
    const part = bytes.subarray(offset, offset + piece)
    const isLast = offset + part.length === bytes.length
    if (isLast) {
      kept = now()
      onKept()
    }
    const headers = { 'content-type': PIECE_TYPE, 'upload-offset': String(offset) }
    const answer = await ask<PieceAnswer>(place, 'PATCH', `${FILES}/${fileId}`, { body: part, headers })
    if (!isLast) offset = answer.offset
    else if (answer.file?.state === 'ready') return { fileId, bytes: offset, began, kept, ready: now() }
    else throw new Error(`${name}: ${JSON.stringify(answer.file)}`)
  }
}

interface PieceAnswer {
  offset: number
  file?: { state: string }
}

function ask<Body>(
  { port, cookie }: Place,
  method: string,
  path: string,
  { body, headers }: { body: Buffer; headers: Record<string, string> },
): Promise<Body> {
  const all = { ...headers, cookie, 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, agent, method, path, headers: all }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', piece => {
        text += piece
      })
      response.on('error', reject)
      response.on('end', () => {
        if ((response.statusCode ?? 0) < 300) resolve(JSON.parse(text) as Body)
        else reject(new Error(`${method} ${path}: ${text}`))
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
