import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const DIST = join(import.meta.dirname, 'dist')
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** Serves the pages of `build.mjs`. At /reply it streams the pieces of a text. */
export async function servePages({ pieces, updateMs }: { pieces: readonly string[]; updateMs: number }) {
  const server: Server = createServer(async (request, response) => {
    const path = request.url ?? '/'
    if (path === '/reply') {
      for (const piece of pieces) {
        response.write(piece)
        await delay(updateMs)
      }
      response.end()
    } else {
      const file = await readFile(join(DIST, path)).catch(() => undefined)
      response.writeHead(file ? 200 : 404, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(file)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
