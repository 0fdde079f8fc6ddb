import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Site extends AsyncDisposable {
  /** Of another site than a server at 127.0.0.1, because its name is `localhost`. */
  readonly origin: string
}

/** A site of somebody else that has these pages, by their paths. */
export async function startSite(
  pages: Record<string, string | (() => string | Promise<string>)>,
  headers: Record<string, string> = {},
): Promise<Site> {
  const server = createServer(async ({ url = '/' }, response) => {
    const page = pages[url.split('?')[0] ?? '']
    if (page === undefined) return void response.writeHead(404).end()
    const content = typeof page === 'string' ? page : await page()
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(content)
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
