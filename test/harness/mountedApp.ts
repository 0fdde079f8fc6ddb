import { join } from 'node:path'
import { createRiacho, type Riacho, type RiachoOptions } from '../../src/riacho.ts'
import { type Api, createUpstream, type Upstream } from '../upstream/upstream.ts'
import { TestClient } from './client.ts'
import { serveHandler } from './fetchServer.ts'
import { temporaryFolder } from './folder.ts'
import { silentLogger } from './log.ts'

export interface MountedApp extends AsyncDisposable {
  readonly riacho: Riacho
  readonly url: string
  readonly upstream: Upstream
  readonly options: RiachoOptions
  readonly databaseFile: string
  client(): TestClient
}

/** An app that mounts the handler over HTTP, and a scripted provider. */
export async function mount({
  api = 'auto',
  ...given
}: RiachoOptions & { api?: Api | 'auto' } = {}): Promise<MountedApp> {
  const [folder, upstream] = [await temporaryFolder(), await createUpstream()]
  const options: RiachoOptions = {
    database: `file:${join(folder.path, 'riacho.db')}`,
    openai: { baseUrl: upstream.url, apiKey: 'key', model: 'test-model', api },
    settings: { TITLES: 'words' },
    logger: silentLogger,
    ...given,
  }
  const riacho = createRiacho(options)
  const server = await serveHandler(riacho.handler)
  return {
    riacho,
    url: server.url,
    upstream,
    options,
    databaseFile: join(folder.path, 'riacho.db'),
    client: () => new TestClient(server.url),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await riacho.close()
      await upstream.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** The token of a person, as far as a client reads it. This app trusts it unsigned. */
export function tokenOf(user: string): string {
  return `e30.${Buffer.from(JSON.stringify({ sub: user })).toString('base64url')}.`
}

/** An app that knows people by bearer tokens, and refuses everybody else. */
export function mountForTokens(): Promise<MountedApp> {
  return mount({
    owner: request => {
      const payload = request.headers.get('authorization')?.split('.')[1] ?? ''
      return payload ? JSON.parse(Buffer.from(payload, 'base64url').toString()).sub : undefined
    },
  })
}
