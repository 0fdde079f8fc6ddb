import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readersOf } from '../harness/client.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { startProcess, startServer, type TestProcess } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

let folder: TestFolder
let upstream: Upstream
let server: TestProcess

beforeAll(async () => {
  folder = await temporaryFolder()
  upstream = await createUpstream()
  server = await startProcess({ folder, upstream })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
  await folder[Symbol.asyncDispose]()
})

interface RawAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** Sends bytes over a connection of their own, and reads until the server closes it. */
async function raw(bytes: string, url = server.url): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write(bytes)
  const answer = await text(socket)
  const [head = '', ...body] = answer.split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const headers = fields.map(field => [
    field.slice(0, field.indexOf(':')).toLowerCase(),
    field.slice(field.indexOf(':') + 2),
  ])
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: body.join('\r\n\r\n'),
  }
}

const asked = (line: string, ...fields: string[]) =>
  [line, `host: ${new URL(server.url).host}`, 'connection: close', ...fields, '', ''].join('\r\n')

const SECURITY = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'content-security-policy': expect.stringMatching(
    /default-src '(none|self)';.* object-src 'none'; base-uri 'none';.* frame-ancestors '(none|self)'$/,
  ),
}

test.each<[name: string, status: number, bytes: () => string]>([
  ['a page', 200, () => asked('GET / HTTP/1.1')],
  ['the head of a page', 200, () => asked('HEAD / HTTP/1.1')],
  ['a static file', 200, () => asked('GET /sw.js HTTP/1.1')],
  ['a page that is not there', 404, () => asked('GET /nowhere HTTP/1.1')],
  ['a conversation list', 200, () => asked('GET /api/chat/conversations HTTP/1.1')],
  ['a stream', 200, () => asked('GET /api/chat/probe HTTP/1.1')],
  ['the head of a stream', 200, () => asked('HEAD /api/chat/probe HTTP/1.1')],
])('%s has the security headers', async (_, status, bytes) => {
  const answer = await raw(bytes())
  expect(answer.status).toBe(status)
  expect(answer.headers).toMatchObject(SECURITY)
})

test.each<[name: string, status: number, code: string, bytes: () => string]>([
  ['an unknown address', 404, 'NOT_FOUND', () => asked('GET /api/nothing HTTP/1.1')],
  ['a wrong method', 405, 'METHOD_NOT_ALLOWED', () => asked('PUT /api/ready HTTP/1.1', 'content-length: 0')],
  ['a method that nobody uses', 405, 'METHOD_NOT_ALLOWED', () => asked('PROPFIND / HTTP/1.1')],
  ['such a method at an unknown address', 404, 'NOT_FOUND', () => asked('PROPFIND /api/nothing HTTP/1.1')],
  [
    'a body that is not JSON',
    400,
    'INVALID_REQUEST',
    () => `${asked('POST /api/chat/send HTTP/1.1', 'content-type: application/json', 'content-length: 1')}{`,
  ],
  ['an address that is none', 400, 'INVALID_REQUEST', () => asked('GET /% HTTP/1.1')],
  [
    'an address that is none, of the API',
    400,
    'INVALID_REQUEST',
    () => asked('GET /api/chat/conversations/%ff HTTP/1.1'),
  ],
  [
    'a name that is too long',
    400,
    'INVALID_REQUEST',
    () => asked(`GET /api/chat/conversations/${'x'.repeat(5000)} HTTP/1.1`),
  ],
  ['what is no HTTP', 400, 'INVALID_REQUEST', () => 'hello\r\n\r\n'],
  ['a field that is none', 400, 'INVALID_REQUEST', () => 'GET / HTTP/1.1\r\nhost x\r\n\r\n'],
  ['no host', 400, 'INVALID_REQUEST', () => 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n'],
  [
    'two lengths',
    400,
    'INVALID_REQUEST',
    () => asked('POST / HTTP/1.1', 'content-length: 1', 'content-length: 2'),
  ],
  [
    'a length and chunks',
    400,
    'INVALID_REQUEST',
    () => asked('POST /api/chat/send HTTP/1.1', 'content-length: 1', 'transfer-encoding: chunked'),
  ],
  [
    'headers that are too long',
    431,
    'INVALID_REQUEST',
    () => asked('GET / HTTP/1.1', `x: ${'x'.repeat(20_000)}`),
  ],
  ['an expectation', 200, '', () => asked('GET /api/health HTTP/1.1', 'expect: tea')],
  [
    'another site',
    403,
    'FORBIDDEN',
    () => asked('POST /api/chat/send HTTP/1.1', 'sec-fetch-site: cross-site', 'content-length: 0'),
  ],
  [
    'an unknown host',
    403,
    'FORBIDDEN',
    () => 'GET /api/health HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n',
  ],
])('%s is answered with the security headers and an error as JSON', async (_, status, code, bytes) => {
  const answer = await raw(bytes())
  expect(answer.status).toBe(status)
  expect(answer.headers).toMatchObject({
    ...SECURITY,
    'content-type': 'application/json; charset=utf-8',
    'content-security-policy': expect.stringMatching(/^default-src 'none';.* frame-ancestors 'none'$/),
    'cache-control': 'no-store',
  })
  if (status === 200) return
  expect(JSON.parse(answer.body)).toMatchObject({
    success: false,
    code,
    message: expect.stringMatching(/\S/),
    requestId: expect.stringMatching(/^[\da-f-]{36}$/),
  })
})

test.each([
  ['PROPFIND', '/', 'GET, HEAD'],
  ['TRACE', '/api/chat/send', 'POST'],
  ['QUERY', '/api/chat/search?query=x', 'GET, HEAD'],
  ['OPTIONS', '/api/chat/shares/x', 'DELETE'],
])('%s of a known path names the methods of the path', async (method, path, allow) => {
  const { status, headers } = await raw(asked(`${method} ${path} HTTP/1.1`))
  expect([status, headers['allow']]).toEqual([405, allow])
})

test('what is no HTTP, behind a request whose stream has begun, cuts the stream and adds nothing to it', async () => {
  const gate = upstream.hold({ tokens: ['um', ' dois'] })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  const address = `/api/chat/runs/${stream.start.runId}/events`
  const { hostname, port, host } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.write(`GET ${address} HTTP/1.1\r\nhost: ${host}\r\ncookie: ${client.cookie}\r\n\r\n`)
  await once(socket, 'readable')
  socket.write('hello\r\n\r\n')
  const answer = await text(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(answer).not.toMatch(/INVALID_REQUEST|HTTP\/1\.1 4/)
  gate.open()
  await stream.end()
})

test('the head of a stream that goes on is answered at once, and leaves no reader', async () => {
  const gate = upstream.hold({ tokens: ['um', ' dois'] })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  const path = `/api/chat/runs/${stream.start.runId}/events`
  const head = await client.call('HEAD', path)
  expect([head.status, head.text]).toEqual([200, ''])
  expect(head.headers['content-type']).toBe('text/event-stream; charset=utf-8')
  await expect.poll(() => readersOf(client)).toBe(1)
  gate.open()
  await stream.end()
})

test('over https an answer says that its host speaks https alone, if PUBLIC_URL does not say otherwise', async () => {
  const PUBLIC_URL = [
    'https://chat.example',
    'https://both.example',
    'http://both.example',
    'http://plain.example',
    'https://port.example:8443',
  ].join()
  await using other = await startServer({ upstream, settings: { PUBLIC_URL, TRUST_PROXY: '1' } })
  const policyAt = async (host: string, protocol = 'https', path = '/api/health') => {
    const fields = [`host: ${host}`, `x-forwarded-proto: ${protocol}`, 'connection: close']
    const { headers } = await raw([`GET ${path} HTTP/1.1`, ...fields, '', ''].join('\r\n'), other.url)
    return headers['strict-transport-security']
  }
  expect(await policyAt('chat.example')).toBe('max-age=31536000')
  expect(await policyAt('CHAT.example', 'https', '/api/nothing')).toBe('max-age=31536000')
  expect(await policyAt('chat.example', 'http')).toBeUndefined()
  for (const host of ['both.example', 'plain.example', 'port.example:8443', 'localhost'])
    expect(await policyAt(host), host).toBeUndefined()
})
