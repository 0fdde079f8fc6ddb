import { join } from 'node:path'
import { createRiacho } from '../../src/riacho.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { serveHandler } from './fetchServer.ts'
import { temporaryFolder } from './folder.ts'
import { silentLogger } from './log.ts'
import { startServer } from './server.ts'

export interface ServedRiacho extends AsyncDisposable {
  readonly url: string
}

interface Options {
  upstream: Pick<Upstream, 'url'>
  settings: Record<string, string>
}

/** Both ways in which Riacho is served, each with a database of its own. */
export const ADAPTERS: Record<string, (options: Options) => Promise<ServedRiacho>> = {
  'a server of its own': options => startServer(options),
  async 'a handler in an app'({ upstream, settings }) {
    const folder = await temporaryFolder()
    const riacho = createRiacho({
      database: `file:${join(folder.path, 'riacho.db')}`,
      openai: { baseUrl: upstream.url, apiKey: 'key', model: 'test-model' },
      settings: { RATE_LIMIT_PER_MINUTE: '0', ...settings },
      logger: silentLogger,
    })
    const server = await serveHandler(riacho.handler)
    return {
      url: server.url,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await riacho.close()
        await folder[Symbol.asyncDispose]()
      },
    }
  },
}
