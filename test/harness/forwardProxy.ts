import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

export interface ForwardProxy extends AsyncDisposable {
  /** Its host and port. */
  readonly address: string
  /** What it was asked, with the name and password that came with it. */
  readonly seen: readonly string[]
}

/** A forward proxy that brings every request to these ports of this machine, whatever host it names. */
export async function startForwardProxy(to: { tls: number; plain?: number }): Promise<ForwardProxy> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
    const { method } = request
    const onwards = httpRequest({ host: '127.0.0.1', port: to.plain, method }, answered => {
      response.writeHead(answered.statusCode ?? 0, answered.headers)
      answered.pipe(response)
    })
    request.pipe(onwards)
  })
  server.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`)
    const onwards = connect(to.tls, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onwards.pipe(socket).pipe(onwards)
    })
    for (const end of [socket, onwards]) end.on('error', () => end.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}
