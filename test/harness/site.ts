import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Site extends AsyncDisposable {
  /** Of another site than a server at 127.0.0.1, because its name is `localhost`. */
  readonly origin: string
}

/** HTML, or a file of another type. */
type Content = string | { type: string; content: string }

/** A site of somebody else that has these files, by their paths. Every answer has `headers`. */
export async function startSite(
  files: Record<string, Content | (() => Content | Promise<Content>)>,
  headers: Record<string, string> = {},
): Promise<Site> {
  const server = createServer(async ({ url = '/' }, response) => {
    const file = files[url.split('?')[0] ?? '']
    if (file === undefined) return void response.writeHead(404).end()
    const found = typeof file === 'function' ? await file() : file
    const { type, content } = typeof found === 'string' ? { type: 'text/html', content: found } : found
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, ...headers }).end(content)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
