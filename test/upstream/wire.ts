import type { ServerResponse } from 'node:http'
import type { Reply } from './reply.ts'

const resets = new WeakSet<ServerResponse>()

/** Cuts the connection with a TCP reset. */
export function reset(response: ServerResponse): void {
  resets.add(response)
  response.socket?.resetAndDestroy()
}

/** Whether this server ended the exchange. */
export function isEnded(response: ServerResponse): boolean {
  return response.writableEnded || resets.has(response)
}

/** Answers with the status and the body of `reply`. */
export function respond(response: ServerResponse, reply: Reply): void {
  const { status = 200, headers, body = '' } = reply
  const html = typeof body === 'string'
  response.writeHead(status, { 'content-type': html ? 'text/html' : 'application/json', ...headers })
  response.end(html ? body : JSON.stringify(body))
}

/** Starts a stream. The headers are sent at once. */
export function beginStream(response: ServerResponse, reply: Reply): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...reply.headers })
  response.flushHeaders()
}

/** Makes a function that writes bytes. It resolves when the kernel has them, or when nobody is left to take them. */
export function createWriter(response: ServerResponse): (bytes: Uint8Array) => Promise<void> {
  let settle: (() => void) | undefined
  response.once('close', () => settle?.())
  return bytes =>
    new Promise(resolve => {
      if (bytes.length === 0 || response.destroyed) return resolve()
      settle = resolve
      response.write(bytes, () => resolve())
    })
}

/** Makes a function that writes text with the line ends, and in the pieces, that `reply` asks for. */
export function createSender(response: ServerResponse, reply: Reply): (text: string) => Promise<void> {
  const write = createWriter(response)
  return async text => {
    const bytes = Buffer.from(reply.crlf ? text.replaceAll('\n', '\r\n') : text)
    const size = reply.chunkBytes ?? bytes.length
    for (let from = 0; from < bytes.length; from += size) await write(bytes.subarray(from, from + size))
  }
}
