import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readersOf } from '../harness/client.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { countedTokens, createUpstream, type Upstream } from '../upstream/upstream.ts'
import { NGINX, type Nginx, startNginx } from './nginx.ts'

const hasNginx = existsSync(NGINX)
if (!hasNginx) console.log(`${NGINX} is not there: the tests behind a real nginx are skipped`)

const TOKENS = countedTokens(12)

interface Received extends AsyncDisposable {
  status: number
  headers: IncomingHttpHeaders
  text(): string
  /** Resolves when the body so far contains `text`, unpacked; throws when it ends before. */
  until(text: string): Promise<void>
}

interface Asked {
  method: string
  path: string
  headers?: Record<string, string>
  body?: object
}

/** A request as a browser sends it, its answer unpacked as it comes. */
async function browse(origin: string, { method, path, headers, body }: Asked): Promise<Received> {
  const request = httpRequest(origin + path, {
    method,
    agent: false,
    headers: {
      'accept-encoding': 'gzip, deflate, br, zstd',
      ...(body && { 'content-type': 'application/json', origin, 'sec-fetch-site': 'same-origin' }),
      ...headers,
    },
  })
  request.end(body && JSON.stringify(body))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const isPacked = response.headers['content-encoding'] === 'gzip'
  const plain = isPacked ? pipeline(response, createGunzip(), () => {}) : response
  let text = ''
  let isOver = false
  let wake = () => {}
  plain.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    wake()
  })
  plain.on('error', () => {})
  const closed = new Promise<void>(resolve => plain.once('close', resolve)).then(() => {
    isOver = true
    wake()
  })
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: () => text,
    async until(wanted) {
      while (!text.includes(wanted)) {
        if (isOver) throw new Error(`the answer was over before ${wanted}: ${text}`)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    async [Symbol.asyncDispose]() {
      request.destroy()
      await closed
    },
  }
}

const send = (origin: string, headers: Record<string, string> = {}) =>
  browse(origin, { method: 'POST', path: '/api/chat/send', headers, body: { content: 'Conte' } })

describe.skipIf(!hasNginx)('behind an nginx that buffers and compresses', () => {
  let upstream: Upstream
  let server: TestServer
  let nginx: Nginx

  beforeAll(async () => {
    upstream = await createUpstream()
    server = await startServer({ upstream })
    nginx = await startNginx(server.url)
  })

  afterAll(async () => {
    await nginx[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    await upstream.close()
  })

  test('every token of a send is seen before the next one exists', async () => {
    const gate = upstream.hold({ tokens: TOKENS })
    await using reply = await send(nginx.url)
    expect(reply.status).toBe(200)
    for (const token of TOKENS) {
      await gate.next()
      await reply.until(`"${token}"`)
    }
    gate.open()
    await reply.until('event: run-end')
  })

  test('every token of a resumed reply is seen before the next one exists', async () => {
    const gate = upstream.hold({ tokens: TOKENS })
    await using reply = await send(nginx.url)
    await reply.until('event: run-start')
    const cookie = String(reply.headers['set-cookie']).split(';')[0] ?? ''
    await using events = await browse(nginx.url, {
      method: 'GET',
      path: String(reply.headers.location),
      headers: { cookie, 'last-event-id': '1' },
    })
    for (const token of TOKENS) {
      await gate.next()
      await events.until(`"${token}"`)
    }
    gate.open()
    await events.until('event: run-end')
    expect(events.text()).not.toContain('event: run-start')
  })

  test('a silent reply has its headers and its first event at once', async () => {
    const gate = upstream.hold({ tokens: ['um'] })
    await using reply = await send(nginx.url)
    await reply.until('event: run-start')
    gate.open()
    await reply.until('event: run-end')
  })

  test('answers other than streams are compressed', async () => {
    await using page = await browse(nginx.url, { method: 'GET', path: '/api/chat/assistants' })
    await page.until('assistants')
    expect(page.headers['content-encoding']).toBe('gzip')
  })

  test('a write with the headers of a browser at the public address passes', async () => {
    const body = { title: 'Rio' }
    await using answer = await browse(nginx.url, { method: 'POST', path: '/api/chat/conversations', body })
    await answer.until('Rio')
    expect(answer.status).toBe(201)
  })

  test('a write of another site does not', async () => {
    await using answer = await browse(nginx.url, {
      method: 'POST',
      path: '/api/chat/conversations',
      body: {},
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    })
    expect(answer.status).toBe(403)
  })

  test('a reader that leaves closes the stream at the server', async () => {
    const gate = upstream.hold({ tokens: TOKENS })
    const reply = await send(nginx.url)
    await reply.until('event: run-start')
    await reply[Symbol.asyncDispose]()
    await expect.poll(() => readersOf(server.client()), { interval: 10 }).toBe(0)
    gate.open()
  })
})

/** The server block of the documentation, over plain http, with a port and a target of a test. */
async function recipe(target: string): Promise<string> {
  const page = join(import.meta.dirname, '..', '..', 'docs', 'deployment', 'behind-a-proxy.md')
  const block = /```nginx\n(server \{[\s\S]*?)```/.exec(await readFile(page, 'utf8'))?.[1] ?? ''
  expect(block).toContain('listen 443 ssl http2;')
  return block
    .replace('listen 443 ssl http2;', 'listen 127.0.0.1:PORT;')
    .replace(/^ *ssl_certificate.*\n/gm, '')
    .replaceAll('http://127.0.0.1:3000', target)
}

describe.skipIf(!hasNginx)('behind the nginx of the documentation', () => {
  test('streams pass as they come, and the metrics are hidden from outside', async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream, settings: { TRUST_PROXY: '1' } })
    await using nginx = await startNginx(server.url, { server: await recipe(server.url) })
    const gate = upstream.hold({ tokens: TOKENS })
    await using reply = await send(nginx.url)
    for (const token of TOKENS) {
      await gate.next()
      await reply.until(`"${token}"`)
    }
    gate.open()
    await reply.until('event: run-end')
    for (const path of ['/metrics', '/metrics?a', '/%6Detrics', '//metrics', '/./metrics']) {
      await using answer = await browse(nginx.url, { method: 'GET', path })
      expect([path, answer.status]).toEqual([path, 404])
      await answer.until('</html>')
      expect(answer.text()).not.toContain('riacho_')
    }
    expect((await server.client().get('/metrics')).text).toContain('riacho_readers')
  })

  test('nobody chooses the name that the proxy was asked by', async () => {
    await using server = await startServer({ settings: { TRUST_PROXY: '1' } })
    await using nginx = await startNginx(server.url, { server: await recipe(server.url) })
    const { status } = await fetch(`${nginx.url}/api/chat/conversations`, {
      method: 'POST',
      body: '{}',
      headers: {
        'content-type': 'application/json',
        origin: 'https://evil.example',
        'x-forwarded-host': 'evil.example',
      },
    })
    expect(status).toBe(403)
  })
})
