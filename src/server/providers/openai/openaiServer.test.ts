import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CERTIFICATE, CERTIFICATE_KEY } from '../../../../test/harness/certificate.ts'
import { startForwardProxy } from '../../../../test/harness/forwardProxy.ts'
import { readReply } from '../../../../test/upstream/readReply.ts'
import { composeParts } from '../../../protocol/parts.ts'
import type { NetworkSettings } from '../../config/network.ts'
import { createOpenaiProvider } from './openaiProvider.ts'

const TIMEOUTS = { connect: 5000, firstByte: 5000, idle: 5000, total: 20_000 }
const NEVER = new AbortController().signal

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A provider, with TLS and without, and a forward proxy that brings every request to it, whatever host it names. */
async function createWorld() {
  const answer: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' })
    response.end('data: {"choices":[{"delta":{"content":"Oi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
  }
  const tls = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, answer)
  const plain = createServer(answer)
  const [tlsPort, plainPort] = await Promise.all([listening(tls), listening(plain)])
  const proxy = await startForwardProxy({ tls: tlsPort, plain: plainPort })
  const folder = await mkdtemp(join(tmpdir(), 'riacho-test-'))
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, CERTIFICATE)
  return {
    seen: proxy.seen,
    plainPort,
    caFile,
    proxy: proxy.address,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      for (const server of [tls, plain]) {
        server.close()
        server.closeAllConnections()
      }
      await rm(folder, { recursive: true })
    },
  }
}

async function ask(baseUrl: string, network: NetworkSettings) {
  const provider = createOpenaiProvider({ baseUrl, api: 'chat', timeouts: TIMEOUTS, network })
  const history = [{ role: 'user', parts: composeParts({ content: 'Oi' }) }] as const
  const reply = await readReply(
    provider.generate({ model: 'm', instructions: '', history, locale: 'en' }, NEVER),
  )
  await provider.close?.()
  return reply
}

test('a provider with https is asked through a tunnel, and its certificate is checked by the file', async () => {
  await using world = await createWorld()
  const httpsProxy = `http://${world.proxy}`
  const trusted = await ask('https://provider.test/v1', { httpsProxy, caFile: world.caFile })
  expect(trusted).toMatchObject({ text: 'Oi' })
  expect(world.seen).toEqual(['CONNECT provider.test:443'])
  const { error } = await ask('https://provider.test/v1', { httpsProxy })
  expect(error?.code).toBe('UPSTREAM_UNREACHABLE')
})

test('one without TLS is asked by its proxy, with the name and password in its address', async () => {
  await using world = await createWorld()
  const httpProxy = `http://ana:x@${world.proxy}`
  expect(await ask('http://provider.test/v1', { httpProxy })).toMatchObject({ text: 'Oi' })
  expect(world.seen).toEqual(['POST http://provider.test/v1/chat/completions Basic YW5hOng='])
})

test.each(['127.0.0.1', '*', 'example.com, 127.0.0.1'])('NO_PROXY=%s leaves the proxy out', async noProxy => {
  await using world = await createWorld()
  const network = { httpProxy: `http://${world.proxy}`, noProxy }
  expect(await ask(`http://127.0.0.1:${world.plainPort}/v1`, network)).toMatchObject({ text: 'Oi' })
  expect(world.seen).toEqual([])
})
