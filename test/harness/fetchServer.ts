import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export interface FetchServer extends AsyncDisposable {
  readonly url: string
}

/** Serves a web-standard handler over HTTP, as frameworks do. */
export async function serveHandler(
  handler: (request: Request) => Promise<Response>,
  { port: wanted = 0 } = {},
): Promise<FetchServer> {
  const server = createServer((message, response) => void answer(handler, message, response))
  await new Promise<void>(resolve => server.listen(wanted, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function answer(
  handler: (request: Request) => Promise<Response>,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  const result = await handler(requestOf(message, left.signal))
  response.writeHead(result.status, [...result.headers].flat())
  response.flushHeaders()
  if (!result.body || message.method === 'HEAD') return void response.end()
  // A client that leaves ends the pipeline with an error, and cancels the body.
  await pipeline(Readable.fromWeb(result.body as never), response).catch(() => undefined)
}

function requestOf(message: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/', headers } = message
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(`http://${headers.host}${url}`, {
    method,
    signal,
    headers: Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    ),
    ...(hasBody && { body: Readable.toWeb(message) as ReadableStream, duplex: 'half' }),
  })
}
