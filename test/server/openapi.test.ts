import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@hey-api/openapi-ts'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createRiacho } from '../../src/riacho.ts'
import type { Answers, Route } from '../../src/server/http/defineRoute.ts'
import { createRoutes } from '../../src/server/http/routes/routes.ts'
import { ADAPTERS } from '../harness/adapters.ts'
import { Authenticator } from '../harness/authenticator.ts'
import { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { sendPiece } from '../harness/upload.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
const ALL_ROUTES = createRoutes({} as Parameters<typeof createRoutes>[0])
/** Those that the document has. Whoever is no administrator learns nothing of the others. */
const ROUTES = ALL_ROUTES.filter(({ access }) => access !== 'admin')
const PATH = '/api/openapi.json'
const APP = 'https://app.example'

interface Operation {
  operationId: string
  parameters?: object[]
  security: object[]
  responses: Record<string, { headers?: object }>
}

interface Document {
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>; responses: Record<string, { headers?: object }> }
}

let upstream: Upstream
let server: TestServer

beforeAll(async () => {
  upstream = await createUpstream()
  server = await startServer({
    upstream,
    settings: {
      LIMIT_RUNS_AT_ONCE: '100',
      BUDGET_PER_PERSON_PER_MONTH: '1000',
      MODEL_PRICES: 'test-model=1/2',
      TITLES: 'words',
      API_KEYS: 'true',
      HOST_TOKEN_SECRET: SECRET,
      HOST_TOKEN_AUDIENCE: AUDIENCE,
      CORS_ORIGINS: APP,
    },
  })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

async function documentOf(url: string, path = PATH): Promise<Document> {
  const answer = await new TestClient(url).get(path)
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  return JSON.parse(answer.text)
}

test.each(Object.entries(ADAPTERS))('%s describes every route of the API and no other', async (_, serve) => {
  await using served = await serve({ upstream, settings: {} })
  const { paths, servers } = await documentOf(served.url)
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  expect(described.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort())
  const operations = Object.values(paths).flatMap(item => Object.values(item).map(each => each.operationId))
  expect(new Set(operations).size).toBe(operations.length)
  expect(servers).toEqual([{ url: '/' }])
})

test('PROTOCOL.md lists all calls', async () => {
  const page = await run('grep', ['-oE', '`(GET|POST|PUT|PATCH|DELETE) /[^`? ]+', 'PROTOCOL.md'], {
    cwd: ROOT,
  })
  const told = page.stdout
    .trim()
    .split('\n')
    .map(line => line.slice(1))
  const missing = ALL_ROUTES.map(({ method, path }) => `${method} ${path}`).filter(
    call => !told.includes(call),
  )
  expect(missing).toEqual([])
})

test('below another path the document names that path', async () => {
  await using folder = await temporaryFolder()
  const riacho = createRiacho({
    database: `file:${join(folder.path, 'riacho.db')}`,
    basePath: '/app',
    logger: silentLogger,
  })
  const answer = await riacho.handler(new Request(`http://localhost/app${PATH}`))
  expect((await answer.json()).servers).toEqual([{ url: '/app' }])
  await riacho.close()
})

test('a validator accepts the document', async () => {
  const validator = new Validator()
  const result = await validator.validate((await documentOf(server.url)) as never)
  expect(result.errors).toBeUndefined()
  expect([result.valid, validator.version]).toEqual([true, '3.1'])
})

/** The schema of the JSON that a call answers with. */
function schemaOf(operation: string, status: number): z.ZodType {
  const answer = docsOf(operation)[status]
  if (answer instanceof z.ZodType) return answer
  if (answer && typeof answer === 'object' && 'files' in answer && answer.files['application/json'])
    return answer.files['application/json']
  throw new Error(`${operation} answers ${status} with no JSON`)
}

function docsOf(operation: string): Answers {
  const route: Route | undefined = ROUTES.find(({ docs }) => docs?.operation === operation)
  if (!route?.docs) throw new Error(`no route for ${operation}`)
  return route.docs.answers
}

/** Calls about accounts, by a person without mail. */
async function accountCalls(): Promise<[operation: string, answer: { status: number; text: string }][]> {
  const client = server.client()
  const at = '/api/chat/account'
  const person = { email: 'ana@example.com', password: 'um riacho que corre' }
  return [
    ['signUp', await client.post(`${at}/sign-up`, person)],
    ['signIn', await client.post(`${at}/sign-in`, person)],
    ['changeEmail', await client.post(`${at}/email`, { ...person, email: 'bia@example.com' })],
    ...(await passkeyCalls(client, person.password)),
  ]
}

/** Calls about passkeys, at a name, because there are none for a number. */
async function passkeyCalls(
  client: TestClient,
  password: string,
): Promise<[operation: string, answer: { status: number; text: string }][]> {
  const authenticator = new Authenticator('http://localhost')
  const post = (path: string, body?: object) =>
    client.post(`/api/chat/account/${path}`, body, { host: 'localhost' })
  const begun = await post('passkeys/options', { password })
  const credential = authenticator.create(begun.body.options)
  const made = await post('passkeys', { name: 'Celular', credential })
  const asked = await post('passkey-options')
  return [
    ['beginPasskey', begun],
    ['addPasskey', made],
    ['listPasskeys', await client.get('/api/chat/account/passkeys')],
    ['beginPasskeySignIn', asked],
    ['signInByPasskey', await post('passkey-sign-in', { credential: authenticator.get(asked.body.options) })],
  ]
}

/** They need a link or an issuer: `accountMail.test.ts`, `invitations.test.ts` and `issuers.test.ts` look at them. */
const BY_LINK = ['readLink', 'resetPassword', 'confirmEmail', 'beginLogin', 'linkIssuer']
/** They need a server at which people sign in: `toolSignIn.test.ts` looks at them. */
const BY_ISSUER = ['beginToolSignIn', 'readToolClient']

test('answers have exactly the fields that the document says', async () => {
  const client = server.client()
  const bytes = Buffer.from('Pão')
  const file = { name: 'b.txt', size: bytes.length, mediaType: 'text/plain' }
  const begun = await client.post('/api/chat/files', file)
  const { fileId } = begun.body
  const piece = await sendPiece(client, `/api/chat/files/${fileId}`, 0, bytes)
  upstream.replyOnce({ tokens: ['Pão', ' de queijo.'], usage: { input: 3, output: 5 } })
  await using live = await client.send({
    content: 'O que se come?',
    attachments: [{ name: 'a.txt', text: 'b' }, { fileId }],
  })
  await live.end()
  const { conversationId: id, messageId, runId } = live.start
  const at = `/api/chat/conversations/${id}`
  await client.call('PUT', `/api/chat/messages/${messageId}/feedback`, { body: { rating: 'up' } })
  const shared = await client.post(`${at}/shares`)
  const calls: [operation: string, answer: { status: number; text: string }][] = [
    ['createShare', shared],
    ['beginFile', begun],
    ['uploadPiece', piece],
    ['readPassage', await client.get(`/api/chat/files/${fileId}/passages/1`)],
    ['describeFile', await client.get(`/api/chat/files/${fileId}/details`)],
    [
      'giveFeedback',
      await client.call('PUT', `/api/chat/messages/${messageId}/feedback`, { body: { rating: 'up' } }),
    ],
    ['listConversations', await client.get('/api/chat/conversations')],
    ['createConversation', await client.post('/api/chat/conversations', {})],
    ['readConversation', await client.get(at)],
    ['updateConversation', await client.call('PATCH', at, { body: { pinned: true } })],
    ['forkConversation', await client.post(`${at}/fork`, { messageId })],
    ['restoreConversation', await client.post(`${at}/restore`)],
    ['stopRun', await client.post(`/api/chat/runs/${runId}/stop`)],
    ['search', await client.get('/api/chat/search?query=queijo')],
    ['listShares', await client.get('/api/chat/shares')],
    ['listSharesOfConversation', await client.get(`${at}/shares`)],
    ['readShared', await client.get(`/api/chat/shared/${shared.body.share.id}`)],
    ['exportConversation', await client.get(`${at}/export?format=json`)],
    ['exportEverything', await client.get('/api/chat/export')],
    ['listSessions', await client.get('/api/chat/sessions')],
    ['listKeys', await client.get('/api/chat/keys')],
    ['createKey', await client.post('/api/chat/keys', { name: 'Relatório', scope: 'read' })],
    ['listAssistants', await client.get('/api/chat/assistants')],
    ['listLimits', await client.get('/api/chat/limits')],
    ['readRetention', await client.get('/api/chat/retention')],
    ['chooseRetention', await client.call('PUT', '/api/chat/retention', { body: { days: 30 } })],
    ['readAccount', await client.get('/api/chat/account')],
    ...(await accountCalls()),
    ['listToolServers', await client.get('/api/chat/tool-servers')],
    ['readHealth', await client.get('/api/health')],
    ['readReadiness', await client.get('/api/ready')],
  ]
  for (const [operation, { status, text }] of calls) {
    const body = JSON.parse(text)
    expect(schemaOf(operation, status).parse(body), operation).toEqual(body)
  }
  const inJson = ROUTES.flatMap(({ docs }) =>
    docs && Object.values(docs.answers).some(each => each instanceof z.ZodType) ? docs.operation : [],
  )
  const asked = [...calls.map(([operation]) => operation), ...BY_LINK, ...BY_ISSUER, 'readOpenapi']
  expect(inJson.filter(operation => !asked.includes(operation))).toEqual([])
})

test('events have exactly the fields that the document says', async () => {
  const client = server.client()
  upstream.replyOnce({ tokens: ['Um', ' dois'] })
  await using live = await client.send({ content: 'Conte' })
  await live.end()
  const { conversationId, runId } = live.start
  const streams: [operation: string, text: string][] = [
    ['sendMessage', live.raw],
    ['followRun', (await client.get(`/api/chat/runs/${runId}/events`)).text],
    ['followRuns', (await client.get(`/api/chat/events?run=${runId}:0`)).text],
    ['writeTitle', (await client.post(`/api/chat/conversations/${conversationId}/title`)).text],
    ['probe', (await client.get('/api/chat/probe')).text],
  ]
  for (const [operation, text] of streams) {
    const answer = docsOf(operation)[200]
    if (!answer || typeof answer !== 'object' || !('events' in answer))
      throw new Error(`no events: ${operation}`)
    const frames = [...text.matchAll(/(?:event: (.*)\n)?data: (.*)\n\n/g)]
    expect(frames.length, operation).toBeGreaterThan(0)
    for (const [, name = '', data = ''] of frames) {
      const schema = answer.events[name]
      expect(schema?.parse(JSON.parse(data)), `${operation} ${name}`).toEqual(JSON.parse(data))
    }
  }
})

const LONG = '😀'.repeat(101)
const AT_MOST = { maxLength: 200, description: 'At most 200 UTF-16 units.' }

test('texts, bodies and queries have the bounds that the document says', async () => {
  const { components, paths } = await documentOf(server.url)
  const { schemas } = components
  expect(schemas['UpdateConversationRequest']).toMatchObject({
    minProperties: 1,
    properties: { title: { ...AT_MOST, pattern: '\\S' } },
  })
  expect(schemas['SendRequest']).toMatchObject({
    not: {
      anyOf: [
        { properties: { content: { not: { pattern: '\\S' } } }, not: { required: ['attachments'] } },
        { required: ['conversationId', 'temporary'] },
      ],
    },
    properties: {
      attachments: {
        items: {
          anyOf: [
            { properties: { name: AT_MOST, text: { pattern: '\\S' } } },
            { properties: { fileId: { $ref: '#/components/schemas/Id' } } },
          ],
        },
      },
      assistant: { minLength: 1, maxLength: 64 },
    },
  })
  const parameters = paths['/api/chat/conversations']?.['get']?.parameters
  expect(parameters).toContainEqual(
    expect.objectContaining({ name: 'archived', schema: { type: 'boolean' } }),
  )
  const client = server.client()
  const { body: made } = await client.post('/api/chat/conversations', { title: 'x'.repeat(200) })
  const at = `/api/chat/conversations/${made.conversation.id}`
  const file = (name: string, text = 'x') => ({ content: '', attachments: [{ name, text }] })
  const answers = [
    await client.call('PATCH', at, { body: {} }),
    ...(await Promise.all([' ', LONG].map(title => client.call('PATCH', at, { body: { title } })))),
    ...(await Promise.all([' ', LONG].map(title => client.post('/api/chat/conversations', { title })))),
    await client.post('/api/chat/send', { content: ' ' }),
    await client.post('/api/chat/send', { content: 'x', assistant: '😀'.repeat(33) }),
    ...(await Promise.all(
      [file(' '), file(LONG), file('x', ' ')].map(body => client.post('/api/chat/send', body)),
    )),
    ...(await Promise.all(
      ['archived=yes', 'archived=TRUE', 'archived=', `search=${LONG}`].map(query =>
        client.get(`/api/chat/conversations?${encodeURI(query)}`),
      ),
    )),
    await client.get(`/api/chat/search?query=${encodeURI(LONG)}`),
  ]
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 400))
  for (const title of ['😀'.repeat(100), ' x '])
    expect((await client.call('PATCH', at, { body: { title } })).status).toBe(200)
  for (const archived of ['true', 'false'])
    expect((await client.get(`/api/chat/conversations?archived=${archived}`)).status).toBe(200)
})

test('the document names the headers that a client needs, and what proves who asks', async () => {
  const { components, paths } = await documentOf(server.url)
  for (const path of ['/api/chat/send', '/api/chat/runs'])
    expect(paths[path]?.['post']?.responses['200']?.headers).toHaveProperty('Location')
  expect(components.responses['Refusal']?.headers).toHaveProperty('Retry-After')
  // From a page of a named origin these need a bearer too.
  for (const path of ['/api/chat/assistants', '/api/openapi.json'])
    expect(paths[path]?.['get']?.security).toEqual([{}, { hostToken: [] }])
  // Whoever is signed in may read more shares than others.
  expect(paths['/api/chat/shared/{id}']?.['get']?.security).toContainEqual({})
})

/** A program that a developer writes with the generated client. `tsc` checks it, and Node runs it. */
const PROGRAM = `
import { client } from './client.gen.ts'
import { listAssistants, listConversations, readConversation, sendMessage } from './sdk.gen.ts'
import type { RunEnd, RunStart } from './types.gen.ts'

const [baseUrl = '', auth = ''] = process.argv.slice(2)
client.setConfig({ baseUrl, auth, headers: { origin: '${APP}' } })
const { stream } = await sendMessage({ body: { content: 'Oi' } })
let text = ''
let start: RunStart | undefined
let end: RunEnd | undefined
for await (const event of stream) {
  if ('content' in event) text += event.content
  else if ('runId' in event && !('parts' in event)) start = event as RunStart
  else if ('status' in event && !('callId' in event)) end = event
}
if (!start) throw new Error('no run-start')
const { data, error } = await readConversation({ path: { id: start.conversationId } })
if (!data) throw new Error(error.code)
const [question, reply] = data.messages
const said = reply?.parts.map(part => ('text' in part ? part.text : '')).join('')
const list = await listConversations({ query: { limit: 1 } })
const assistants = await listAssistants()
const none = await readConversation({ path: { id: start.runId } })
console.log(JSON.stringify({
  text, said, status: end?.status, role: question?.role, code: none.error?.code, listed: list.data?.conversations.length,
  assistants: assistants.data?.assistants.length,
}))
`

test('a client made by a public generator compiles, and speaks with the server', {
  timeout: 120_000,
}, async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'openapi.json')
  await writeFile(file, JSON.stringify(await documentOf(server.url)))
  await createClient({
    input: file,
    output: { path: join(folder.path, 'client'), module: { extension: '.ts' } },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent', file: false },
  })
  const program = join(folder.path, 'client', 'program.ts')
  await writeFile(program, PROGRAM)
  await writeFile(join(folder.path, 'client', 'package.json'), '{"type":"module"}')
  const options = [
    '--noEmit',
    '--strict',
    '--allowImportingTsExtensions',
    '--skipLibCheck',
    '--types',
    'node',
  ]
  const modules = ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2024']
  const typeRoots = ['--typeRoots', join(ROOT, 'node_modules', '@types'), '--lib', 'es2024,dom,dom.iterable']
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  await run(process.execPath, [tsc, ...options, ...modules, ...typeRoots, program], {
    cwd: folder.path,
  }).catch(error => {
    throw new Error(error.stdout)
  })
  upstream.replyOnce({ tokens: ['Olá, ', 'Ana.'] })
  const token = await signWithSecret(claims())
  const { stdout } = await run(process.execPath, [program, server.url, token])
  expect(JSON.parse(stdout)).toEqual({
    text: 'Olá, Ana.',
    said: 'Olá, Ana.',
    status: 'completed',
    role: 'USER',
    code: 'NOT_FOUND',
    listed: 1,
    assistants: 2,
  })
})
